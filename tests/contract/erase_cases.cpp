// What every engine that can erase promises about it; the others say that they cannot.

#include <doctest/doctest.h>

#include "tests/contract/fixture.hpp"

namespace certes::contract {
namespace {

using log::kLogStart;
using log::OffsetRange;
using log::PickFate;
using log::Topic;

using Offsets = std::vector<std::int64_t>;

void fill(Fixture& f, int count, std::size_t bytes = 10) {
  std::vector<log::Record> records;
  for (int i = 0; i < count; ++i) records.push_back(record(std::string(bytes, 'r')));
  f.append_all(Topic::events, 0, std::move(records));
}

// False: the engine cannot, and has said so.
bool erase(Fixture& f, std::vector<OffsetRange> runs) {
  const auto erased = f.log->erase(Topic::events, 0, std::move(runs), kTimeout);
  if (!f.engine->capabilities().erases) {
    REQUIRE_FALSE(erased.has_value());
    CHECK(erased.error().code == Code::invalid);
    return false;
  }
  REQUIRE_MESSAGE(erased.has_value(), erased.error().message);
  return true;
}

// From `from` to the end, a few at a time.
Offsets read_from(Fixture& f, std::int64_t from, std::size_t page = 3) {
  const std::int64_t end = f.log->offsets(Topic::events, 0, kTimeout)->end;
  const auto reader = f.reader(Topic::events, 0, from);
  std::vector<log::RecordPtr> records;
  CHECK(f.eventually([&] {
    while (reader->position() < end) {
      const auto got = reader->read(page, records);
      REQUIRE_MESSAGE(got.has_value(), got.error().message);
      CHECK(*got <= page);
      if (*got == 0) break;
    }
    return reader->position() == end;
  }));
  Offsets offsets;
  for (const auto& each : records) offsets.push_back(each->offset);
  return offsets;
}

void check_range(Fixture& f, std::int64_t start, std::int64_t end) {
  const auto range = f.log->offsets(Topic::events, 0, kTimeout);
  REQUIRE(range.has_value());
  CHECK(range->start == start);
  CHECK(range->end == end);
}

// By value: what is picked and what is gone.
std::pair<Offsets, Offsets> pick(Fixture& f, std::int64_t from, std::int64_t to) {
  const auto picker = f.picker();
  log::PickRun run;
  run.wanted = {{from, to}};
  run.max_time = Millis{0};
  REQUIRE(picker->ask(std::move(run)).has_value());
  std::pair<Offsets, Offsets> there_and_gone;
  CHECK(f.eventually([&] {
    std::vector<log::Picked> some;
    picker->poll(10'000, some);
    for (const auto& each : some) {
      if (each.fate == PickFate::done) return true;
      CHECK((each.fate == PickFate::record || each.fate == PickFate::gone));
      (each.fate == PickFate::record ? there_and_gone.first : there_and_gone.second).push_back(each.offset);
    }
    return false;
  }));
  return there_and_gone;
}

}  // namespace

TEST_CASE("Log: erased records are gone, and readers go on behind the gaps") {
  Fixture f;
  fill(f, 12);
  if (!erase(f, {{2, 5}, {7, 8}})) return;
  const auto check = [&] {
    for (const std::size_t page : {1u, 3u, 100u}) CHECK(read_from(f, 0, page) == Offsets{0, 1, 5, 6, 8, 9, 10, 11});
    CHECK(read_from(f, 3) == Offsets{5, 6, 8, 9, 10, 11});
    CHECK(read_from(f, 7) == Offsets{8, 9, 10, 11});
    CHECK(pick(f, 0, 12) == std::pair(Offsets{0, 1, 5, 6, 8, 9, 10, 11}, Offsets{2, 3, 4, 7}));
    CHECK(pick(f, 3, 4) == std::pair(Offsets{}, Offsets{3}));
    check_range(f, 0, 12);
  };
  check();
  if (f.engine->capabilities().durable) f.reopen();
  check();
}

TEST_CASE("Log: erasing at the start, at the end, twice and across gaps moves neither start nor end") {
  Fixture f;
  fill(f, 20);
  if (!erase(f, {{0, 3}})) return;
  REQUIRE(erase(f, {{15, 100}}));
  REQUIRE(erase(f, {{5, 7}, {9, 11}}));
  REQUIRE(erase(f, {{6, 10}}));
  REQUIRE(erase(f, {{6, 7}}));
  REQUIRE(erase(f, {{3, 4}}));
  const auto check = [&] {
    check_range(f, 0, 20);
    CHECK(read_from(f, 0) == Offsets{4, 11, 12, 13, 14});
    CHECK(read_from(f, 16) == Offsets{});
    CHECK(pick(f, 0, 12) == std::pair(Offsets{4, 11}, Offsets{0, 1, 2, 3, 5, 6, 7, 8, 9, 10}));
  };
  check();
  if (f.engine->capabilities().durable) f.reopen();
  check();
  CHECK(f.append(Topic::events, 0, record("next")).offset == 20);
  CHECK(read_from(f, 13) == Offsets{13, 14, 20});
}

TEST_CASE("Log: trimming into a gap leaves the rest of it a gap") {
  Fixture f;
  fill(f, 12);
  if (!erase(f, {{2, 8}})) return;
  REQUIRE(f.log->trim(Topic::events, 0, 5, kTimeout).has_value());
  check_range(f, 5, 12);
  CHECK(read_from(f, kLogStart) == Offsets{8, 9, 10, 11});
  CHECK(read_from(f, 6) == Offsets{8, 9, 10, 11});
  if (f.engine->capabilities().durable) f.reopen();
  check_range(f, 5, 12);
  CHECK(read_from(f, 5) == Offsets{8, 9, 10, 11});
  CHECK(pick(f, 4, 9) == std::pair(Offsets{8}, Offsets{4, 5, 6, 7}));
  REQUIRE(erase(f, {{0, 9}}));
  CHECK(read_from(f, 5) == Offsets{9, 10, 11});
}

TEST_CASE("Log: much is erased in one call, and appends and a reader go on beside it") {
  Fixture f;
  fill(f, 5'000, 2'000);
  const auto reader = f.reader(Topic::events, 0, 0);
  CHECK(f.read(*reader, 10).size() == 10);
  std::vector<OffsetRange> runs;
  for (std::int64_t from = 100; from < 4'900; from += 100) runs.push_back({from + 1, from + 100});
  if (!erase(f, runs)) return;
  CHECK(f.append(Topic::events, 0, record("beside")).offset == 5'000);
  std::vector<log::RecordPtr> records;
  CHECK(f.eventually([&] {
    while (reader->position() <= 5'000) {
      const auto got = reader->read(64, records);
      REQUIRE_MESSAGE(got.has_value(), got.error().message);
      if (*got == 0) break;
    }
    return reader->position() == 5'001;
  }));
  CHECK(records.size() == 90 + 48 + 100 + 1);
  for (const auto& each : records) CHECK((each->offset < 100 || each->offset >= 4'900 || each->offset % 100 == 0));
}

TEST_CASE("Log: erase refuses what are no runs") {
  Fixture f;
  fill(f, 5);
  for (const auto& runs : std::vector<std::vector<OffsetRange>>{{{3, 3}}, {{3, 4}, {1, 2}}, {{-1, 2}}})
    CHECK_FALSE(f.log->erase(Topic::events, 0, runs, kTimeout).has_value());
  if (f.engine->capabilities().erases) CHECK(f.log->erase(Topic::events, 0, {}, kTimeout).has_value());
  CHECK(read_from(f, 0) == Offsets{0, 1, 2, 3, 4});
}

}  // namespace certes::contract
