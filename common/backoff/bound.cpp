#include "common/backoff/bound.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "common/backoff/backoff.hpp"

namespace certes::backoff {
namespace {

constexpr double kDay = 86'400, kHour = 3'600;

// "8 days", "3.5 days", "1.5 h", "40 s". Rounded up, so that what is too long never looks like what is allowed.
std::string span(double seconds) {
  const auto [unit, name] = seconds >= 2 * kDay ? std::pair(kDay, " days")
                            : seconds >= kHour  ? std::pair(kHour, " h")
                                                : std::pair(1.0, " s");
  char text[64];
  std::snprintf(text, sizeof text, "%.10g", std::ceil(seconds / unit * 100) / 100);
  return text + std::string(name);
}

}  // namespace

std::optional<std::string> too_long(const Policy& policy, Millis max_wait) {
  if (max_wait <= Millis{0}) return std::nullopt;
  const double most = static_cast<double>(max_wait.count()) / 1'000;
  const double left = std::max(0.0, most - kDay);
  const auto longest = longest_seconds(policy);
  if (!longest || *longest <= left) return std::nullopt;
  return "takes up to " + span(*longest) + ", and events.max_wait_seconds (" + span(most) + ") less 1 day leaves it " +
         span(left);
}

}  // namespace certes::backoff
