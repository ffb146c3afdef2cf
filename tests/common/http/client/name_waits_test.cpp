#include "common/http/client/name_waits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "common/base/random.hpp"

using namespace certes;
using certes::http::NameWaits;
using certes::http::Transfer;

namespace {

constexpr SteadyTime kStart{std::chrono::hours{1}};

struct Waiting {
  explicit Waiting(std::size_t most) : waits(most) {}
  void add(const std::string& tenant, const std::string& host, int count = 1, Millis at = Millis{0}) {
    for (int i = 0; i < count; ++i) {
      Transfer transfer;
      transfer.id = ++id;
      waits.add({tenant, host}, std::move(transfer), kStart + at);
    }
  }
  NameWaits waits;
  std::uint64_t id = 0;
};

// The same, kept as transfers in the order in which their names came.
struct Naive {
  struct One {
    NameWaits::Name name;
    std::uint64_t id;
    SteadyTime until;
  };
  std::vector<One> all;

  void add(const NameWaits::Name& name, std::uint64_t id, SteadyTime until) {
    const auto last = std::ranges::find_if(all.rbegin(), all.rend(), [&](const One& one) { return one.name == name; });
    const bool known = last != all.rend();
    all.insert(known ? last.base() : all.end(), One{name, id, known ? last->until : until});
  }
  std::size_t held(const std::string& tenant) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const One& one) { return one.name.tenant == tenant; }));
  }
  std::vector<std::uint64_t> end(const NameWaits::Name& name) {
    std::vector<std::uint64_t> ended;
    for (const One& one : all)
      if (one.name == name) ended.push_back(one.id);
    std::erase_if(all, [&](const One& one) { return one.name == name; });
    return ended;
  }
  bool forget(std::uint64_t id) {
    return std::erase_if(all, [id](const One& one) { return one.id == id; }) > 0;
  }
};

std::vector<std::uint64_t> ids(const NameWaits::Ended& ended) {
  std::vector<std::uint64_t> all;
  for (const Transfer& transfer : ended.second.transfers) all.push_back(transfer.id);
  return all;
}

// Whatever comes, is found, given up or late, in whatever order.
void play(std::size_t most, std::uint64_t seed) {
  Random random(seed);
  NameWaits waits(most);
  Naive naive;
  std::uint64_t id = 0;
  SteadyTime now = kStart;
  const auto name = [&] {
    const std::string tenant = std::to_string(std::min(random.bits() % 4, random.bits() % 4));
    return NameWaits::Name{tenant, std::to_string(random.bits() % 12)};
  };
  for (int step = 0; step < 4'000; ++step) {
    const auto what = random.bits() % 10;
    now += Millis{1};
    if (what < 6) {
      const auto to = name();
      Transfer transfer;
      transfer.id = ++id;
      waits.add(to, std::move(transfer), now + Millis{20});
      naive.add(to, id, now + Millis{20});
    } else if (what < 7) {
      const auto from = name();
      const auto ended = waits.take(from);
      REQUIRE((ended ? ids(*ended) : std::vector<std::uint64_t>()) == naive.end(from));
    } else if (what < 8) {
      const std::uint64_t one = id - std::min(id, random.bits() % 20);
      REQUIRE(waits.forget(one) == naive.forget(one));
    } else if (const auto late = waits.take_overdue(now)) {
      REQUIRE(naive.all.front().name == late->first);
      REQUIRE(naive.end(late->first) == ids(*late));
    } else {
      REQUIRE((naive.all.empty() || naive.all.front().until > now));
    }
    while (const auto surplus = waits.take_surplus()) {
      REQUIRE(naive.all.size() > most);
      const std::string& tenant = surplus->first.tenant;
      for (const auto& one : naive.all) REQUIRE(naive.held(one.name.tenant) <= naive.held(tenant));
      const auto longest = std::ranges::find_if(naive.all, [&](const auto& one) { return one.name.tenant == tenant; });
      REQUIRE(longest->name == surplus->first);
      REQUIRE(naive.end(surplus->first) == ids(*surplus));
    }
    REQUIRE(naive.all.size() <= most);
    REQUIRE(waits.next_at() == (naive.all.empty() ? std::nullopt : std::optional(naive.all.front().until)));
  }
}

}  // namespace

