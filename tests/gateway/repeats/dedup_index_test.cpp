#include "gateway/repeats/dedup_index.hpp"

#include <doctest/doctest.h>

using namespace certes;
using certes::gateway::ingest::DedupIndex;
using certes::log::AppendOutcome;
using certes::log::Identity;

namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr Millis kWindow{60'000};

struct Fates {
  std::vector<AppendOutcome> seen;
  DedupIndex::Waiter waiter() {
    return [this](AppendOutcome outcome) { seen.push_back(outcome); };
  }
};

DedupIndex::State state_of(DedupIndex& index, Identity identity, SteadyTime now = kStart) {
  return index.begin(identity, "evt_later", now, [](AppendOutcome) {}).state;
}

void keep(DedupIndex& index, Identity identity, SteadyTime now = kStart) {
  REQUIRE(state_of(index, identity, now) == DedupIndex::State::fresh);
  index.settle(identity, AppendOutcome::persisted, {}, now);
}

}  // namespace

TEST_CASE("DedupIndex: what was not seen is fresh, then pending, then known, under the first one's id") {
  DedupIndex index(10, kWindow);
  Fates fates;
  const auto first = index.begin({1, 2}, "evt_1", kStart, fates.waiter());
  CHECK(first.state == DedupIndex::State::fresh);
  CHECK(first.first_id.empty());
  const auto second = index.begin({1, 2}, "evt_2", kStart, fates.waiter());
  CHECK(second.state == DedupIndex::State::pending);
  CHECK(second.first_id == "evt_1");
  index.settle({1, 2}, AppendOutcome::persisted, {}, kStart);
  const auto third = index.begin({1, 2}, "evt_3", kStart, fates.waiter());
  CHECK(third.state == DedupIndex::State::known);
  CHECK(third.first_id == "evt_1");
  CHECK(fates.seen == std::vector{AppendOutcome::persisted});
}

TEST_CASE("DedupIndex: identities that share a half are told apart") {
  DedupIndex index(10, kWindow);
  keep(index, {1, 2});
  CHECK(state_of(index, {2, 1}) == DedupIndex::State::fresh);
  CHECK(state_of(index, {1, 3}) == DedupIndex::State::fresh);
  CHECK(state_of(index, {3, 2}) == DedupIndex::State::fresh);
}

TEST_CASE("DedupIndex: every waiter is called once, with the outcome; the first one's and later ones are not") {
  for (const auto outcome : {AppendOutcome::persisted, AppendOutcome::not_persisted, AppendOutcome::unknown}) {
    DedupIndex index(10, kWindow);
    Fates first, second, third, later;
    index.begin({7, 7}, "evt_1", kStart, first.waiter());
    index.begin({7, 7}, "evt_2", kStart, second.waiter());
    index.begin({7, 7}, "evt_3", kStart, third.waiter());
    index.settle({7, 7}, outcome, {}, kStart);
    index.settle({7, 7}, outcome, {}, kStart);
    index.begin({7, 7}, "evt_4", kStart, later.waiter());
    CHECK(first.seen.empty());
    CHECK(second.seen == std::vector{outcome});
    CHECK(third.seen == std::vector{outcome});
    CHECK(later.seen.empty());
  }
}

TEST_CASE("DedupIndex: a waiter may use the index") {
  DedupIndex index(10, kWindow);
  DedupIndex::State seen{};
  index.begin({1, 1}, "evt_1", kStart, [](AppendOutcome) {});
  index.begin({1, 1}, "evt_2", kStart, [&](AppendOutcome) { seen = state_of(index, {1, 1}); });
  index.settle({1, 1}, AppendOutcome::persisted, {}, kStart);
  CHECK(seen == DedupIndex::State::known);
}

TEST_CASE("DedupIndex: a failed append is forgotten") {
  for (const auto outcome : {AppendOutcome::not_persisted, AppendOutcome::unknown}) {
    DedupIndex index(10, kWindow);
    CHECK(state_of(index, {1, 1}) == DedupIndex::State::fresh);
    index.settle({1, 1}, outcome, {}, kStart);
    CHECK(index.size() == 0);
    CHECK(state_of(index, {1, 1}) == DedupIndex::State::fresh);
  }
}

