// One limit by itself, in simulated time, and the table of them.
#include "gateway/limits/rate_limit.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <thread>

#include "gateway/limits/rate_limits.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using std::chrono::milliseconds;

namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};

int taken(RateLimit& limit, SteadyTime now) {
  int count = 0;
  for (; count < 1'000 && limit.allows(now); ++count) limit.take(now, 1);
  return count;
}

}  // namespace

TEST_CASE("RateLimit: a burst is a second's worth, and comes back at the rate") {
  RateLimit limit(4);
  CHECK(limit.burst() == 4);
  CHECK(taken(limit, kStart) == 4);
  CHECK(taken(limit, kStart + milliseconds(249)) == 0);
  CHECK(taken(limit, kStart + milliseconds(250)) == 1);
  CHECK(taken(limit, kStart + milliseconds(750)) == 2);
  CHECK(taken(limit, kStart + milliseconds(60'000)) == 4);
}

TEST_CASE("RateLimit: below one a second it still lets one through") {
  RateLimit limit(0.5);
  CHECK(limit.burst() == 1);
  CHECK(taken(limit, kStart) == 1);
  CHECK(taken(limit, kStart + milliseconds(1'999)) == 0);
  CHECK(taken(limit, kStart + milliseconds(2'000)) == 1);
}

TEST_CASE("RateLimit: a batch is taken whole, and paid off before the next") {
  RateLimit limit(10);
  limit.take(kStart, 25);
  CHECK(limit.standing(kStart).remaining == 0);
  CHECK(limit.standing(kStart).wait == milliseconds(1'600));
  CHECK_FALSE(limit.allows(kStart + milliseconds(1'599)));
  CHECK(limit.allows(kStart + milliseconds(1'600)));
}

TEST_CASE("RateLimit: what it says of waiting is when the next is allowed") {
  std::mt19937_64 random(7);
  for (const double rate : {0.01, 0.9, 1.0, 3.0, 250.0, 1e6}) {
    RateLimit limit(rate);
    SteadyTime now = kStart;
    for (int i = 0; i < 200; ++i) {
      now += std::chrono::nanoseconds(random() % 2'000'000'000);
      limit.take(now, static_cast<std::int64_t>(random() % 5));
      const auto standing = limit.standing(now);
      REQUIRE((standing.remaining > 0) == (standing.wait.count() == 0));
      REQUIRE(limit.allows(now + standing.wait));
      if (standing.wait.count() > 0) REQUIRE_FALSE(limit.allows(now + standing.wait - std::chrono::nanoseconds(1)));
      REQUIRE(limit.standing(now + standing.full).remaining == limit.burst());
    }
  }
}

TEST_CASE("RateLimit: in no window does it let through more than the window's worth and a burst") {
  std::mt19937_64 random(11);
  RateLimit limit(20);
  std::deque<SteadyTime> passed;
  SteadyTime now = kStart;
  for (int i = 0; i < 20'000; ++i) {
    now += milliseconds(random() % 20);
    if (!limit.allows(now)) continue;
    limit.take(now, 1);
    passed.push_back(now);
    while (now - passed.front() > milliseconds(5'000)) passed.pop_front();
    REQUIRE(passed.size() <= 5 * 20 + 20);
  }
}

TEST_CASE("RateLimit: what several threads take adds up") {
  RateLimit limit(1'000'000);
  const auto take = [&limit] {
    for (int i = 0; i < 50'000; ++i) limit.take(kStart, 1);
  };
  std::thread one(take), other(take);
  one.join();
  other.join();
  CHECK(limit.standing(kStart).remaining == 900'000);
}

TEST_CASE("RateLimits: one name is one limit, until its rate changes") {
  RateLimits limits;
  const auto first = limits.of("key/a/b", 5, kStart);
  CHECK(limits.of("key/a/b", 5, kStart) == first);
  CHECK(limits.of("key/a/c", 5, kStart) != first);
  CHECK(limits.of("key/a/b", 6, kStart) != first);
}

TEST_CASE("RateLimits: idle ones are forgotten, those in use and those used up are not") {
  RateLimits limits;
  const auto held = limits.of("held", 1, kStart);
  limits.of("used up", 0.001, kStart)->take(kStart, 1);
  for (int i = 0; i < 5'000; ++i) limits.of("idle " + std::to_string(i), 1, kStart);
  CHECK(limits.size() <= 1'026);
  CHECK(limits.of("held", 1, kStart) == held);
  CHECK_FALSE(limits.of("used up", 0.001, kStart)->allows(kStart));
}
