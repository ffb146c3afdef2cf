#pragma once
// Pace: how many requests an endpoint may have in flight at the moment, as its answers allow. It begins with few, each
// success allows one more, up to the endpoint's concurrency, and each timeout, or answer that it is too much, allows
// half of what was: slow start as TCP's (RFC 5681, 3.1), with the multiplicative decrease of Chiu and Jain (1989). So
// an endpoint that hangs soon has one request out, and no slots that others need. Answers that come slower and slower
// allow half, too, before they are timeouts: where their smoothed time (RFC 6298, 2) is above four times what it was
// with few at once, as more only wait for one another there (Brakmo and Peterson, TCP Vegas, 1995), and above a
// quarter of the timeout; at most once in the time that an answer takes. Who: Workers, one for each. Pure: the time is
// passed in. Confined to one thread. O(1).

#include <algorithm>
#include <cstdint>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

using Micros = std::chrono::microseconds;

struct AnswerTime {
  Micros took{0};
  Micros timeout{0};  // that there was; 0: how long it took says nothing
};

class Pace {
 public:
  // `first`: requests at the start; 0: no limit but the endpoint's, ever.
  explicit Pace(int first = 0) : first_(first), allowed_(first) {}

  // Of the endpoint's own limit.
  int of(int concurrency) const { return first_ == 0 ? concurrency : std::min(allowed_, concurrency); }

  // A request is sent. What was known of an endpoint is old after a minute without.
  void sent(SteadyTime now) {
    if (now - latest_ > kIdle) {
      allowed_ = std::min(allowed_, first_);
      begin_anew();
    }
    latest_ = now;
  }
  void worked(int concurrency, SteadyTime now, AnswerTime time = {}) {
    latest_ = now;
    learn(time.took);
    if (time.timeout == Micros{0} || !is_slow(time.timeout)) {
      allowed_ = std::min(allowed_ + 1, std::max(concurrency, first_));
    } else if (now >= slowed_at_ + smoothed_) {
      slowed_at_ = now;
      allowed_ = std::max(std::min(allowed_, first_), allowed_ / 2);
      if (allowed_ <= first_) begin_anew();
    }
  }
  void too_much(SteadyTime now) {
    latest_ = now;
    allowed_ = std::max(1, std::min(allowed_ / 2, first_));
    begin_anew();
  }
  // It did nothing but fail, and one request has worked.
  void recovered() { allowed_ = std::min(2, first_); }

 private:
  static constexpr Millis kIdle{60'000};
  static constexpr int kWithFew = 16;  // answers

  void begin_anew() {
    least_ = Micros::max();
    with_few_ = 0;
  }
  void learn(Micros took) {
    smoothed_ = smoothed_ == Micros{0} ? took : smoothed_ + (took - smoothed_) / 8;
    if (with_few_ == kWithFew) return;
    ++with_few_;
    least_ = std::min(least_, took);
  }
  bool is_slow(Micros timeout) const { return smoothed_ > timeout / 4 && smoothed_ / 4 > least_; }

  int first_, allowed_;
  SteadyTime latest_{}, slowed_at_{};
  Micros smoothed_{0};            // answers' time
  Micros least_ = Micros::max();  // of the first answers since it began with few
  int with_few_ = 0;              // of them
};

}  // namespace certes::dispatcher
