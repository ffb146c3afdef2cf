#include "dispatcher/endpoint/breaker.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "common/base/random.hpp"

using namespace certes;
using namespace certes::dispatcher;

namespace {

constexpr SteadyTime kStart{std::chrono::hours{1}};

registry::BreakerSettings settings() { return {3, 0.5, 10, 10, 1, 8}; }

}  // namespace

TEST_CASE("Breaker: opens after so many failures in a row, and any success closes it") {
  Breaker breaker(settings());
  CHECK_FALSE(breaker.failed(kStart));
  CHECK_FALSE(breaker.failed(kStart));
  CHECK_FALSE(breaker.worked(kStart));
  CHECK_FALSE(breaker.failed(kStart));
  CHECK_FALSE(breaker.failed(kStart));
  CHECK(breaker.closed());
  CHECK(breaker.failed(kStart));
  CHECK_FALSE(breaker.closed());
  CHECK(*breaker.opens_until() == kStart + Millis{1'000});
  CHECK_FALSE(breaker.failed(kStart + Millis{500}));  // was on its way
  CHECK(*breaker.opens_until() == kStart + Millis{1'000});
  CHECK(breaker.worked(kStart + Millis{600}));  // and so was this
  CHECK(breaker.closed());
  CHECK_FALSE(breaker.failed(kStart + Millis{700}));
}

TEST_CASE("Breaker: each probe that fails doubles the wait for the next, up to a limit") {
  Breaker breaker(settings());
  SteadyTime now = kStart;
  for (int i = 0; i < 3; ++i) breaker.failed(now);
  for (const int wait : {2, 4, 8, 8, 8}) {
    now = *breaker.opens_until();
    breaker.probe();
    CHECK(breaker.probing());
    CHECK_FALSE(breaker.opens_until());
    CHECK(breaker.failed(now));
    CHECK(*breaker.opens_until() == now + Millis{wait * 1'000});
  }
  breaker.probe();
  CHECK(breaker.worked(now));
  for (int i = 0; i < 3; ++i) breaker.failed(now);
  CHECK(*breaker.opens_until() == now + Millis{1'000});  // from the beginning
}

TEST_CASE("Breaker: a share of failures opens it, of enough requests, within the window alone") {
  registry::BreakerSettings only = settings();
  only.failures = 0;
  Breaker breaker(only);
  SteadyTime now = kStart;
  for (int i = 0; i < 5; ++i) CHECK_FALSE(breaker.worked(now));
  for (int i = 0; i < 4; ++i) CHECK_FALSE(breaker.failed(now));
  CHECK(breaker.failed(now));  // 5 of 10

  Breaker later(only);
  for (int i = 0; i < 9; ++i) later.failed(now);
  now += Millis{11'000};
  CHECK_FALSE(later.failed(now));  // those before are forgotten
  CHECK(later.closed());
}

TEST_CASE("Breaker: without settings it never opens, and each of the two rules may be left out") {
  Breaker none;
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(none.failed(kStart));
  CHECK(none.closed());
  registry::BreakerSettings neither = settings();
  neither.failures = 0;
  neither.ratio = 0;
  Breaker breaker(neither);
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(breaker.failed(kStart));
}

// The window of a request is between half of it and all of it long.
TEST_CASE("Breaker: is open when a reference that remembers every request must have it open, and never else") {
  Random random(7);
  for (int run = 0; run < 200; ++run) {
    const registry::BreakerSettings rules{
        static_cast<int>(random.bits() % 6), random.unit(), 1 + static_cast<int>(random.bits() % 20), 10, 1, 8};
    Breaker breaker(rules);
    std::deque<std::pair<SteadyTime, bool>> seen;
    SteadyTime now = kStart;
    int in_a_row = 0;
    const double failing = random.unit();
    for (int step = 0; step < 300 && breaker.closed(); ++step) {
      now += Millis{static_cast<std::int64_t>(random.bits() % 2'000)};
      const bool fails = random.unit() < failing;
      seen.emplace_back(now, fails);
      in_a_row = fails ? in_a_row + 1 : 0;
      if (fails)
        breaker.failed(now);
      else
        breaker.worked(now);
      const bool row = rules.failures > 0 && in_a_row >= rules.failures;
      // Whether some window that is allowed has enough of them.
      bool some = false;
      int requests = 0, failures = 0;
      for (auto at = seen.rbegin(); at != seen.rend() && now - at->first < Millis{10'000}; ++at) {
        ++requests;
        failures += at->second ? 1 : 0;
        some = some || (rules.ratio > 0 && requests >= rules.min_requests && failures >= rules.ratio * requests);
      }
      if (row) CHECK_FALSE(breaker.closed());
      if (!breaker.closed()) CHECK((row || some));
    }
  }
}
