#pragma once
// WakeSignal: lets one thread sleep until another has something for it, or a time has come. Who: threads that read the
// log or wait for its answers (the registry's, the gateway's tail, scans), and the embedded log's own. wake: any
// thread, does not block on anything but a short lock. wait: the owner.

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"

namespace certes {

class WakeSignal {
 public:
  void wake() {
    const Lock lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }
  // At most `limit`; at once if woken since the last wait.
  void wait(Millis limit) {
    Lock lock(mutex_);
    changed_.wait_for(lock, limit, [&]() CERTES_REQUIRES(mutex_) { return woken_; });
    woken_ = false;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool woken_ CERTES_GUARDED_BY(mutex_) = false;
};

}  // namespace certes
