#pragma once
// Health: the last trouble with the file, if it still holds. Set by the writer, the checkpointer and readers, asked by
// anybody. Tells the log when trouble that may pass begins, once a minute that it lasts, and when it has passed; who
// runs the engine ends with the other kind, and tells it. Any thread.

#include <atomic>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"
#include "common/base/mutex.hpp"
#include "common/base/result.hpp"

namespace certes::log::sqlite {

class Health {
 public:
  explicit Health(const Clock& clock) : clock_(clock) {}
  // A fatal error (internal) stays for ever; another one (unavailable) until a write succeeds.
  void trouble(Error error, bool fatal);
  void well();
  bool fatal() const { return fatal_.load(std::memory_order_acquire); }
  Result<void> state() const;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  std::optional<Error> error_ CERTES_GUARDED_BY(mutex_);
  Episode episode_ CERTES_GUARDED_BY(mutex_);
  std::atomic<bool> fatal_{false};
  std::atomic<bool> troubled_{false};
};

}  // namespace certes::log::sqlite
