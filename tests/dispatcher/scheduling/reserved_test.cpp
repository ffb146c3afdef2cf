// The slots that are kept for what is urgent.

#include <doctest/doctest.h>

#include <deque>
#include <vector>

#include "dispatcher/scheduling/scheduler.hpp"

using namespace certes;
using namespace certes::dispatcher;

namespace {

struct Item : Waiting {
  Lanes* of = nullptr;
};

struct Bench {
  explicit Bench(std::size_t slots = 4'096) : scheduler({0.1, 0.2, slots, true}, now) {}
  ~Bench() {
    for (auto& item : items) scheduler.erase(item);
  }
  Lanes& endpoint(int concurrency, const char* tenant = "default") {
    Lanes& lanes = scheduler.add(tenant);
    scheduler.configure(lanes, concurrency, 0, now);
    return lanes;
  }
  void push(int count, Lanes& lanes, Priority priority, bool retry = false) {
    while (count-- > 0) {
      Item& item = items.emplace_back();
      item.of = &lanes;
      scheduler.push(lanes, item, priority, retry, now);
    }
  }
  // How many can be sent now.
  int send() {
    int sent = 0;
    while (scheduler.in_flight() < most && scheduler.next(now) != nullptr) ++sent;
    return sent;
  }

  SteadyTime now{std::chrono::hours{1}};
  Scheduler scheduler;
  std::size_t most = SIZE_MAX;
  std::deque<Item> items;
};

}  // namespace

TEST_CASE("Reserved: of what an endpoint may have in flight an eighth is for what is urgent") {
  struct Row {
    int concurrency, lower;
  };
  for (const Row row : {Row{1, 1}, {2, 1}, {3, 2}, {8, 7}, {15, 14}, {16, 14}, {64, 56}, {100, 88}}) {
    CAPTURE(row.concurrency);
    for (const Priority lower : {Priority::normal, Priority::low, Priority::bulk}) {
      Bench bench;
      Lanes& lanes = bench.endpoint(row.concurrency);
      bench.push(100, lanes, lower);
      CHECK(bench.send() == row.lower);
      bench.push(100, lanes, Priority::high);
      bench.push(100, lanes, Priority::critical);
      CHECK(bench.send() == row.concurrency - row.lower);
      CHECK(lanes.in_flight() == row.concurrency);
      bench.scheduler.release(lanes, bench.now);
      CHECK(bench.send() == 1);
    }
  }
}

TEST_CASE("Reserved: what is urgent may have all, and others wait until the eighth is free again") {
  Bench bench;
  Lanes& lanes = bench.endpoint(16);
  bench.push(16, lanes, Priority::critical);
  CHECK(bench.send() == 16);
  bench.push(10, lanes, Priority::low);
  for (int i = 0; i < 2; ++i) bench.scheduler.release(lanes, bench.now);
  CHECK(bench.send() == 0);
  bench.scheduler.release(lanes, bench.now);
  CHECK(bench.send() == 1);
}

TEST_CASE("Reserved: what is allowed at the moment counts, not the concurrency alone") {
  Bench bench;
  Lanes& lanes = bench.endpoint(64);
  bench.scheduler.allow(lanes, 4, bench.now);
  bench.push(100, lanes, Priority::normal);
  CHECK(bench.send() == 3);
  bench.scheduler.allow(lanes, 8, bench.now);
  CHECK(bench.send() == 4);
  bench.scheduler.allow(lanes, 1, bench.now);
  for (int i = 0; i < 7; ++i) bench.scheduler.release(lanes, bench.now);
  CHECK(bench.send() == 1);
}

TEST_CASE("Reserved: of all slots an eighth is for what is urgent, retries too, and nobody is driven for nothing") {
  Bench bench(64);
  bench.most = 64;
  Lanes& lanes = bench.endpoint(1'000);
  bench.push(50, lanes, Priority::normal);
  bench.push(50, lanes, Priority::low, true);
  CHECK(bench.send() == 56);
  bench.now += Millis{60'000};
  CHECK_FALSE(bench.scheduler.next_at(bench.now));
  bench.push(4, lanes, Priority::critical);
  bench.push(10, lanes, Priority::high, true);
  CHECK(bench.send() == 8);
  CHECK(bench.scheduler.in_flight() == 64);
}

TEST_CASE("Reserved: no endpoint has more than a quarter of all slots, where there are others") {
  Bench bench(64);
  Lanes& large = bench.endpoint(1'000);
  bench.push(100, large, Priority::critical);
  bench.most = 64;
  CHECK(bench.send() == 64);  // it is alone
  for (int i = 0; i < 64; ++i) bench.scheduler.release(large, bench.now);
  Lanes& other = bench.endpoint(10);
  bench.push(100, large, Priority::critical);
  bench.push(5, other, Priority::bulk);
  CHECK(bench.send() == 16 + 5);
  CHECK(large.in_flight() == 16);
}

TEST_CASE("Reserved: of the last eighth nothing goes to who has requests out and does not answer") {
  Bench bench(64);
  bench.most = 64;
  std::vector<Lanes*> hanging;
  for (int i = 0; i < 14; ++i) bench.push(8, *hanging.emplace_back(&bench.endpoint(4)), Priority::critical);
  CHECK(bench.send() == 56);
  Lanes& late = bench.endpoint(4);
  bench.push(8, late, Priority::critical);
  Lanes& more = bench.endpoint(4);
  bench.push(8, more, Priority::critical);
  CHECK(bench.send() == 2);  // one each, as they have nothing out
  CHECK(late.in_flight() == 1);
  bench.scheduler.worked(late, bench.now);
  CHECK(bench.send() == 3);
  CHECK(late.in_flight() == 4);
  bench.now += Millis{10'000};
  bench.scheduler.release(late, bench.now);  // it is known no more
  CHECK(bench.send() == 0);
  bench.scheduler.worked(late, bench.now);
  CHECK(bench.send() == 1);
  // Slots that are given back, until more than an eighth is left, go to the others again.
  for (int i = 0; i < 2; ++i)
    for (Lanes* const lanes : hanging) bench.scheduler.release(*lanes, bench.now);
  CHECK(bench.send() > 20);
  CHECK(bench.scheduler.in_flight() >= 56);
  for (Lanes* const lanes : hanging) bench.scheduler.worked(*lanes, bench.now);
  bench.send();
  for (const Lanes* const lanes : hanging) CHECK(lanes->in_flight() == 4);
}

TEST_CASE("Reserved: of workers that take one at a time none is kept, but an eighth of all of them") {
  struct Row {
    int workers, concurrency, lower;
  };
  for (const Row row : {Row{2, 2, 2}, {7, 7, 7}, {8, 8, 7}, {16, 16, 14}, {2, 4, 3}, {2, 16, 14}}) {
    CAPTURE(row.workers);
    CAPTURE(row.concurrency);
    Bench bench;
    Lanes& lanes = bench.scheduler.add("default");
    bench.scheduler.configure(lanes, row.concurrency, 0, bench.now, row.workers);
    bench.push(100, lanes, Priority::normal);
    CHECK(bench.send() == row.lower);
    bench.push(100, lanes, Priority::critical);
    CHECK(bench.send() == row.concurrency - row.lower);
  }
}