TEST_CASE("NameWaits: those that wait for a name end together, in their order, the longest waiting first") {
  Waiting waiting(10);
  waiting.add("a", "x.test");
  waiting.add("a", "y.test", 1, Millis{5});
  waiting.add("a", "x.test", 1, Millis{9});  // with the first
  waiting.add("b", "x.test", 1, Millis{10});
  CHECK(waiting.waits.next_at() == kStart);
  const auto first = waiting.waits.take_overdue(kStart);
  REQUIRE(first);
  CHECK(first->first == NameWaits::Name{"a", "x.test"});
  CHECK(ids(*first) == std::vector<std::uint64_t>{1, 3});
  CHECK_FALSE(waiting.waits.take_overdue(kStart + Millis{4}));
  REQUIRE(waiting.waits.take({"a", "y.test"}));
  CHECK_FALSE(waiting.waits.take({"a", "y.test"}));
  CHECK(waiting.waits.next_at() == kStart + Millis{10});
  CHECK(waiting.waits.forget(4));
  CHECK_FALSE(waiting.waits.forget(4));
  CHECK_FALSE(waiting.waits.next_at());
}

TEST_CASE("NameWaits: of too many the tenant with the most gives way, by the name it has waited for the longest") {
  Waiting waiting(6);
  waiting.add("a", "a1.test", 2);
  waiting.add("a", "a2.test", 2, Millis{1});
  waiting.add("b", "b1.test", 2, Millis{2});
  CHECK_FALSE(waiting.waits.take_surplus());
  waiting.add("b", "b2.test", 1, Millis{3});
  auto surplus = waiting.waits.take_surplus();
  REQUIRE(surplus);
  CHECK(ids(*surplus) == std::vector<std::uint64_t>{1, 2});
  CHECK_FALSE(waiting.waits.take_surplus());
  waiting.add("b", "b2.test", 2, Millis{4});
  surplus = waiting.waits.take_surplus();
  REQUIRE(surplus);
  CHECK(surplus->first.host == "b1.test");
  CHECK(waiting.waits.contains({"a", "a2.test"}));
  CHECK(waiting.waits.contains({"b", "b2.test"}));
}

TEST_CASE("NameWaits: a name that is waited for again waits anew") {
  Waiting waiting(1);
  waiting.add("a", "a.test");
  REQUIRE(waiting.waits.take({"a", "a.test"}));
  waiting.add("a", "b.test", 1, Millis{1});
  waiting.add("a", "a.test", 1, Millis{2});
  CHECK(waiting.waits.take_surplus()->first.host == "b.test");
  CHECK(waiting.waits.next_at() == kStart + Millis{2});
}

TEST_CASE("NameWaits: one that was given up makes room for another") {
  Waiting waiting(2);
  waiting.add("a", "a.test", 2);
  CHECK(waiting.waits.forget(1));
  waiting.add("b", "b.test");
  CHECK_FALSE(waiting.waits.take_surplus());
}

TEST_CASE("NameWaits: nor does it end by when it was waited for before, behind another") {
  Waiting waiting(10);
  waiting.add("a", "first.test");
  waiting.add("a", "again.test", 1, Millis{1});
  REQUIRE(waiting.waits.take({"a", "again.test"}));
  waiting.add("a", "again.test", 1, Millis{5});
  REQUIRE(waiting.waits.take({"a", "first.test"}));
  CHECK(waiting.waits.next_at() == kStart + Millis{5});
}

TEST_CASE("NameWaits: is a naive reference, whatever comes") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    for (const std::size_t most : {1, 4, 30}) play(most, seed);
}

// Of this process' own time: with a look at all that wait, each step would make it a minute.
TEST_CASE("NameWaits: a step costs the same however many wait, have ended, or are another's") {
  constexpr int kNames = 30'000;
  const std::clock_t began = std::clock();
  Waiting waiting(kNames / 2);
  waiting.add("b", "older.test");
  for (int i = 0; i < kNames; ++i) {
    waiting.add("a", std::to_string(i) + ".test");
    while (waiting.waits.take_surplus()) {
    }
  }
  for (std::uint64_t id = waiting.id; waiting.waits.forget(id); --id) {
  }
  CHECK(waiting.waits.contains({"b", "older.test"}));
  CHECK(std::clock() - began < 5 * CLOCKS_PER_SEC);
}
