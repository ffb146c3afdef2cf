#include "common/questions/durations.hpp"

#include <algorithm>
#include <numeric>

namespace certes::questions {

void Durations::count(std::chrono::microseconds took) {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, took.count()));
  const auto* const bucket =
      std::ranges::find_if(kDurationBoundsMs, [us](std::uint32_t bound) { return us <= std::uint64_t{1'000} * bound; });
  ++counts[static_cast<std::size_t>(bucket - kDurationBoundsMs.begin())];
  sum_us += us;
}

std::uint64_t Durations::all() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

void Durations::add(const Durations& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum_us += other.sum_us;
}

}  // namespace certes::questions
