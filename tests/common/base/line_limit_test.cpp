#include "common/base/line_limit.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("LineLimit: the first is told, then one in a while with how often it has happened") {
  LineLimit limit(Millis{60'000});
  const SteadyTime start{};
  CHECK(limit.due("a", start) == 1);
  CHECK_FALSE(limit.due("a", start + Millis{1}));
  CHECK_FALSE(limit.due("a", start + Millis{59'999}));
  CHECK(limit.due("a", start + Millis{60'000}) == 3);
  CHECK_FALSE(limit.due("a", start + Millis{60'001}));
}

TEST_CASE("LineLimit: each name has its own") {
  LineLimit limit;
  CHECK(limit.due("a", SteadyTime{}) == 1);
  CHECK(limit.due("b", SteadyTime{}) == 1);
}

TEST_CASE("LineLimit: names without number share one line") {
  LineLimit limit(Millis{60'000}, 2);
  const SteadyTime start{};
  for (int i = 0; i < 2; ++i) CHECK(limit.due(std::to_string(i), start) == 1);
  CHECK(limit.due("x", start) == 1);
  CHECK_FALSE(limit.due("y", start));
  CHECK(limit.due("y", start + Millis{60'000}) == 1);  // the first two are forgotten
}
