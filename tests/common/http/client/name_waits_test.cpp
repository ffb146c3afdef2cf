#include "common/http/client/name_waits.hpp"

#include <doctest/doctest.h>

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

std::vector<std::uint64_t> ids(const NameWaits::Ended& ended) {
  std::vector<std::uint64_t> all;
  for (const Transfer& transfer : ended.second.transfers) all.push_back(transfer.id);
  return all;
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
