#include "common/base/fair_queue.hpp"

#include <doctest/doctest.h>

#include <semaphore>
#include <thread>

#include "common/base/random.hpp"

using certes::FairOptions;
using certes::FairOrder;
using certes::FairQueue;

namespace {

std::size_t below(certes::Random& random, std::size_t count) { return random.bits() % count; }

struct Job {
  std::string tenant;
  int number = 0;
  bool operator==(const Job&) const = default;
};

// The same, kept as what waits in the order in which it came, and the tenants in the order of their turns.
struct Naive {
  FairOptions options;
  std::vector<Job> begun, waiting;
  std::vector<std::string> turns;
  std::map<std::string, int> at_work;

  int quarter() const { return std::max(1, options.threads / 4); }
  std::size_t waits(const std::string& tenant) const {
    return static_cast<std::size_t>(std::ranges::count(waiting, tenant, &Job::tenant));
  }
  bool idle(const std::string& tenant) const {
    return waits(tenant) == 0 && std::ranges::count(begun, tenant, &Job::tenant) == 0;
  }
  int all_at_work() const {
    int all = 0;
    for (const auto& [tenant, count] : at_work) all += count;
    return all;
  }
  void gone(const Job& job) {
    std::erase(waiting, job);
    if (idle(job.tenant)) std::erase(turns, job.tenant);
  }
  void push(const Job& job, const std::vector<Job>& away) {
    for (const Job& other : away) gone(other);
    if (std::ranges::count(away, job) > 0) return;
    if (idle(job.tenant)) turns.push_back(job.tenant);
    waiting.push_back(job);
  }
  bool put_back(const Job& job) {
    if (begun.size() == options.most_items) return false;
    if (idle(job.tenant)) turns.push_back(job.tenant);
    begun.push_back(job);
    --at_work[job.tenant];
    return true;
  }
  std::optional<Job> next() {
    const bool spare = all_at_work() + 1 + (options.threads < 2 ? 0 : quarter()) <= options.threads;
    auto turn = std::ranges::find_if(turns, [&](const std::string& tenant) { return at_work[tenant] < quarter(); });
    if (turn == turns.end() && spare) turn = turns.begin();
    if (turn == turns.end()) return std::nullopt;
    const std::string tenant = *turn;
    const auto first = std::ranges::find(begun, tenant, &Job::tenant);
    const Job job = first != begun.end() ? *first : *std::ranges::find(waiting, tenant, &Job::tenant);
    turns.erase(turn);
    std::erase(first != begun.end() ? begun : waiting, job);
    if (!idle(tenant)) turns.push_back(tenant);
    ++at_work[tenant];
    return job;
  }
};

void check_turned_away(const Naive& before, const Job& job, const std::vector<Job>& away) {
  const std::size_t most = before.options.most_items;
  const std::size_t share = std::max<std::size_t>(1, most / 4);
  for (const Job& other : away) {
    REQUIRE(before.waiting.size() == most);
    const std::string& whose = other.tenant;
    if (other == job) {  // it has its share, or nobody has more than that
      const bool all_small = std::ranges::all_of(before.turns, [&](const auto& t) { return before.waits(t) <= share; });
      REQUIRE((before.waits(whose) >= share || all_small));
      continue;
    }
    REQUIRE(before.waits(whose) > share);
    REQUIRE(before.waits(job.tenant) < share);
    for (const std::string& tenant : before.turns) REQUIRE(before.waits(tenant) <= before.waits(whose));
    for (const Job& kept : before.waiting)
      if (kept.tenant == whose) REQUIRE(kept.number <= other.number);
  }
}

void play(const FairOptions& options, std::uint64_t seed) {
  certes::Random random(seed);
  FairOrder<Job> order(options);
  Naive naive{options, {}, {}, {}, {}};
  std::vector<Job> working;
  for (int step = 0; step < 6'000; ++step) {
    const auto what = below(random, 10);
    if (what < 5) {
      const Job job{std::string(1, static_cast<char>('a' + std::min(below(random, 6), below(random, 6)))), step};
      const auto away = order.push(job.tenant, 1, job);
      check_turned_away(naive, job, away);
      naive.push(job, away);
    } else if (what < 8) {
      const auto next = order.next();
      const auto expected = naive.next();
      REQUIRE(next.has_value() == expected.has_value());
      if (!next) continue;
      REQUIRE(next->second == *expected);
      working.push_back(next->second);
    } else if (!working.empty()) {
      std::swap(working[below(random, working.size())], working.back());
      const Job job = working.back();
      const bool again = below(random, 2) == 0;
      const bool put_back = again && naive.put_back(job);
      if (again) REQUIRE(order.put_back(job.tenant, 1, Job(job)) == put_back);
      if (!again) order.done(job.tenant);
      if (!again) --naive.at_work[job.tenant];
      if (!again || put_back) working.pop_back();
    }
    REQUIRE(order.waiting() == naive.begun.size() + naive.waiting.size());
    REQUIRE(naive.waiting.size() <= options.most_items);
  }
}

}  // namespace

