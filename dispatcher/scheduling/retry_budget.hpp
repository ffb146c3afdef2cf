#pragma once
// Retry budget: what retries may have of the sends, so that they never crowd out first attempts: a share, and never
// below ten a second. For whom it binds, and when, is the scheduler's to say. Pure: the time is passed in. Who:
// scheduler. Confined to one thread.

#include <algorithm>

#include "dispatcher/scheduling/token_bucket.hpp"

namespace certes::dispatcher {

class RetryBudget {
 public:
  // `share` of the sends, in (0, 1]; 1: no limit.
  RetryBudget(double share, SteadyTime now)
      : unlimited_(share >= 1),
        earned_per_first_(unlimited_ ? 0 : share / (1 - share)),
        floor_(kFloorPerSecond, 1, now) {}

  bool allows(SteadyTime now) { return unlimited_ || earned_ >= 1 || floor_.ready(now); }
  // When a refused retry may go, though no first attempt is sent.
  SteadyTime allows_at(SteadyTime now) { return floor_.ready_at(now); }
  void sent_first() { earned_ = std::min(kBurst, earned_ + earned_per_first_); }
  // What the floor gives is of the share, too, as far as first attempts earn it within a second.
  void sent_retry(SteadyTime now) {
    earned_ = std::max(-kFloorPerSecond, earned_ - 1);
    floor_.take(now);
  }

 private:
  static constexpr double kFloorPerSecond = 10;
  static constexpr double kBurst = 10;

  const bool unlimited_;
  double earned_per_first_;
  double earned_ = 0;
  TokenBucket floor_;
};

}  // namespace certes::dispatcher
