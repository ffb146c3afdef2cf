#include "common/base/episode.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("Episode: its beginning is told, then once in a while that it lasts, then its end") {
  Episode episode(Millis{60'000});
  const SteadyTime start{};
  CHECK(episode.met(start)->lasting == Millis{0});
  CHECK_FALSE(episode.met(start + Millis{59'999}));
  const auto line = episode.met(start + Millis{60'000});
  REQUIRE(line);
  CHECK(line->times == 2);
  CHECK(line->lasting == Millis{60'000});
  CHECK(episode.over(start + Millis{70'000}) == Millis{70'000});
  CHECK_FALSE(episode.over(start + Millis{70'001}));
}

TEST_CASE("Episode: what comes and goes is told once in a while, and ends only where it was told") {
  Episode episode(Millis{60'000});
  const SteadyTime start{};
  CHECK(episode.met(start));
  CHECK(episode.over(start + Millis{1}));
  CHECK_FALSE(episode.met(start + Millis{2}));
  CHECK_FALSE(episode.over(start + Millis{3}));
  CHECK(episode.met(start + Millis{60'000})->times == 2);
}

TEST_CASE("Episode: the end of none is nothing") {
  Episode episode;
  CHECK_FALSE(episode.over(SteadyTime{}));
}
