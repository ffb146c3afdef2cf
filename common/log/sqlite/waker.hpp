#pragma once
// Waker: a wake-up that its owner can take back. Engine threads ring it; the owner silences it before it goes, and
// then no call is running or will come. ring: any thread. silence: the owner.

#include <functional>

#include "common/base/mutex.hpp"

namespace certes::log::sqlite {

class Waker {
 public:
  explicit Waker(std::function<void()> wake) : wake_(std::move(wake)) {}
  // Calls under the lock, which is what makes silence() final; a wake-up must not block (log.hpp).
  void ring() {
    const Lock lock(mutex_);
    if (wake_) wake_();
  }
  void silence() {
    const Lock lock(mutex_);
    wake_ = nullptr;
  }

 private:
  Mutex mutex_;
  std::function<void()> wake_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::log::sqlite
