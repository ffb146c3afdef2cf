#pragma once
// Retry budget: retries are at most a share of the sends, so that they never crowd out first attempts. It binds only
// while first attempts wait or were sent in the last ten seconds, and never below ten retries a second.
// Pure: the time is passed in. Who: scheduler. Confined to one thread.

#include <algorithm>

#include "dispatcher/scheduling/token_bucket.hpp"

namespace certes::dispatcher {

class RetryBudget {
 public:
  // `share` of the sends, in (0, 1]; 1: no limit.
  RetryBudget(double share, SteadyTime now)
      : earned_per_first_(share >= 1 ? kBurst : share / (1 - share)), floor_(kFloorPerSecond, 1, now) {}

  bool allows(bool first_attempts_wait, SteadyTime now) {
    return !binds(first_attempts_wait, now) || earned_ >= 1 || floor_.ready(now);
  }
  // When a refused retry may go.
  SteadyTime allows_at(bool first_attempts_wait, SteadyTime now) {
    const SteadyTime floor = floor_.ready_at(now);
    return first_attempts_wait ? floor : std::min(floor, last_first_ + kBindsFor);
  }
  void sent_first(SteadyTime now) {
    earned_ = std::min(kBurst, earned_ + earned_per_first_);
    last_first_ = now;
    any_first_ = true;
  }
  void sent_retry(bool first_attempts_wait, SteadyTime now) {
    if (!binds(first_attempts_wait, now)) return;
    earned_ = std::max(0.0, earned_ - 1);
    floor_.take(now);
  }

 private:
  static constexpr double kFloorPerSecond = 10;
  static constexpr double kBurst = 10;
  static constexpr std::chrono::seconds kBindsFor{10};  // behind the last first attempt
  bool binds(bool first_attempts_wait, SteadyTime now) const {
    return first_attempts_wait || (any_first_ && now - last_first_ < kBindsFor);
  }

  double earned_per_first_;
  double earned_ = 0;
  TokenBucket floor_;
  SteadyTime last_first_{};
  bool any_first_ = false;
};

}  // namespace certes::dispatcher
