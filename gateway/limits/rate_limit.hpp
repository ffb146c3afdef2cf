#pragma once
// RateLimit: at most so many events a second on average, with bursts of one second's worth (never less than one event).
// The generic cell rate algorithm (ITU-T I.371): one number says until when what was taken is spent. Who: RateLimits.
// Any thread, without a lock; the time is passed in.

#include <atomic>
#include <cstdint>

#include "common/base/clock.hpp"

namespace certes::gateway::ingest {

class RateLimit {
 public:
  // rate_per_second: above 0.
  explicit RateLimit(double rate_per_second);

  double rate() const { return rate_; }
  // Events of a full burst.
  std::int64_t burst() const { return burst_ / interval_; }

  struct Standing {
    std::int64_t remaining;         // events that may come at once
    std::chrono::nanoseconds wait;  // until one may come; 0: now
    std::chrono::nanoseconds full;  // until a whole burst may
  };
  Standing standing(SteadyTime now) const;
  // Whether one more may come now.
  bool allows(SteadyTime now) const { return standing(now).remaining > 0; }
  // A batch is taken whole where one event is allowed; what is above the burst is paid off before the next.
  void take(SteadyTime now, std::int64_t events);

 private:
  const double rate_;
  const std::int64_t interval_;  // of one event, ns
  const std::int64_t burst_;     // ns
  std::atomic<std::int64_t> spent_until_{0};
};

}  // namespace certes::gateway::ingest
