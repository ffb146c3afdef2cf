// What every engine promises about the runs of a picker: their bounds, and how they end.

#include <doctest/doctest.h>

#include "tests/contract/picks.hpp"

namespace certes::contract {

using log::OffsetRange;
using log::Picked;
using log::PickFate;
using log::Topic;

TEST_CASE("Picker: a run ends at its bounds, and is gone on with from there") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(500, 1'000));
  const auto picker = f.picker();
  auto run = run_of(Topic::events, 0, {{0, 500}});
  run.max_results = 10;
  const auto few = ended(f, *picker, run);
  REQUIRE(few.size() == 11);
  CHECK(few.back().fate == PickFate::again);
  CHECK_FALSE(few.back().error);
  CHECK(few.back().offset == 10);

  run = run_of(Topic::events, 0, {{100, 500}});
  run.max_bytes = 50'000;
  const auto small = ended(f, *picker, run);
  CHECK(small.size() > 30);
  CHECK(small.size() <= 51);
  CHECK(small.back().fate == PickFate::again);
  CHECK(small.back().offset == 100 + static_cast<std::int64_t>(small.size()) - 1);

  run = run_of(Topic::events, 0, points({3, 300, 400}));
  run.max_bytes = 1;  // each run gives one at least
  CHECK(count(pick(f, *picker, run), PickFate::record) == 3);
}

TEST_CASE("Picker: refuses what is no run, and partitions that are not there") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(10));
  const auto picker = f.picker();
  for (const auto& wanted :
       std::vector<std::vector<OffsetRange>>{{}, {{3, 3}}, {{5, 6}, {2, 3}}, {{0, 5}, {4, 6}}, {{-1, 2}}, {{4, 2}}}) {
    const auto asked = picker->ask(run_of(Topic::events, 0, wanted));
    REQUIRE_FALSE(asked.has_value());
    CHECK(asked.error().code == Code::invalid);
  }
  CHECK_FALSE(picker->ask(run_of(Topic::events, kPartitions, {{0, 1}})).has_value());
  CHECK_FALSE(picker->ask(run_of(Topic::registry, 1, {{0, 1}})).has_value());
  CHECK_FALSE(picker->ask(run_of(Topic::events, -1, {{0, 1}})).has_value());
  CHECK(count(pick(f, *picker, run_of(Topic::events, 0, {{0, 10}})), PickFate::record) == 10);
}

TEST_CASE("Picker: a partition that is cancelled gives nothing more, others do, and it can be asked for again") {
  Fixture f;
  for (std::int32_t p = 0; p < 2; ++p) f.append_all(Topic::events, p, numbered(500));
  const auto picker = f.picker();
  for (std::uint64_t id = 1; id <= 50; ++id)
    for (std::int32_t p = 0; p < 2; ++p) {
      auto run = run_of(Topic::events, p, {{0, 1}, {100, 200}, {499, 500}});
      run.id = id;
      REQUIRE(picker->ask(std::move(run)).has_value());
    }
  picker->cancel(Topic::events, 0);
  auto again = run_of(Topic::events, 0, points({3}));
  again.id = 99;
  REQUIRE(picker->ask(std::move(again)).has_value());
  std::vector<Picked> of_first, of_second;
  CHECK(f.eventually([&] {
    std::vector<Picked> some;
    while (picker->poll(1'000, some) > 0) {
    }
    for (Picked& each : some) (each.partition == 0 ? of_first : of_second).push_back(std::move(each));
    return of_first.size() == 2 && of_second.size() == 50 * 103;
  }));
  for (const Picked& each : of_first) CHECK(each.run == 99);
}

TEST_CASE("Picker: goes at any time, whatever it was asked for") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(2'000, 500));
  for (int i = 0; i < 5; ++i) {
    const auto picker = f.picker();
    for (int each = 0; each < 20; ++each)
      REQUIRE(picker->ask(run_of(Topic::events, 0, {{i, 1'000}, {1'500, 1'501}})).has_value());
    std::vector<Picked> some;
    if (i % 2 == 0) f.eventually([&] { return picker->poll(10, some) > 0; });
  }
  CHECK(count(pick(f, Topic::events, 0, {{0, 2'000}}), PickFate::record) == 2'000);
}

}  // namespace certes::contract
