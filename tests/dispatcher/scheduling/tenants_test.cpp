// Tenants in the scheduler: their weights, and what a loud one costs the quiet ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>
#include <queue>

#include "common/base/random.hpp"
#include "dispatcher/scheduling/scheduler.hpp"

using namespace certes;
using namespace certes::dispatcher;

namespace {

constexpr int kPlenty = 1'000'000;

struct Item : Waiting {
  int tenant = 0;
  double arrived = 0;
};

std::string name_of(int tenant) { return "t" + std::to_string(tenant); }

// One endpoint per tenant; weights by tenant.
struct Bench {
  explicit Bench(std::vector<int> given, Scheduler::Options options = {})
      : weights(std::move(given)), scheduler(options, now) {
    for (std::size_t t = 0; t < weights.size(); ++t) {
      lanes.push_back(&scheduler.add(name_of(static_cast<int>(t)), weights[t]));
      scheduler.configure(*lanes.back(), kPlenty, 0, now);
    }
  }
  ~Bench() {
    for (auto& item : items) scheduler.erase(item);
  }
  Item& push(int tenant, double at = 0) {
    Item& item = items.emplace_back();
    item.tenant = tenant;
    item.arrived = at;
    scheduler.push(*lanes[static_cast<std::size_t>(tenant)], item, Priority::normal, false, now);
    return item;
  }
  Item* next() { return static_cast<Item*>(scheduler.next(now)); }

  SteadyTime now{std::chrono::hours{1}};
  std::vector<int> weights;
  Scheduler scheduler;
  std::vector<Lanes*> lanes;
  std::deque<Item> items;
};

// Deficit round robin written down as it is told: a ring of tenants that have something, each with sends left.
struct Reference {
  explicit Reference(std::vector<int> given) : weights(std::move(given)), waiting(weights.size()) {}
  void push(int tenant) {
    if (waiting[static_cast<std::size_t>(tenant)]++ == 0) ring.push_back({tenant, 0});
  }
  int next() {
    if (ring.empty()) return -1;
    auto& [tenant, left] = ring.front();
    const int chosen = tenant;
    if (left <= 0) left = weights[static_cast<std::size_t>(chosen)];
    --left;
    const bool empty = --waiting[static_cast<std::size_t>(chosen)] == 0;
    if (empty) {
      ring.pop_front();
    } else if (left == 0) {
      ring.push_back(ring.front());
      ring.pop_front();
    }
    return chosen;
  }
  std::vector<int> weights;
  std::vector<int> waiting;
  std::deque<std::pair<int, int>> ring;
};

struct Load {
  std::vector<double> rates;  // arrivals in a second, by tenant
  int slots = 16;
  double service = 0.05;  // seconds of a send
  double seconds = 200;
};

// Time from arrival to the end of the send, of all the quiet tenants (not 0): its mean and its 99th percentile.
std::pair<double, double> quiet_times(const Load& load, std::uint64_t seed) {
  Random random(seed);
  Bench bench(std::vector<int>(load.rates.size(), 1));
  using Event = std::pair<double, int>;  // when; the tenant that arrives
  std::priority_queue<Event, std::vector<Event>, std::greater<>> arrivals;
  std::priority_queue<std::pair<double, Item*>, std::vector<std::pair<double, Item*>>, std::greater<>> ends;
  const auto arrive = [&](int tenant, double after) {
    const double rate = load.rates[static_cast<std::size_t>(tenant)];
    if (rate > 0) arrivals.emplace(after - std::log(1 - random.unit()) / rate, tenant);
  };
  for (std::size_t t = 0; t < load.rates.size(); ++t) arrive(static_cast<int>(t), 0);
  std::vector<double> times;
  int free = load.slots;
  for (double now = 0; now < load.seconds;) {
    if (!ends.empty() && (arrivals.empty() || ends.top().first <= arrivals.top().first)) {
      Item* done = ends.top().second;
      now = ends.top().first;
      ends.pop();
      if (done->tenant != 0) times.push_back(now - done->arrived);
      bench.scheduler.release(*bench.lanes[static_cast<std::size_t>(done->tenant)], bench.now);
      ++free;
    } else {
      now = arrivals.top().first;
      const int tenant = arrivals.top().second;
      arrivals.pop();
      bench.push(tenant, now);
      arrive(tenant, now);
    }
    while (free > 0) {
      Item* item = bench.next();
      if (item == nullptr) break;
      --free;
      ends.emplace(now + load.service, item);
    }
  }
  std::sort(times.begin(), times.end());
  double sum = 0;
  for (const double one : times) sum += one;
  return {sum / static_cast<double>(times.size()), times[times.size() * 99 / 100]};
}

}  // namespace

