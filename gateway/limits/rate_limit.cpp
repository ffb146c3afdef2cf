#include "gateway/limits/rate_limit.hpp"

#include <algorithm>
#include <limits>

namespace certes::gateway::ingest {
namespace {

constexpr double kSecond = 1e9;
// The longest that one event may take up: what is rarer is no rate.
constexpr double kLongest = 365.0 * 86'400 * kSecond;

std::int64_t nanoseconds(SteadyTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

RateLimit::RateLimit(double rate_per_second)
    : rate_(rate_per_second),
      interval_(static_cast<std::int64_t>(std::clamp(kSecond / rate_per_second, 1.0, kLongest))),
      burst_(std::max(static_cast<std::int64_t>(kSecond) / interval_, std::int64_t{1}) * interval_) {}

RateLimit::Standing RateLimit::standing(SteadyTime now) const {
  const std::int64_t at = nanoseconds(now);
  const std::int64_t spent = std::max<std::int64_t>(0, spent_until_.load(std::memory_order_relaxed) - at);
  const std::int64_t free = burst_ - spent;
  return {std::max<std::int64_t>(0, free) / interval_,
          std::chrono::nanoseconds(std::max<std::int64_t>(0, interval_ - free)), std::chrono::nanoseconds(spent)};
}

void RateLimit::take(SteadyTime now, std::int64_t events) {
  const std::int64_t at = nanoseconds(now);
  events = std::min(events, std::numeric_limits<std::int64_t>::max() / 4 / interval_);  // decades, of the rarest
  std::int64_t spent = spent_until_.load(std::memory_order_relaxed);
  while (
      !spent_until_.compare_exchange_weak(spent, std::max(spent, at) + events * interval_, std::memory_order_relaxed)) {
  }
}

}  // namespace certes::gateway::ingest
