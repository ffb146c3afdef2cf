#include "dispatcher/scheduling/scheduler.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>

#include "common/base/random.hpp"
#include "dispatcher/scheduling/slot.hpp"

using namespace certes;
using namespace certes::dispatcher;

namespace {

struct Item : Waiting {
  int number = 0;
  int endpoint = 0;
  Priority priority = Priority::normal;
  bool retry = false;
};

struct Bench {
  explicit Bench(Scheduler::Options options = {}) : scheduler(options, now) {}
  ~Bench() {
    for (auto& item : items) scheduler.erase(item);
  }

  int endpoint(const std::string& tenant = "default", int concurrency = 1'000'000, double rate = 0) {
    lanes.push_back(&scheduler.add(tenant));
    scheduler.configure(*lanes.back(), concurrency, rate, now);
    return static_cast<int>(lanes.size()) - 1;
  }
  Item& push(int at, Priority priority = Priority::normal, bool retry = false) {
    Item& item = items.emplace_back();
    item.number = static_cast<int>(items.size());
    item.endpoint = at;
    item.priority = priority;
    item.retry = retry;
    scheduler.push(*lanes[static_cast<std::size_t>(at)], item, priority, retry, now);
    return item;
  }
  void push(int count, int at, Priority priority = Priority::normal, bool retry = false) {
    while (count-- > 0) push(at, priority, retry);
  }
  Item* next() { return static_cast<Item*>(scheduler.next(now)); }
  void release(const Item& item) { scheduler.release(*lanes[static_cast<std::size_t>(item.endpoint)], now); }

  SteadyTime now{std::chrono::hours{1}};
  Scheduler scheduler;
  std::vector<Lanes*> lanes;
  std::deque<Item> items;
};

}  // namespace

