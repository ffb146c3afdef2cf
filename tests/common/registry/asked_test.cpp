#include "common/registry/asked.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace certes;
using namespace certes::registry;

namespace {

// Its change stands where its time says, too.
Purge purge(UnixMillis at, UnixMillis before = 0, std::vector<std::string> classes = {}, std::string pattern = {}) {
  return {at, before, std::move(classes), std::move(pattern), "ops", at};
}

std::vector<UnixMillis> times_of(const std::vector<Purge>& purges) {
  std::vector<UnixMillis> times;
  for (const Purge& one : purges) times.push_back(one.at);
  return times;
}

}  // namespace

TEST_CASE("Purge: it is about what was appended before its change, and before the time that it names") {
  CHECK(purge(100).until() == 100);
  CHECK(purge(100, 40).until() == 40);
  CHECK(purge(100, 400).until() == 100);  // what comes later is not waiting yet
}

TEST_CASE("Purge: classes and pattern narrow it") {
  CHECK(takes_class(purge(100), "bulk"));
  CHECK(takes_class(purge(100, 0, {"low", "bulk"}), "bulk"));
  CHECK_FALSE(takes_class(purge(100, 0, {"low", "bulk"}), "high"));
  CHECK_FALSE(takes_class(purge(100, 0, {"of a later version"}), "high"));
  CHECK(takes_type(purge(100), "order.created"));
  CHECK(takes_type(purge(100), "certes.endpoint.failing"));
  CHECK(takes_type(purge(100, 0, {}, "order.#"), "order.created"));
  CHECK_FALSE(takes_type(purge(100, 0, {}, "order.#"), "invoice.paid"));
  CHECK_FALSE(takes_type(purge(100, 0, {}, "#"), "certes.endpoint.failing"));
}

TEST_CASE("Purge: one that asks for all that an earlier one does takes its place") {
  const auto after = [](const Purge& first, Purge next, std::int64_t disabled_by = kNeverDisabled) {
    std::vector<Purge> purges;
    add_purge(purges, Purge(first), kNeverDisabled);
    add_purge(purges, std::move(next), disabled_by);
    return purges.size();
  };
  CHECK(after(purge(1), purge(2)) == 1);
  CHECK(after(purge(1, 0, {"low"}, "a"), purge(2)) == 1);
  CHECK(after(purge(1, 0, {"low"}, "a"), purge(2, 0, {"bulk", "low"}, "a")) == 1);
  CHECK(after(purge(5), purge(9, 7)) == 1);
  // Narrower in some way.
  CHECK(after(purge(5), purge(9, 4)) == 2);
  CHECK(after(purge(1), purge(2, 0, {"low"})) == 2);
  CHECK(after(purge(1, 0, {"high"}), purge(2, 0, {"low"})) == 2);
  CHECK(after(purge(1), purge(2, 0, {}, "a")) == 2);
  CHECK(after(purge(1, 0, {}, "a"), purge(2, 0, {}, "b")) == 2);
  // Of what was disabled between the two the first has decided already.
  CHECK(after(purge(10), purge(20), 15) == 2);
  CHECK(after(purge(10), purge(20), 5) == 1);
  Purge ahead = purge(90);  // by a clock that was ahead
  ahead.offset = 10;
  CHECK(after(ahead, purge(100), 15) == 2);
}

TEST_CASE("Purge: so many are kept; the one that is about the oldest goes, and which that is can be asked before") {
  std::vector<Purge> purges;
  for (int i = 0; i < int(kKeptPurges); ++i) {
    const auto next = purge(1'000 + i, i == 3 ? 1 : 0, {}, "a.b" + std::to_string(i));
    CHECK(purge_to_go(purges, next, kNeverDisabled) == nullptr);
    add_purge(purges, Purge(next), kNeverDisabled);
  }
  CHECK(purge_to_go(purges, purge(2'000, 0, {}, "a.b5"), kNeverDisabled) == nullptr);  // takes the place of one
  const auto another = purge(2'000, 0, {}, "another");
  REQUIRE(purge_to_go(purges, another, kNeverDisabled) != nullptr);
  CHECK(purge_to_go(purges, another, kNeverDisabled)->at == 1'003);
  add_purge(purges, Purge(another), kNeverDisabled);
  CHECK(purges.size() == kKeptPurges);
  CHECK(times_of(purges).front() == 1'000);
  CHECK(times_of(purges).back() == 2'000);
  CHECK(std::ranges::count(times_of(purges), 1'003) == 0);
}

TEST_CASE("Retry: it is about what has failed first before it, and since the time that it names") {
  CHECK(takes(Retry{100, 0, ""}, 99));
  CHECK_FALSE(takes(Retry{100, 0, ""}, 100));
  CHECK(takes(Retry{100, 50, ""}, 50));
  CHECK_FALSE(takes(Retry{100, 50, ""}, 49));
}

TEST_CASE("Retry: one that asks for all that an earlier one does takes its place, and so many are kept") {
  std::vector<Retry> retries;
  add_retry(retries, {10, 5, "ops"});
  add_retry(retries, {20, 7, "ops"});
  CHECK(retries.size() == 2);
  add_retry(retries, {30, 7, "ops"});
  CHECK(retries.size() == 2);
  add_retry(retries, {40, 0, "ops"});
  CHECK(retries.size() == 1);
  for (int i = 1; i <= 20; ++i) add_retry(retries, {40 + i, i, "ops"});
  CHECK(retries.size() == kKeptRetries);
  CHECK(retries.front().at == 45);
}
