#include "common/questions/durations.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::questions;

TEST_CASE("Durations: each stands in the first bucket whose bound it does not pass, however long it took") {
  for (std::size_t i = 0; i < kDurationBoundsMs.size(); ++i) {
    Durations durations;
    durations.count(std::chrono::microseconds{std::int64_t{1'000} * kDurationBoundsMs[i]});
    durations.count(std::chrono::microseconds{std::int64_t{1'000} * kDurationBoundsMs[i] + 1});
    CHECK(durations.counts[i] == 1);
    CHECK(durations.counts[i + 1] == 1);
  }
  Durations durations;
  durations.count(std::chrono::microseconds{0});
  durations.count(std::chrono::microseconds{-5});
  durations.count(std::chrono::microseconds::max());
  CHECK(durations.counts.front() == 2);
  CHECK(durations.counts.back() == 1);
  CHECK(durations.all() == 3);
}

TEST_CASE("Durations: the bounds rise, and a sum is what either has counted") {
  for (std::size_t i = 1; i < kDurationBoundsMs.size(); ++i) CHECK(kDurationBoundsMs[i - 1] < kDurationBoundsMs[i]);
  Durations a, b, both;
  for (const int ms : {0, 3, 3, 700}) {
    a.count(Millis{ms});
    both.count(Millis{ms});
  }
  for (const int ms : {4, 90'000}) {
    b.count(Millis{ms});
    both.count(Millis{ms});
  }
  a.add(b);
  CHECK(a == both);
  CHECK(a.sum_us == 90'710'000);
}
