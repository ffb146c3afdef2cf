#pragma once
// Pace: how many requests an endpoint may have in flight at the moment, as its answers allow. It begins with few, each
// success allows one more, up to the endpoint's concurrency, and each timeout, or answer that it is too much, allows
// half of what was: slow start as TCP's (RFC 5681, 3.1), with the multiplicative decrease of Chiu and Jain (1989). So
// an endpoint that hangs soon has one request out, and no slots that others need. Who: Endpoints, one for each. Pure:
// the time is passed in. Confined to one thread. O(1).

#include <algorithm>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

class Pace {
 public:
  // `first`: requests at the start; 0: no limit but the endpoint's, ever.
  explicit Pace(int first = 0) : first_(first), allowed_(first) {}

  // Of the endpoint's own limit.
  int of(int concurrency) const { return first_ == 0 ? concurrency : std::min(allowed_, concurrency); }

  // A request is sent. What was known of an endpoint is old after a minute without.
  void sent(SteadyTime now) {
    if (now - latest_ > kIdle) allowed_ = std::min(allowed_, first_);
    latest_ = now;
  }
  void worked(int concurrency, SteadyTime now) {
    latest_ = now;
    allowed_ = std::min(allowed_ + 1, std::max(concurrency, first_));
  }
  void too_much(SteadyTime now) {
    latest_ = now;
    allowed_ = std::max(1, std::min(allowed_ / 2, first_));
  }
  // It did nothing but fail, and one request has worked.
  void recovered() { allowed_ = std::min(2, first_); }

 private:
  static constexpr Millis kIdle{60'000};

  int first_, allowed_;
  SteadyTime latest_{};
};

}  // namespace certes::dispatcher
