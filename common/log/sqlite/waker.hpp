#pragma once
// Waker: a wake-up that its owner can take back. Engine threads ring it; the owner silences it before it goes, and
// then no call is running or will come. ring: any thread. silence: the owner.

#include <functional>
#include <mutex>

namespace certes::log::sqlite {

class Waker {
 public:
  explicit Waker(std::function<void()> wake) : wake_(std::move(wake)) {}
  // Calls under the lock, which is what makes silence() final; a wake-up must not block (log.hpp).
  void ring() {
    const std::lock_guard lock(mutex_);
    if (wake_) wake_();
  }
  void silence() {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::function<void()> wake_;  // guarded by mutex_
};

}  // namespace certes::log::sqlite
