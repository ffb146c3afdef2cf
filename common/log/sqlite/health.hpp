#pragma once
// Health: the last trouble with the file, if it still holds. Set by the writer and readers, asked by anybody.

#include <atomic>
#include <mutex>
#include <optional>

#include "common/base/result.hpp"

namespace certes::log::sqlite {

class Health {
 public:
  // A fatal error (internal) stays for ever; another one (unavailable) until a write succeeds.
  void trouble(Error error, bool fatal) {
    const std::lock_guard lock(mutex_);
    if (fatal_.load(std::memory_order_relaxed)) return;
    error.code = fatal ? Code::internal : Code::unavailable;
    error_ = std::move(error);
    fatal_.store(fatal, std::memory_order_release);
    troubled_.store(true, std::memory_order_release);
  }
  void well() {
    if (!troubled_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(mutex_);
    if (fatal_.load(std::memory_order_relaxed)) return;
    error_.reset();
    troubled_.store(false, std::memory_order_release);
  }
  bool fatal() const { return fatal_.load(std::memory_order_acquire); }
  Result<void> state() const {
    const std::lock_guard lock(mutex_);
    if (error_) return fail(*error_);
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;  // guarded by mutex_
  std::atomic<bool> fatal_{false};
  std::atomic<bool> troubled_{false};
};

}  // namespace certes::log::sqlite