TEST_CASE("Scheduler: tenants share the sends of a class by their weights") {
  Bench bench({1, 2, 5});
  for (int i = 0; i < 1'000; ++i)
    for (int t = 0; t < 3; ++t) bench.push(t);
  std::map<int, int> sent;
  for (int i = 0; i < 800; ++i) ++sent[bench.next()->tenant];
  CHECK(sent[0] == 100);
  CHECK(sent[1] == 200);
  CHECK(sent[2] == 500);
}

TEST_CASE("Scheduler: what a tenant does not use is the others', and is not saved up") {
  Bench bench({1, 10});
  for (int i = 0; i < 500; ++i) bench.push(0);
  for (int i = 0; i < 100; ++i) CHECK(bench.next()->tenant == 0);
  for (int i = 0; i < 500; ++i) bench.push(1);
  std::map<int, int> sent;
  for (int i = 0; i < 110; ++i) ++sent[bench.next()->tenant];
  CHECK(sent[0] == 10);
  CHECK(sent[1] == 100);
}

TEST_CASE("Scheduler: a changed weight holds at once, and one of a tenant without endpoints is nothing") {
  Bench bench({100, 1});
  for (int i = 0; i < 1'000; ++i)
    for (int t = 0; t < 2; ++t) bench.push(t);
  for (int i = 0; i < 10; ++i) bench.next();
  bench.scheduler.set_weight("t0", 1);
  bench.scheduler.set_weight("t1", 3);
  bench.scheduler.set_weight("nobody", 7);
  std::map<int, int> sent;
  for (int i = 0; i < 400; ++i) ++sent[bench.next()->tenant];
  CHECK(sent[0] >= 99);
  CHECK(sent[0] <= 102);
}

TEST_CASE("Scheduler: gives out turns as a naive deficit round robin does, on random work and weights") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u}) {
    Random random(seed);
    std::vector<int> weights;
    for (int t = 0; t < 8; ++t) weights.push_back(1 + static_cast<int>(random.bits() % (seed % 2 == 0 ? 4 : 100)));
    Bench bench(weights);
    Reference reference(weights);
    int sends = 0;
    for (int step = 0; step < 20'000; ++step) {
      if (random.bits() % 100 < (step / 1'000 % 2 == 0 ? 55 : 45)) {
        const int tenant = static_cast<int>(random.bits() % weights.size());
        bench.push(tenant);
        reference.push(tenant);
        continue;
      }
      Item* item = bench.next();
      const int expected = reference.next();
      REQUIRE((item == nullptr ? -1 : item->tenant) == expected);
      if (item != nullptr) bench.scheduler.release(*bench.lanes[static_cast<std::size_t>(item->tenant)], bench.now);
      sends += item != nullptr;
    }
    CHECK(sends > 5'000);
  }
}

TEST_CASE("Scheduler: a tenant at a hundred times the others' rate at most doubles their times") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Load load;
    load.rates.assign(11, 12.0);  // ten quiet tenants: 120 a second of 320
    load.rates[0] = 12;
    const auto [calm_mean, calm_99] = quiet_times(load, seed);
    load.rates[0] = 1'200;
    const auto [loud_mean, loud_99] = quiet_times(load, seed);
    CAPTURE(calm_mean);
    CAPTURE(loud_mean);
    CAPTURE(calm_99);
    CAPTURE(loud_99);
    CHECK(loud_mean <= 2 * calm_mean);
    CHECK(loud_99 <= 2 * calm_99);
  }
}

TEST_CASE("Scheduler: a quarter of the slots is kept for tenants that have less than a quarter") {
  Scheduler::Options options;
  options.in_flight_max = 16;
  Bench bench({1, 1, 1}, options);
  std::vector<Item*> sent;
  const auto send = [&](std::size_t most) {
    std::size_t count = 0;
    for (; bench.scheduler.in_flight() < options.in_flight_max && count < most; ++count) {
      Item* item = bench.next();
      if (item == nullptr) break;
      sent.push_back(item);
    }
    return count;
  };
  const auto end = [&](int tenant) {
    const auto found = std::ranges::find(sent, tenant, [](const Item* item) { return item->tenant; });
    bench.scheduler.release(*bench.lanes[static_cast<std::size_t>(tenant)], bench.now);
    sent.erase(found);
  };
  for (int i = 0; i < 100; ++i) bench.push(0);
  CHECK(send(100) == 12);  // its requests hang
  for (int i = 0; i < 2; ++i) bench.push(1);
  for (int i = 0; i < 10; ++i) bench.push(2);
  CHECK(send(100) == 4);
  CHECK(std::ranges::count(sent, 1, [](const Item* item) { return item->tenant; }) == 2);
  end(1);
  CHECK(send(100) == 1);
  CHECK(sent.back()->tenant == 2);
  // What the first gives back both may have, in turn, but for the last quarter.
  for (int i = 0; i < 12; ++i) end(0);
  CHECK(send(100) == 8);
  CHECK(std::ranges::count(sent, 2, [](const Item* item) { return item->tenant; }) == 7);
}

