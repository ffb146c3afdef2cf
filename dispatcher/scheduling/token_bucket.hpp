#pragma once
// Token bucket: at most `rate` a second on average, with bursts of at most a tenth of a second's worth (never less than
// one). Pure: the time is passed in. Who: scheduler, one per endpoint, and the retry budget. Confined to one thread.

#include <algorithm>
#include <chrono>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

class TokenBucket {
 public:
  TokenBucket() = default;  // no limit
  // rate 0: no limit.
  TokenBucket(double rate_per_second, double capacity, SteadyTime now)
      : rate_(rate_per_second), capacity_(std::max(1.0, capacity)), tokens_(capacity_), at_(now) {}
  static TokenBucket for_rate(double rate_per_second, SteadyTime now) {
    return {rate_per_second, rate_per_second / 10, now};
  }

  bool unlimited() const { return rate_ <= 0; }
  double rate() const { return rate_; }
  bool ready(SteadyTime now) {
    refill(now);
    return unlimited() || tokens_ >= 1 - kRounding;
  }
  // Takes one, down to none.
  void take(SteadyTime now) {
    refill(now);
    if (!unlimited()) tokens_ = std::max(0.0, tokens_ - 1);
  }
  // When ready() will be true, nothing being taken until then.
  SteadyTime ready_at(SteadyTime now) {
    if (ready(now)) return now;
    const std::chrono::duration<double> wait{(1 - tokens_) / rate_};
    return now + std::chrono::ceil<Millis>(wait);
  }

 private:
  static constexpr double kRounding = 1e-9;
  void refill(SteadyTime now) {
    if (unlimited() || now <= at_) return;
    tokens_ = std::min(capacity_, tokens_ + std::chrono::duration<double>(now - at_).count() * rate_);
    at_ = now;
  }

  double rate_ = 0;
  double capacity_ = 1;
  double tokens_ = 1;
  SteadyTime at_{};
};

}  // namespace certes::dispatcher
