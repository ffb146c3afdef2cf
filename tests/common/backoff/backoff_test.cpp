#include "common/backoff/backoff.hpp"

#include <doctest/doctest.h>

#include "common/base/random.hpp"

using namespace certes;
using namespace certes::backoff;
using Strategy = Policy::Strategy;
using Jitter = Policy::Jitter;

namespace {

Policy policy(Strategy strategy, double base, Jitter jitter = Jitter::none) {
  Policy made;
  made.strategy = strategy;
  made.base_seconds = base;
  made.jitter = jitter;
  return made;
}

std::vector<double> delays(const Policy& policy, std::uint32_t count) {
  std::vector<double> out;
  for (std::uint32_t attempt = 1; attempt <= count; ++attempt) out.push_back(nominal_delay_seconds(policy, attempt));
  return out;
}

}  // namespace

TEST_CASE("BackoffPolicy: the delays of each strategy") {
  CHECK(delays(policy(Strategy::exponential, 5), 4) == std::vector<double>{5, 10, 20, 40});
  CHECK(delays(policy(Strategy::linear, 5), 4) == std::vector<double>{5, 10, 15, 20});
  CHECK(delays(policy(Strategy::constant, 5), 3) == std::vector<double>{5, 5, 5});
  auto schedule = policy(Strategy::schedule, 0);
  schedule.schedule_seconds = {1, 7, 3};
  CHECK(delays(schedule, 5) == std::vector<double>{1, 7, 3, 3, 3});
}

TEST_CASE("BackoffPolicy: delay never exceeds the cap, whatever the attempt and jitter") {
  Random random(3);
  for (const auto strategy : {Strategy::exponential, Strategy::linear, Strategy::constant})
    for (const auto jitter : {Jitter::full, Jitter::equal, Jitter::none}) {
      auto capped = policy(strategy, 3, jitter);
      capped.cap_seconds = 60;
      for (const std::uint32_t attempt : {1u, 2u, 10u, 100u, 5'000u, 4'000'000'000u}) {
        const auto next = next_attempt(capped, {attempt, Millis{0}, {}}, random.unit());
        REQUIRE(next.again);
        CHECK(next.delay <= std::chrono::seconds{60});
      }
    }
}

TEST_CASE("BackoffPolicy: jitter stays in its bounds") {
  Random random(9);
  for (int i = 0; i < 1'000; ++i) {
    const double r = random.unit();
    const Failure failure{1, Millis{0}, {}};
    const auto full = next_attempt(policy(Strategy::constant, 10, Jitter::full), failure, r).delay;
    const auto equal = next_attempt(policy(Strategy::constant, 10, Jitter::equal), failure, r).delay;
    CHECK((full >= Millis{0} && full <= Millis{10'000}));
    CHECK((equal >= Millis{5'000} && equal <= Millis{10'000}));
    CHECK(next_attempt(policy(Strategy::constant, 10), failure, r).delay == Millis{10'000});
  }
}

TEST_CASE("BackoffPolicy: full jitter spans all of the delay, equal jitter its upper half") {
  const auto delay = [](Jitter jitter, double random) {
    return next_attempt(policy(Strategy::constant, 10, jitter), {1, Millis{0}, {}}, random).delay;
  };
  CHECK(delay(Jitter::full, 0) == Millis{0});
  CHECK(delay(Jitter::full, 0.25) == Millis{2'500});
  CHECK(delay(Jitter::full, 0.75) == Millis{7'500});
  CHECK(delay(Jitter::equal, 0) == Millis{5'000});
  CHECK(delay(Jitter::equal, 0.5) == Millis{7'500});
}

TEST_CASE("BackoffPolicy: ends by attempts, by time and with the schedule, and says which") {
  auto limited = policy(Strategy::constant, 1);
  limited.max_attempts = 3;
  CHECK(next_attempt(limited, {2, Millis{0}, {}}, 0).again);
  CHECK(next_attempt(limited, {3, Millis{0}, {}}, 0).rule == "max_attempts");

  auto timed = policy(Strategy::constant, 10);
  timed.max_seconds = 60;
  CHECK(next_attempt(timed, {5, Millis{50'000}, {}}, 0).again);
  CHECK(next_attempt(timed, {5, Millis{50'001}, {}}, 0).rule == "max_seconds");

  auto schedule = policy(Strategy::schedule, 0);
  schedule.schedule_seconds = {1, 2};
  CHECK(next_attempt(schedule, {2, Millis{0}, {}}, 0).again);
  CHECK(next_attempt(schedule, {3, Millis{0}, {}}, 0).rule == "schedule");
  schedule.max_attempts = 5;
  CHECK(next_attempt(schedule, {4, Millis{0}, {}}, 0).delay == Millis{2'000});
  CHECK(next_attempt(schedule, {5, Millis{0}, {}}, 0).rule == "max_attempts");
}

TEST_CASE("BackoffPolicy: Retry-After is never shortened, nor does it shorten") {
  auto own = policy(Strategy::constant, 10);
  own.cap_seconds = 10;
  CHECK(next_attempt(own, {1, Millis{0}, Millis{3'000}}, 0).delay == Millis{10'000});
  CHECK(next_attempt(own, {1, Millis{0}, Millis{3'600'000}}, 0).delay == Millis{3'600'000});
  CHECK_FALSE(next_attempt(own, {1, Millis{0}, Millis{3'000}}, 0).asked);
  CHECK(next_attempt(own, {1, Millis{0}, Millis{3'600'000}}, 0).asked);
}

TEST_CASE("BackoffPolicy: a Retry-After beyond the policy's time ends it at once") {
  auto timed = policy(Strategy::constant, 1);
  timed.max_seconds = 60;
  CHECK(next_attempt(timed, {1, Millis{0}, Millis{60'000}}, 0).again);
  CHECK(next_attempt(timed, {1, Millis{0}, Millis{61'000}}, 0).rule == "retry_after");
  CHECK(next_attempt(policy(Strategy::constant, 1), {1, Millis{0}, kLongestRetryAfter + Millis{1}}, 0).rule ==
        "retry_after");
}

TEST_CASE("BackoffPolicy: the longest that it may take is the sum of its waits, as far as its limits let it") {
  auto constant = policy(Strategy::constant, 5, Jitter::full);
  CHECK_FALSE(longest_seconds(constant));
  constant.max_attempts = 1;
  CHECK(longest_seconds(constant) == 0);
  constant.max_attempts = 4;
  CHECK(longest_seconds(constant) == 15);
  constant.max_seconds = 12;
  CHECK(longest_seconds(constant) == 12);
  constant.max_attempts = 0;
  CHECK(longest_seconds(constant) == 12);
  auto exponential = policy(Strategy::exponential, 10);
  exponential.cap_seconds = 30;
  exponential.max_attempts = 5;
  CHECK(longest_seconds(exponential) == 10 + 20 + 30 + 30);
  exponential.max_attempts = 1'000'000;
  CHECK(longest_seconds(exponential) == 30 + 30.0 * 999'997);
  auto schedule = policy(Strategy::schedule, 0);
  schedule.schedule_seconds = {1, 7, 3};
  CHECK(longest_seconds(schedule) == 11);
  schedule.max_attempts = 6;  // the last repeats
  CHECK(longest_seconds(schedule) == 1 + 7 + 3 + 3 + 3);
}