TEST_CASE("Scheduler: where slots are what is scarce, tenants share the sends by their weights, too") {
  for (const auto& weights : {std::vector{1, 2, 4}, {1, 1, 1, 10}, {3, 1}, {100, 100, 1, 50, 2}}) {
    Scheduler::Options options;
    options.in_flight_max = 1'000;
    Bench bench(weights, options);
    std::vector<int> sent(weights.size());
    std::deque<Item*> out;  // answered in the order in which they were sent
    const auto send_all = [&] {
      while (bench.scheduler.in_flight() < options.in_flight_max) {
        Item* const item = bench.next();
        if (item == nullptr) return;
        out.push_back(item);
      }
    };
    for (std::size_t t = 0; t < weights.size(); ++t)
      for (int i = 0; i < 2'000; ++i) bench.push(static_cast<int>(t));
    const int rounds = 40'000;
    for (int round = 0; round < rounds; ++round) {
      send_all();
      REQUIRE(!out.empty());
      const int tenant = out.front()->tenant;
      out.pop_front();
      bench.scheduler.release(*bench.lanes[static_cast<std::size_t>(tenant)], bench.now);
      if (round >= rounds / 4) ++sent[static_cast<std::size_t>(tenant)];  // the start is everybody's
      bench.push(tenant);
    }
    const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (std::size_t t = 0; t < weights.size(); ++t) {
      CAPTURE(t);
      CHECK(sent[t] / (rounds * 0.75) == doctest::Approx(weights[t] / all).epsilon(0.05));
    }
    while (!out.empty()) {
      bench.scheduler.release(*bench.lanes[static_cast<std::size_t>(out.front()->tenant)], bench.now);
      out.pop_front();
    }
  }
}

TEST_CASE("Scheduler: a tenant alone has all slots, and few slots are shared too") {
  Scheduler::Options options;
  options.in_flight_max = 8;
  Bench alone({1}, options);
  for (int i = 0; i < 20; ++i) alone.push(0);
  int count = 0;
  while (alone.scheduler.in_flight() < options.in_flight_max && alone.next() != nullptr) ++count;
  CHECK(count == 8);
  options.in_flight_max = 1;
  Bench one({1, 1}, options);
  one.push(0);
  CHECK(one.next() != nullptr);
}

TEST_CASE("Scheduler: a quarter is kept for a tenant to which nothing was ever sent") {
  Scheduler::Options options;
  options.in_flight_max = 8;
  Bench bench({1}, options);
  bench.scheduler.set_alone(false);
  for (int i = 0; i < 20; ++i) bench.push(0);
  int count = 0;
  while (bench.next() != nullptr) ++count;
  CHECK(count == 6);
}

TEST_CASE("Scheduler: whoever has less than his part of the last quarter is never kept waiting while a slot is left") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    Scheduler::Options options;
    options.in_flight_max = 4 + random.bits() % 40;
    const std::size_t quarter = options.in_flight_max / 4;
    const std::size_t tenants = 2 + random.bits() % 6;
    std::vector<int> weights(tenants, 1);
    if (seed % 2 == 0)
      for (int& weight : weights) weight = 1 + static_cast<int>(random.bits() % 100);
    Bench bench(weights, options);
    std::vector<std::size_t> out(tenants), waiting(tenants);
    std::size_t all = 0;
    for (int step = 0; step < 400; ++step) {
      const std::size_t tenant = random.bits() % tenants;
      if (random.bits() % 3 == 0 && out[tenant] > 0) {
        bench.scheduler.release(*bench.lanes[tenant], bench.now);
        --out[tenant], --all;
      } else {
        bench.push(static_cast<int>(tenant));
        ++waiting[tenant];
      }
      if (seed % 4 == 0 && random.bits() % 20 == 0) {
        weights[tenant] = 1 + static_cast<int>(random.bits() % 100);
        bench.scheduler.set_weight(name_of(static_cast<int>(tenant)), weights[tenant]);
      }
      while (all < options.in_flight_max) {
        const Item* item = bench.next();
        int heaviest = 1;
        for (std::size_t one = 0; one < tenants; ++one)
          if (out[one] > 0) heaviest = std::max(heaviest, weights[one]);
        const auto may = [&](std::size_t one) {
          const auto weight = static_cast<std::size_t>(std::min(weights[one], heaviest));
          const std::size_t part = std::max<std::size_t>(1, quarter * weight / static_cast<std::size_t>(heaviest));
          return waiting[one] > 0 && (out[one] < part || all + quarter < options.in_flight_max);
        };
        bool any = false;
        for (std::size_t one = 0; one < tenants; ++one) any = any || may(one);
        REQUIRE((item != nullptr) == any);
        if (item == nullptr) break;
        const auto taken = static_cast<std::size_t>(item->tenant);
        REQUIRE(may(taken));
        --waiting[taken], ++out[taken], ++all;
      }
    }
    for (std::size_t one = 0; one < tenants; ++one)
      for (; out[one] > 0; --out[one]) bench.scheduler.release(*bench.lanes[one], bench.now);
  }
}