TEST_CASE("FairOrder: is that of a naive reference, and turns away by the rule of shares") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    for (const int threads : {1, 2, 4, 8, 9})
      for (const std::size_t items : {1, 4, 10, 64}) play({items, items, threads}, seed);
}

TEST_CASE("FairOrder: one who floods does not hold up another, who is next") {
  FairOrder<int> order({100, 100, 4});
  for (int i = 0; i < 1'000; ++i) order.push("flood", 1, i);
  CHECK(order.waiting() == 100);
  CHECK(order.push("other", 1, 7) == std::vector<int>{99});
  CHECK(order.next()->first == "flood");
  CHECK(order.next()->second == 7);
  order.done("other");
  for (int taken = 0; taken < 2; ++taken) REQUIRE(order.next()->first == "flood");
  CHECK_FALSE(order.next());  // the last thread is for somebody else
  CHECK(order.push("other", 1, 8).empty());
  CHECK(order.next()->second == 8);
}

TEST_CASE("FairOrder: what is put back comes after others', before its tenant's own, and is never turned away") {
  FairOrder<int> order({4, 4, 1});
  CHECK(order.push("a", 1, 1).empty());
  REQUIRE(order.next()->second == 1);
  CHECK(order.push("b", 1, 7).empty());
  for (const int one : {2, 3}) CHECK(order.push("a", 1, one).empty());
  CHECK(order.put_back("a", 1, 1));
  for (const int expected : {7, 1}) {
    const auto next = order.next();
    REQUIRE(next);
    CHECK(next->second == expected);
    if (expected == 7) order.done("b");
  }
  for (const int one : {4, 5}) CHECK(order.push("a", 1, one).empty());
  CHECK_FALSE(order.put_back("a", 5, 1));  // more than there is room for: it has its thread still
  CHECK(order.put_back("a", 4, 1));
  CHECK(order.push("b", 1, 8) == std::vector{5});  // not what has begun
  for (const int expected : {1, 8, 2, 3, 4}) {
    const auto next = order.next();
    REQUIRE(next);
    CHECK(next->second == expected);
    order.done(next->first);
  }
}

TEST_CASE("FairOrder: what waits is bound in bytes and in number") {
  FairOrder<int> order({10, 1'000, 1});
  CHECK(order.push("a", 900, 1).empty());
  CHECK(order.push("a", 0, 2).empty());
  CHECK(order.push("a", 0, 3) == std::vector{3});
  CHECK(order.push("b", 250, 4) == std::vector{2, 1});
  CHECK(order.push("b", 1'001, 5) == std::vector{5});
}

TEST_CASE("FairQueue: threads do what was pushed, each once, until it is closed") {
  FairQueue<int> queue({10'000, 10'000, 3});
  std::counting_semaphore<> did(0);
  std::mutex mutex;
  std::vector<int> done;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      while (const auto turn = queue.pop()) {
        const std::lock_guard lock(mutex);
        done.push_back(turn->item);
        did.release();
      }
    });
  for (int i = 0; i < 2'000; ++i) REQUIRE(queue.push(i % 2 == 0 ? "a" : "b", 1, i).empty());
  for (int i = 0; i < 2'000; ++i) did.acquire();
  queue.close();
  for (std::thread& thread : threads) thread.join();
  std::ranges::sort(done);
  for (int i = 0; i < 2'000; ++i) REQUIRE(done[static_cast<std::size_t>(i)] == i);
  CHECK(queue.push("a", 1, 1) == std::vector{1});
}