TEST_CASE("DedupIndex: what it does not know is settled without effect") {
  DedupIndex index(10, kWindow);
  index.settle({9, 9}, AppendOutcome::persisted, {}, kStart);
  CHECK(index.size() == 0);
  keep(index, {1, 1});
  index.settle({1, 1}, AppendOutcome::not_persisted, {}, kStart);
  CHECK(state_of(index, {1, 1}) == DedupIndex::State::known);
}

TEST_CASE("DedupIndex: bounded by number, the oldest go first") {
  DedupIndex index(3, kWindow);
  for (std::uint64_t i = 1; i <= 5; ++i) keep(index, {i, i});
  CHECK(index.size() == 3);
  for (std::uint64_t i = 3; i <= 5; ++i) CHECK(state_of(index, {i, i}) == DedupIndex::State::known);
  for (std::uint64_t i = 1; i <= 2; ++i) CHECK(state_of(index, {i, i}) == DedupIndex::State::fresh);
}

TEST_CASE("DedupIndex: bounded by the window, which begins with the acknowledgement") {
  DedupIndex index(10, kWindow);
  REQUIRE(state_of(index, {1, 1}, kStart) == DedupIndex::State::fresh);
  const auto acknowledged = kStart + Millis{2'000};
  index.settle({1, 1}, AppendOutcome::persisted, {}, acknowledged);
  CHECK(state_of(index, {1, 1}, acknowledged + kWindow - Millis{1}) == DedupIndex::State::known);
  CHECK(state_of(index, {1, 1}, acknowledged + kWindow) == DedupIndex::State::fresh);
}

TEST_CASE("DedupIndex: neither bound takes what is pending") {
  DedupIndex index(1, kWindow);
  REQUIRE(state_of(index, {1, 1}) == DedupIndex::State::fresh);
  for (std::uint64_t i = 2; i <= 4; ++i) keep(index, {i, i}, kStart + kWindow * 2);
  CHECK(state_of(index, {1, 1}, kStart + kWindow * 9) == DedupIndex::State::pending);
}

TEST_CASE("DedupIndex: threads agree on one first") {
  DedupIndex index(1'000, kWindow);
  std::atomic<int> fresh{0}, shared{0}, known{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 1; i <= 200; ++i) {
        const auto seen = index.begin({i, i}, "evt", kStart, [&](AppendOutcome) { ++shared; });
        if (seen.state == DedupIndex::State::known) ++known;
        if (seen.state != DedupIndex::State::fresh) continue;
        ++fresh;
        index.settle({i, i}, AppendOutcome::persisted, {}, kStart);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(fresh == 200);
  CHECK(shared + known == 600);
}

TEST_CASE("DedupIndex: what was read on the log is known, under the id that stands there") {
  DedupIndex index(10, kWindow);
  index.learn({1, 1}, "evt_1", {0, 7}, kStart, kStart);
  const auto seen = index.begin({1, 1}, "evt_2", kStart, [](AppendOutcome) {});
  CHECK(seen.state == DedupIndex::State::known);
  CHECK(seen.first_id == "evt_1");
  CHECK(index.size() == 1);
}

TEST_CASE("DedupIndex: of two in one partition the lower offset is the first, whichever is met first") {
  for (const bool lower_first : {false, true}) {
    DedupIndex index(10, kWindow);
    index.learn({1, 1}, lower_first ? "evt_5" : "evt_9", {0, lower_first ? 5 : 9}, kStart, kStart);
    index.learn({1, 1}, lower_first ? "evt_9" : "evt_5", {0, lower_first ? 9 : 5}, kStart, kStart);
    CHECK(index.begin({1, 1}, "evt_x", kStart, [](AppendOutcome) {}).first_id == "evt_5");
  }
}

TEST_CASE("DedupIndex: another gateway's lower offset takes the place of what was acknowledged here") {
  DedupIndex index(10, kWindow);
  index.begin({1, 1}, "evt_mine", kStart, [](AppendOutcome) {});
  index.settle({1, 1}, AppendOutcome::persisted, {2, 9}, kStart);
  index.learn({1, 1}, "evt_mine", {2, 9}, kStart, kStart);
  CHECK(index.begin({1, 1}, "evt_x", kStart, [](AppendOutcome) {}).first_id == "evt_mine");
  index.learn({1, 1}, "evt_elsewhere", {1, 3}, kStart, kStart);
  CHECK(index.begin({1, 1}, "evt_x", kStart, [](AppendOutcome) {}).first_id == "evt_mine");
  index.learn({1, 1}, "evt_theirs", {2, 4}, kStart, kStart);
  CHECK(index.begin({1, 1}, "evt_x", kStart, [](AppendOutcome) {}).first_id == "evt_theirs");
}

TEST_CASE("DedupIndex: what is read on the log while its outcome is unknown stays known") {
  DedupIndex index(10, kWindow);
  Fates fates;
  index.begin({1, 1}, "evt_1", kStart, [](AppendOutcome) {});
  index.begin({1, 1}, "evt_2", kStart, fates.waiter());
  index.learn({1, 1}, "evt_1", {0, 3}, kStart, kStart);
  CHECK(index.begin({1, 1}, "evt_3", kStart, [](AppendOutcome) {}).first_id == "evt_1");
  index.settle({1, 1}, AppendOutcome::unknown, {}, kStart);
  CHECK(fates.seen == std::vector{AppendOutcome::unknown});
  CHECK(state_of(index, {1, 1}) == DedupIndex::State::known);
}

TEST_CASE("DedupIndex: what was appended before the window is not learned, and leaves when it has passed") {
  DedupIndex index(10, kWindow);
  index.learn({1, 1}, "evt_1", {0, 1}, kStart - kWindow, kStart);
  CHECK(index.size() == 0);
  index.learn({2, 2}, "evt_2", {0, 2}, kStart - kWindow / 2, kStart);
  CHECK(state_of(index, {2, 2}, kStart + kWindow / 2 - Millis{1}) == DedupIndex::State::known);
  CHECK(state_of(index, {2, 2}, kStart + kWindow / 2) == DedupIndex::State::fresh);
}

TEST_CASE("DedupIndex: one that has passed behind a younger one is taken as new, and kept anew") {
  DedupIndex index(10, kWindow);
  keep(index, {1, 1}, kStart + kWindow / 2);
  index.learn({2, 2}, "evt_old", {0, 1}, kStart, kStart + kWindow / 2);
  const auto later = kStart + kWindow;
  CHECK(index.begin({2, 2}, "evt_new", later, [](AppendOutcome) {}).state == DedupIndex::State::fresh);
  index.settle({2, 2}, AppendOutcome::persisted, {0, 8}, later);
  CHECK(index.begin({2, 2}, "evt_x", later, [](AppendOutcome) {}).first_id == "evt_new");
}

TEST_CASE("DedupIndex: many are kept in shards, together within the bound") {
  DedupIndex index(64 * 1024, kWindow);
  for (std::uint64_t i = 1; i <= 100'000; ++i)
    index.learn({i, i * 7}, "evt_1", {0, static_cast<std::int64_t>(i)}, kStart, kStart);
  CHECK(index.size() <= 64 * 1024);
  CHECK(index.size() > 60'000);
  CHECK(index.bytes() <= 2 * 64 * 1024 * 96);
  CHECK(state_of(index, {100'000, 700'000}) == DedupIndex::State::known);
}

TEST_CASE("DedupIndex: what fits into a number of bytes does fit") {
  const std::size_t most = DedupIndex::most_within(1u << 20);
  DedupIndex index(most, kWindow);
  for (std::uint64_t i = 1; i <= 2 * most; ++i)
    index.learn({i, i}, "evt_1", {0, static_cast<std::int64_t>(i)}, kStart, kStart);
  CHECK(index.size() == most);
  CHECK(index.bytes() <= (1u << 20));
}