TEST_CASE("Scheduler: higher classes go first, lower ones keep their share") {
  Bench bench;
  const int a = bench.endpoint();
  bench.push(2'000, a, Priority::critical);
  bench.push(2'000, a, Priority::low);
  std::map<Priority, int> sent;
  for (int i = 0; i < 1'000; ++i) ++sent[bench.next()->priority];
  CHECK(sent[Priority::critical] == 900);
  CHECK(sent[Priority::low] == 100);
}

TEST_CASE("Scheduler: none of the lower classes starves") {
  Bench bench;
  const int a = bench.endpoint();
  for (int i = 0; i < registry::kPriorities; ++i) bench.push(2'000, a, static_cast<Priority>(i));
  std::map<Priority, int> sent;
  for (int i = 0; i < 1'000; ++i) ++sent[bench.next()->priority];
  CHECK(sent[Priority::critical] == 900);
  for (const auto lower : {Priority::high, Priority::normal, Priority::low, Priority::bulk}) CHECK(sent[lower] == 25);
}

TEST_CASE("Scheduler: within an endpoint and class arrival order") {
  Bench bench;
  const int a = bench.endpoint();
  bench.push(100, a);
  for (int i = 1; i <= 100; ++i) CHECK(bench.next()->number == i);
  CHECK(bench.next() == nullptr);
}

TEST_CASE("Scheduler: tenants share equally, and a tenant's endpoints among themselves") {
  Bench bench;
  for (int i = 0; i < 9; ++i) bench.push(1'000, bench.endpoint("large"));
  const int small = bench.endpoint("small");
  bench.push(1'000, small);
  std::map<int, int> sent;
  for (int i = 0; i < 900; ++i) ++sent[bench.next()->endpoint];
  CHECK(sent[small] == 450);
  for (int i = 0; i < 9; ++i) CHECK(sent[i] == 50);
}

TEST_CASE("Scheduler: an endpoint without a free slot holds up nobody, and a critical one takes its next slot") {
  Bench bench;
  const int slow = bench.endpoint("default", 2);
  const int quick = bench.endpoint();
  bench.push(50'000, slow, Priority::low);
  Item* first = bench.next();
  Item* second = bench.next();
  REQUIRE(second != nullptr);
  CHECK(bench.next() == nullptr);
  const Item& normal = bench.push(quick, Priority::normal);
  CHECK(bench.next() == &normal);
  const Item& critical = bench.push(slow, Priority::critical);
  CHECK(bench.next() == nullptr);
  bench.release(*first);
  CHECK(bench.next() == &critical);
  CHECK(bench.next() == nullptr);
}

TEST_CASE("Scheduler: a closed endpoint sends nothing and loses nothing") {
  Bench bench;
  const int a = bench.endpoint();
  bench.push(3, a);
  bench.scheduler.set_open(*bench.lanes[0], false, bench.now);
  CHECK(bench.next() == nullptr);
  CHECK_FALSE(bench.scheduler.next_at(bench.now).has_value());
  bench.scheduler.set_open(*bench.lanes[0], true, bench.now);
  CHECK(bench.next()->number == 1);
  CHECK(bench.scheduler.waiting() == 2);
}

TEST_CASE("Scheduler: the rate of an endpoint holds, and the time of the next token is known") {
  Bench bench;
  const int a = bench.endpoint("default", 1'000, 50);
  bench.push(1'000, a);
  int sent = 0;
  const auto end = bench.now + std::chrono::seconds{4};
  while (bench.now < end) {
    while (bench.next() != nullptr) ++sent;
    const auto at = bench.scheduler.next_at(bench.now);
    REQUIRE(at.has_value());
    REQUIRE(*at > bench.now);
    bench.now = *at;
  }
  CHECK(sent >= 195);
  CHECK(sent <= 205);
}

TEST_CASE("Scheduler: retries have at most their share while first attempts wait") {
  Bench bench({0.1, 0.2});
  const int a = bench.endpoint();
  bench.push(10'000, a, Priority::normal, true);
  bench.push(10'000, a);
  int retries = 0;
  for (int i = 0; i < 5'000; ++i) {
    retries += bench.next()->retry ? 1 : 0;
    bench.now += std::chrono::microseconds{100};
  }
  CHECK(retries >= 950);
  CHECK(retries <= 1'010);
}

TEST_CASE("Scheduler: retries have no more than their share of the sends in any ten seconds") {
  for (const int first : {1'000, 100, 60}) {
    CAPTURE(first);
    Bench bench({0.1, 0.2, 1'000'000});
    const int a = bench.endpoint();
    bench.push(30'000, a, Priority::normal, true);
    std::vector<int> sent(60), retries(60);
    for (int i = 0; i < 60 * first; ++i) {
      bench.push(a);
      while (Item* next = bench.next()) {
        ++sent[static_cast<std::size_t>(i / first)];
        if (next->retry) ++retries[static_cast<std::size_t>(i / first)];
      }
      bench.now += std::chrono::microseconds{1'000'000 / first};
    }
    for (std::size_t second = 0; second + 10 <= sent.size(); ++second) {
      int of_all = 0, of_retries = 0;
      for (std::size_t i = second; i < second + 10; ++i) {
        of_all += sent[i];
        of_retries += retries[i];
      }
      CHECK(of_retries <= 0.2 * of_all + 10);  // and what was saved
      CHECK(of_retries >= 0.19 * of_all - 10);
    }
  }
}

TEST_CASE("Scheduler: the retry budget binds only around first attempts, and never below ten a second") {
  Bench bench({0.1, 0.2});
  const int a = bench.endpoint();
  bench.push(10'000, a, Priority::normal, true);
  for (int i = 0; i < 100; ++i) REQUIRE(bench.next() != nullptr);

  const Item& first = bench.push(a, Priority::critical);
  Item* sent = bench.next();
  while (sent != &first) sent = bench.next();
  int retries = 0;
  const auto end = bench.now + std::chrono::seconds{5};
  while (bench.now < end) {
    while (bench.next() != nullptr) ++retries;
    const auto at = bench.scheduler.next_at(bench.now);
    REQUIRE(at.has_value());
    bench.now = std::max(*at, bench.now + Millis{1});
  }
  CHECK(retries >= 45);
  CHECK(retries <= 52);
  bench.now += std::chrono::seconds{6};
  for (int i = 0; i < 100; ++i) REQUIRE(bench.next() != nullptr);
}

TEST_CASE("Scheduler: a tenant's retries are not slowed down by first attempts of another that do not wait") {
  Bench bench({0.1, 0.2, 1'000'000});
  const int a = bench.endpoint("a");
  const int b = bench.endpoint("b");
  bench.push(1'000, b, Priority::normal, true);
  bench.push(1'000, a, Priority::normal, true);
  bench.push(a);
  std::map<int, int> retries;
  while (Item* sent = bench.next()) retries[sent->endpoint] += sent->retry ? 1 : 0;
  CHECK(retries[b] == 1'000);
  CHECK(retries[a] <= 2);  // its own does
  const auto at = bench.scheduler.next_at(bench.now);
  REQUIRE(at.has_value());
  CHECK(*at > bench.now);
  CHECK(*at <= bench.now + Millis{101});
}

TEST_CASE("Scheduler: while first attempts wait, retries of all tenants together have their share") {
  Bench bench({0.1, 0.2, 1'000'000});
  const int a = bench.endpoint("a");
  for (const char* tenant : {"b", "c", "d"}) bench.push(5'000, bench.endpoint(tenant), Priority::normal, true);
  bench.push(10'000, a);
  std::map<int, int> retries;
  int all = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Item* sent = bench.next();
    if (sent->retry) ++all, ++retries[sent->endpoint];
    bench.now += std::chrono::microseconds{100};
  }
  CHECK(all >= 950);
  CHECK(all <= 1'010);
  for (const int of : {1, 2, 3}) CHECK(retries[of] >= 300);
}

TEST_CASE("Scheduler: where all fail, retries have their share of what is sent, whosoever they are") {
  Bench bench({0.1, 0.2, 1'000'000});
  for (const char* tenant : {"a", "b", "c", "d"}) bench.endpoint(tenant);
  for (int i = 0; i < 4; ++i) bench.push(i);
  while (bench.next() != nullptr) {
  }
  for (int i = 0; i < 4; ++i) bench.push(30'000, i, Priority::normal, true);
  std::map<bool, int> sent;
  for (int i = 0; i < 10'000; ++i) {
    bench.push(i % 4);
    bench.now += Millis{1};
    while (const Item* one = bench.next()) ++sent[one->retry];
  }
  CHECK(sent[false] == 10'000);
  CHECK(sent[true] >= 2'500);
  CHECK(sent[true] <= 2'620);  // a quarter of the others, and ten a second
}

TEST_CASE("Scheduler: ten seconds behind its last first attempt a tenant's retries are free") {
  Bench bench({0.1, 0.2});
  const int a = bench.endpoint();
  for (const int seconds : {0, 6}) {
    bench.now += std::chrono::seconds{seconds};
    bench.push(a);
    REQUIRE_FALSE(bench.next()->retry);
  }
  bench.push(1'000, a, Priority::normal, true);
  const auto last = bench.now;
  int sent = 0;
  while (bench.now < last + Millis{9'999}) {
    while (bench.next() != nullptr) ++sent;
    bench.now = std::min(*bench.scheduler.next_at(bench.now), last + Millis{9'999});
  }
  CHECK(sent <= 102);
  const auto at = bench.scheduler.next_at(bench.now);
  REQUIRE(at.has_value());
  bench.now = *at;
  while (bench.next() != nullptr) ++sent;
  CHECK(bench.now <= last + Millis{10'000});
  CHECK(sent == 1'000);
}

TEST_CASE("Scheduler: what was taken and not sent goes back before the others") {
  Bench bench;
  const int a = bench.endpoint();
  bench.push(2, a);
  Item* first = bench.next();
  bench.release(*first);
  bench.scheduler.push_front(*bench.lanes[0], *first, Priority::normal, false, bench.now);
  CHECK(bench.next() == first);
}

namespace {

// What may be sent, found by looking at everything.
struct Naive {
  struct Endpoint {
    std::deque<Item*> queues[kLanes];
    int in_flight = 0;
    int concurrency = 1;
    bool open = true;
    bool can() const { return open && in_flight < concurrency; }
  };
  bool sendable() const {
    for (const auto& endpoint : endpoints)
      for (const auto& queue : endpoint.queues)
        if (endpoint.can() && !queue.empty()) return true;
    return false;
  }
  int highest() const {
    for (int priority = 0; priority < registry::kPriorities; ++priority)
      for (const auto& endpoint : endpoints)
        if (endpoint.can() && !(endpoint.queues[priority * 2].empty() && endpoint.queues[priority * 2 + 1].empty()))
          return priority;
    return -1;
  }
  std::vector<Endpoint> endpoints;
};

}  // namespace

TEST_CASE("Scheduler: agrees with a naive reference on random work") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    Random random(seed);
    Bench bench({0.1, 1});  // the budget does not bind
    Naive naive;
    for (int i = 0; i < 12; ++i) {
      const int concurrency = 1 + static_cast<int>(random.bits() % 4);
      bench.endpoint("tenant" + std::to_string(i % 3), concurrency);
      naive.endpoints.emplace_back().concurrency = concurrency;
    }
    std::vector<Item*> flying;
    int not_highest = 0;
    int sends = 0;
    for (int step = 0; step < 40'000; ++step) {
      const auto at = static_cast<std::size_t>(random.bits() % naive.endpoints.size());
      auto& endpoint = naive.endpoints[at];
      switch (random.bits() % 7) {
        case 0:
        case 1:
        case 2: {
          const auto priority = static_cast<Priority>(random.bits() % registry::kPriorities);
          const bool retry = random.bits() % 4 == 0;
          Item& item = bench.push(static_cast<int>(at), priority, retry);
          endpoint.queues[lane_of(priority, retry)].push_back(&item);
          break;
        }
        case 3: {
          endpoint.open = random.bits() % 4 != 0;
          bench.scheduler.set_open(*bench.lanes[at], endpoint.open, bench.now);
          break;
        }
        case 4: {
          auto& queue = endpoint.queues[random.bits() % kLanes];
          if (queue.empty()) break;
          const auto victim = static_cast<std::ptrdiff_t>(random.bits() % queue.size());
          bench.scheduler.erase(*queue[static_cast<std::size_t>(victim)]);
          queue.erase(queue.begin() + victim);
          break;
        }
        case 5: {
          if (flying.empty()) break;
          std::swap(flying[random.bits() % flying.size()], flying.back());
          --naive.endpoints[static_cast<std::size_t>(flying.back()->endpoint)].in_flight;
          bench.release(*flying.back());
          flying.pop_back();
          break;
        }
        case 6: {
          const int highest = naive.highest();
          Item* item = bench.next();
          REQUIRE((item != nullptr) == naive.sendable());
          if (item == nullptr) break;
          auto& from = naive.endpoints[static_cast<std::size_t>(item->endpoint)];
          auto& queue = from.queues[lane_of(item->priority, item->retry)];
          REQUIRE(from.can());
          REQUIRE(queue.front() == item);
          queue.pop_front();
          ++from.in_flight;
          flying.push_back(item);
          ++sends;
          not_highest += static_cast<int>(item->priority) == highest ? 0 : 1;
          break;
        }
      }
      bench.now += std::chrono::microseconds{random.bits() % 500};
    }
    CHECK(sends > 3'000);
    CHECK(not_highest <= sends / 10 + 1);
    CHECK(bench.scheduler.in_flight() == flying.size());
  }
}

TEST_CASE("Slot: frees its place once, when it is destroyed or another is put in it") {
  Bench bench;
  const int a = bench.endpoint();
  bench.push(2, a);
  REQUIRE(bench.next());
  REQUIRE(bench.next());
  {
    Slot one(*bench.lanes[0]), other(*bench.lanes[0]);
    CHECK(bench.scheduler.in_flight() == 2);
    one = std::move(other);
    CHECK(bench.scheduler.in_flight() == 1);
  }
  CHECK(bench.scheduler.in_flight() == 0);
}
