#pragma once
// Returning: the answers that workers have made and loops have not taken yet. They count as unfinished, and no more of
// them than an eighth of that limit is on its way: a worker that would add to it waits for the loops. Who: Workers.
// Threads: enter blocks a worker; what it gives may be let go by any thread.

#include <cstddef>
#include <memory>

#include "common/base/mutex.hpp"
#include "common/http/server/server_counters.hpp"

namespace certes::http {

class Returning : public std::enable_shared_from_this<Returning> {
 public:
  explicit Returning(std::shared_ptr<ServerCounters> counters)
      : counters_(std::move(counters)), limit_(counters_->unfinished.limit() / 8) {}

  // One answer's bytes, until it is let go. Waits while others leave it no room, but not for ever: until close().
  std::shared_ptr<void> enter(std::size_t bytes) {
    Lock lock(mutex_);
    room_.wait(lock, [&]() CERTES_REQUIRES(mutex_) { return closed_ || bytes_ == 0 || bytes_ + bytes <= limit_; });
    bytes_ += bytes;
    counters_->unfinished.change(bytes);
    return {nullptr, [self = shared_from_this(), bytes](void*) { self->leave(bytes); }};
  }
  void close() {
    {
      const Lock lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
  }

 private:
  void leave(std::size_t bytes) {
    {
      const Lock lock(mutex_);
      bytes_ -= bytes;
      counters_->unfinished.change(0 - bytes);
    }
    room_.notify_all();
  }

  const std::shared_ptr<ServerCounters> counters_;
  const std::size_t limit_;
  Mutex mutex_;
  Condition room_;
  std::size_t bytes_ CERTES_GUARDED_BY(mutex_) = 0;
  bool closed_ CERTES_GUARDED_BY(mutex_) = false;
};

}  // namespace certes::http
