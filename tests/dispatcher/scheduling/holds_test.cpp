// Why a lane is not sent now, reason by reason; and that what is held by nothing is sent, and what is held is not.
#include <doctest/doctest.h>

#include <deque>

#include "common/base/random.hpp"
#include "dispatcher/scheduling/scheduler.hpp"

using namespace certes;
using namespace certes::dispatcher;

namespace {

struct Item : Waiting {};

struct Bench {
  explicit Bench(Scheduler::Options options = {}) : scheduler(options, now) {}
  ~Bench() {
    for (auto& item : items) scheduler.erase(item);
  }
  Lanes& endpoint(const std::string& tenant, int concurrency = 100, double rate = 0) {
    Lanes& lanes = scheduler.add(tenant);
    scheduler.configure(lanes, concurrency, rate, now);
    return lanes;
  }
  void push(Lanes& lanes, int count = 1, Priority priority = Priority::normal, bool retry = false) {
    for (int i = 0; i < count; ++i) scheduler.push(lanes, items.emplace_back(), priority, retry, now);
  }
  int send(int most = 1'000) {
    int sent = 0;
    while (sent < most && scheduler.next(now) != nullptr) ++sent;
    return sent;
  }
  HoldBy held(Lanes& lanes, Priority priority = Priority::normal, bool retry = false) {
    return scheduler.hold_of(lanes, priority, retry, now).by;
  }
  SteadyTime now{std::chrono::hours{1}};
  Scheduler scheduler;
  std::deque<Item> items;
};

Scheduler::Options few_slots(std::size_t most) {
  Scheduler::Options options;
  options.in_flight_max = most;
  options.reserves = true;
  return options;
}

}  // namespace

TEST_CASE("Hold: an endpoint that is closed, full, or let to have few") {
  Bench bench;
  Lanes& lanes = bench.endpoint("t", 2);
  bench.push(lanes, 9);
  CHECK(bench.held(lanes) == HoldBy::nothing);
  CHECK(bench.send() == 2);
  CHECK(bench.held(lanes) == HoldBy::concurrency);
  bench.scheduler.configure(lanes, 8, 0, bench.now);
  bench.scheduler.allow(lanes, 3, bench.now);
  CHECK(bench.send() == 1);
  CHECK(bench.held(lanes) == HoldBy::slow_start);
  bench.scheduler.set_open(lanes, false, bench.now);
  CHECK(bench.held(lanes) == HoldBy::closed);
}

TEST_CASE("Hold: a rate, until its next token") {
  Bench bench;
  Lanes& lanes = bench.endpoint("t", 10, 2);
  bench.push(lanes, 3);
  CHECK(bench.send() == 1);
  const Hold hold = bench.scheduler.hold_of(lanes, Priority::normal, false, bench.now);
  CHECK(hold.by == HoldBy::rate);
  REQUIRE(hold.until);
  bench.now = *hold.until + Millis{1};
  CHECK(bench.held(lanes) == HoldBy::nothing);
  CHECK(bench.send() == 1);
}

