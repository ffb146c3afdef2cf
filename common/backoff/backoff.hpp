#pragma once
// Back-off: when the next attempt is due, as a pure function of policy, attempt and randomness. Who: the dispatcher,
// for deliveries; the client, for what it forwards.

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/backoff/policy.hpp"
#include "common/base/clock.hpp"

namespace certes::backoff {

// A failed attempt.
struct Failure {
  std::uint32_t attempt = 1;          // its number, from 1
  Millis since_first{0};              // from the end of the first attempt until now, pauses left out
  std::optional<Millis> retry_after;  // as the endpoint asked
};

struct NextAttempt {
  bool again = false;
  Millis delay{0};             // with again
  bool asked = false;          // the delay is what Retry-After asked for, as that is longer
  std::string_view rule = {};  // otherwise: "max_attempts", "schedule", "max_seconds", "retry_after"; a static string
};

// No Retry-After longer than this is waited for, whatever the policy: events are kept for as long.
inline constexpr Millis kLongestRetryAfter = std::chrono::hours{7 * 24};

// The delay after attempt `attempt` (from 1), before jitter: never above the cap.
double nominal_delay_seconds(const Policy& policy, std::uint32_t attempt);

// The longest that it may take from the end of the first attempt to the last one, whatever the jitter; Retry-After, by
// which it may take longer, left out. Nothing: it has no end.
std::optional<double> longest_seconds(const Policy& policy);

// A schedule ends with its last entry, unless the policy sets a maximum of attempts or time: then its last delay
// repeats. Retry-After is never shortened; beyond the policy's maximum time there is no next attempt.
// `random`: uniform in [0, 1).
NextAttempt next_attempt(const Policy& policy, const Failure& failure, double random);

}  // namespace certes::backoff
