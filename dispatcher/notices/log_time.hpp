#pragma once
// LogTime: the log's time: that of the newest record that was read and the steady time since, which several
// dispatchers agree on whatever their machines' clocks say. Until one was read it is the machine's. Who: Notices. Pure;
// confined to one thread.

#include "common/base/clock.hpp"

namespace certes::dispatcher {

class LogTime {
 public:
  explicit LogTime(const Clock& clock) : clock_(clock) {}

  void read(UnixMillis appended_at) {
    if (appended_at_ != 0 && appended_at <= now()) return;
    appended_at_ = appended_at;
    read_at_ = clock_.now();
  }
  UnixMillis now() const {
    if (appended_at_ == 0) return clock_.unix_millis();
    return appended_at_ + std::chrono::duration_cast<Millis>(clock_.now() - read_at_).count();
  }

 private:
  const Clock& clock_;
  UnixMillis appended_at_ = 0;
  SteadyTime read_at_{};
};

}  // namespace certes::dispatcher