TEST_CASE("Hold: the last slots of an endpoint, and of all, are for what is urgent") {
  Bench bench(few_slots(1'000));
  Lanes& lanes = bench.endpoint("t", 8);
  bench.push(lanes, 20);
  CHECK(bench.send() == 7);
  CHECK(bench.held(lanes) == HoldBy::urgent);
  CHECK(bench.held(lanes, Priority::high) == HoldBy::nothing);
  Bench small(few_slots(8));
  Lanes& alone = small.endpoint("t");
  small.push(alone, 20);
  CHECK(small.send() == 7);
  CHECK(small.held(alone) == HoldBy::all_slots);
  CHECK(small.held(alone, Priority::critical) == HoldBy::nothing);
}

TEST_CASE("Hold: no endpoint has more than a quarter of the slots, and no tenant more than its part") {
  Bench bench(few_slots(40));
  Lanes &first = bench.endpoint("loud"), &second = bench.endpoint("loud"), &third = bench.endpoint("loud"),
        &fourth = bench.endpoint("loud"), &quiet = bench.endpoint("quiet");
  bench.scheduler.set_alone(false);
  bench.push(first, 20);
  CHECK(bench.send() == 9);  // one of its ten is for what is urgent
  bench.push(first, 20, Priority::high);
  CHECK(bench.send() == 1);
  CHECK(bench.held(first) == HoldBy::quarter);
  for (Lanes* lanes : {&second, &third, &fourth}) bench.push(*lanes, 20, Priority::high);
  CHECK(bench.send() == 20);
  CHECK(bench.held(fourth, Priority::high) == HoldBy::tenant);
  CHECK(bench.held(quiet, Priority::high) == HoldBy::nothing);
}

TEST_CASE("Hold: the retry budget, until it allows one") {
  Bench bench;
  Lanes& lanes = bench.endpoint("t");
  bench.push(lanes, 1);
  CHECK(bench.send() == 1);
  bench.push(lanes, 50, Priority::normal, true);
  CHECK(bench.send() > 0);
  const Hold hold = bench.scheduler.hold_of(lanes, Priority::normal, true, bench.now);
  CHECK(hold.by == HoldBy::budget);
  REQUIRE(hold.until);
  CHECK(bench.held(lanes) == HoldBy::nothing);
  bench.now = *hold.until + Millis{1};
  CHECK(bench.held(lanes, Priority::normal, true) == HoldBy::nothing);
}

TEST_CASE("Hold: what is held by nothing is sent, and what is held is not, whatever has happened") {
  struct Seen {
    Lanes* lanes;
    Priority priority;
    bool retry;
  };
  int refused = 0, sent = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const auto below = [&](std::uint64_t many) { return random.bits() % many; };
    Bench bench(few_slots(8 + below(40)));
    std::vector<Lanes*> endpoints;
    for (int i = 0; i < 6; ++i)
      endpoints.push_back(
          &bench.endpoint("t" + std::to_string(below(3)), 1 + static_cast<int>(below(12)), below(3) == 0 ? 5 : 0));
    bench.scheduler.set_alone(below(2) == 0);
    std::vector<Lanes*> out;
    for (int step = 0; step < 300; ++step) {
      Lanes& lanes = *endpoints[below(endpoints.size())];
      switch (below(7)) {
        case 0:
        case 1: bench.push(lanes, 1, static_cast<Priority>(below(5)), below(3) == 0); break;
        case 2: bench.scheduler.set_open(lanes, below(3) != 0, bench.now); break;
        case 3: bench.scheduler.allow(lanes, 1 + static_cast<int>(below(12)), bench.now); break;
        case 4: bench.now += Millis{below(10) == 0 ? 11'000 : static_cast<int>(below(200))}; break;
        case 5:
          if (out.empty()) break;
          if (below(2) == 0) bench.scheduler.worked(*out.back(), bench.now);
          bench.scheduler.release(*out.back(), bench.now);
          out.pop_back();
          break;
        default: break;
      }
      std::vector<Seen> free, held;
      for (Item& item : bench.items) {
        if (!item.linked()) continue;
        const Seen seen{item.lanes, static_cast<Priority>(item.lane / 2), item.lane % 2 != 0};
        const HoldBy by = bench.held(*seen.lanes, seen.priority, seen.retry);
        (by == HoldBy::nothing ? free : held).push_back(seen);
      }
      INFO("seed ", seed, ", step ", step);
      if (bench.scheduler.in_flight() >= 48) continue;
      const auto* const next = static_cast<Item*>(bench.scheduler.next(bench.now));
      REQUIRE((next == nullptr) == free.empty());
      if (next == nullptr) {
        refused += held.empty() ? 0 : 1;
        continue;
      }
      const auto of = [&](const Seen& seen) {
        return seen.lanes == next->lanes && lane_of(seen.priority, seen.retry) == next->lane;
      };
      REQUIRE(std::ranges::any_of(free, of));
      REQUIRE(std::ranges::none_of(held, of));
      out.push_back(next->lanes);
      ++sent;
    }
  }
  CHECK(refused > 1'000);
  CHECK(sent > 1'000);
}
