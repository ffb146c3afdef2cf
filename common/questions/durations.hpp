#pragma once
// Durations: how long things took, counted in buckets that are the same everywhere, so that what several processes have
// counted is added. It only grows: between two looks at it is what has come between them. Who: what processes say of
// themselves (overview.hpp). Plain values; pure, confined to who holds it.

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "common/base/clock.hpp"

namespace certes::questions {

// A bucket holds what took as long as its bound or less, and longer than the bound before; the last one all that took
// longer still.
inline constexpr std::array<std::uint32_t, 19> kDurationBoundsMs = {
    1,     2,     5,      10,     20,     50,      100,       200,       500,       1'000,
    2'000, 5'000, 10'000, 30'000, 60'000, 300'000, 1'800'000, 7'200'000, 86'400'000};

struct Durations {
  std::array<std::uint64_t, kDurationBoundsMs.size() + 1> counts{};
  std::uint64_t sum_us = 0;

  void count(std::chrono::microseconds took);  // what is below 0 took nothing
  std::uint64_t all() const;
  void add(const Durations& other);
  bool operator==(const Durations&) const = default;
};

}  // namespace certes::questions
