#include "dispatcher/retry/timing_wheel.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>

#include "common/base/random.hpp"

using namespace certes;
using dispatcher::Timer;
using dispatcher::TimingWheel;

TEST_CASE("TimingWheel: timers come when they are due, in order, and not before") {
  TimingWheel wheel;
  Timer a, b, c;
  wheel.add(b, 5'000);
  wheel.add(a, 30);
  wheel.add(c, 86'400'000);
  CHECK(wheel.next() <= 30);
  CHECK(wheel.expire(29) == nullptr);
  CHECK(wheel.expire(6'000) == &a);
  CHECK(wheel.expire(6'000) == &b);
  CHECK(wheel.expire(6'000) == nullptr);
  wheel.cancel(c);
  CHECK(wheel.size() == 0);
  CHECK_FALSE(wheel.next().has_value());
}

TEST_CASE("TimingWheel: what is due already comes at once") {
  TimingWheel wheel(1'000);
  Timer late;
  wheel.add(late, 10);
  CHECK(wheel.next() == 1'000);
  CHECK(wheel.expire(1'000) == &late);
}

TEST_CASE("TimingWheel: agrees with a sorted map on random timers, cancels and jumps of time") {
  Random random(4711);
  TimingWheel wheel;
  std::deque<Timer> timers(2'000);
  std::multimap<std::uint64_t, Timer*> naive;
  std::uint64_t now = 0;
  for (int round = 0; round < 30'000; ++round) {
    Timer& timer = timers[random.bits() % timers.size()];
    if (timer.linked()) {
      wheel.cancel(timer);
      for (auto [at, end] = naive.equal_range(timer.due); at != end; ++at)
        if (at->second == &timer) {
          naive.erase(at);
          break;
        }
    } else {
      const std::uint64_t due = now + (random.bits() % (1ull << (random.bits() % 34)));
      wheel.add(timer, due);
      naive.emplace(due, &timer);
    }
    if (random.bits() % 4 == 0) {
      now += random.bits() % (1ull << (random.bits() % 22));
      if (!naive.empty()) REQUIRE(*wheel.next() <= std::max(now, naive.begin()->first));
      std::uint64_t last = 0;
      while (Timer* due = wheel.expire(now)) {
        REQUIRE(due->due <= now);
        auto at = naive.lower_bound(due->due);
        while (at->second != due) ++at;
        REQUIRE(at->first == due->due);
        naive.erase(at);
        last = due->due;
      }
      CHECK(last <= now);
      REQUIRE((naive.empty() || naive.begin()->first > now));
    }
    REQUIRE(wheel.size() == naive.size());
  }
  while (wheel.expire(now + (1ull << 40)) != nullptr) {
  }
  CHECK(wheel.size() == 0);
}
