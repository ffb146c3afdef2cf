#include "common/backoff/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace certes::backoff {
namespace {

double jittered(double seconds, Policy::Jitter jitter, double random) {
  switch (jitter) {
    case Policy::Jitter::full: return seconds * random;
    case Policy::Jitter::equal: return seconds / 2 + seconds / 2 * random;
    case Policy::Jitter::none: break;
  }
  return seconds;
}

Millis to_millis(double seconds) {
  static constexpr double kLongestSeconds = 100.0 * 366 * 86'400;
  return Millis{static_cast<std::int64_t>(std::ceil(std::clamp(seconds, 0.0, kLongestSeconds) * 1000 - 1e-6))};
}

bool schedule_ended(const Policy& policy, std::uint32_t attempt) {
  return policy.strategy == Policy::Strategy::schedule && policy.max_attempts == 0 && policy.max_seconds <= 0 &&
         attempt > policy.schedule_seconds.size();
}

}  // namespace

double nominal_delay_seconds(const Policy& policy, std::uint32_t attempt) {
  const double n = static_cast<double>(std::max<std::uint32_t>(attempt, 1) - 1);
  double seconds = policy.base_seconds;
  switch (policy.strategy) {
    case Policy::Strategy::exponential: seconds = policy.base_seconds * std::pow(policy.factor, n); break;
    case Policy::Strategy::linear: seconds = policy.base_seconds * (n + 1); break;
    case Policy::Strategy::constant: break;
    case Policy::Strategy::schedule:
      if (policy.schedule_seconds.empty()) break;
      seconds =
          policy
              .schedule_seconds[std::min<std::size_t>(static_cast<std::size_t>(n), policy.schedule_seconds.size() - 1)];
      break;
  }
  if (std::isnan(seconds)) return policy.cap_seconds;
  return std::clamp(seconds, 0.0, std::max(0.0, policy.cap_seconds));
}

std::optional<double> longest_seconds(const Policy& policy) {
  const bool by_number = policy.max_attempts > 0, by_time = policy.max_seconds > 0;
  const bool by_schedule = policy.strategy == Policy::Strategy::schedule && !by_number && !by_time;
  if (!by_number && !by_schedule) return by_time ? std::optional(policy.max_seconds) : std::nullopt;
  const auto waits = by_schedule ? static_cast<std::uint32_t>(policy.schedule_seconds.size()) : policy.max_attempts - 1;
  double sum = 0;
  for (std::uint32_t attempt = 1; attempt <= waits && (!by_time || sum < policy.max_seconds); ++attempt)
    sum += nominal_delay_seconds(policy, attempt);
  return by_time ? std::min(sum, policy.max_seconds) : sum;
}

NextAttempt next_attempt(const Policy& policy, const Failure& failure, double random) {
  if (policy.max_attempts > 0 && failure.attempt >= policy.max_attempts) return {false, {}, false, "max_attempts"};
  if (schedule_ended(policy, failure.attempt)) return {false, {}, false, "schedule"};
  const Millis own = to_millis(jittered(nominal_delay_seconds(policy, failure.attempt), policy.jitter, random));
  const Millis asked = failure.retry_after.value_or(Millis{0});
  if (asked > kLongestRetryAfter) return {false, {}, false, "retry_after"};
  const Millis delay = std::max(own, asked);
  if (policy.max_seconds > 0 && failure.since_first + delay > to_millis(policy.max_seconds))
    return {false, {}, false, asked > own ? "retry_after" : "max_seconds"};
  return {true, delay, asked > own};
}

}  // namespace certes::backoff
