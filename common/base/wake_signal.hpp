#pragma once
// WakeSignal: lets one thread sleep until another has something for it, or a time has come. Who: threads that read the
// log or wait for its answers (the registry's, the gateway's tail, scans), and the embedded log's own. wake: any
// thread, does not block on anything but a short lock. wait: the owner.

#include <condition_variable>
#include <mutex>

#include "common/base/clock.hpp"

namespace certes {

class WakeSignal {
 public:
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }
  // At most `limit`; at once if woken since the last wait.
  void wait(Millis limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return woken_; });
    woken_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;  // guarded by mutex_
};

}  // namespace certes
