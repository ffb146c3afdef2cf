// What every engine promises about records that are picked by offset.

#include <doctest/doctest.h>

#include "tests/contract/picks.hpp"

namespace certes::contract {

using log::OffsetRange;
using log::Picked;
using log::PickFate;
using log::Record;
using log::RecordPtr;
using log::Topic;

TEST_CASE("Picker: gives points, whole, and nothing else") {
  Fixture f;
  std::vector<Record> records = numbered(300);
  records[7].key = "k\0y";
  records[7].headers.add("ce_type", "a.b");
  f.append_all(Topic::events, 1, std::move(records));
  f.append(Topic::events, 0, record("other partition"));
  const auto fates = pick(f, Topic::events, 1, points({0, 7, 8, 150, 299}));
  REQUIRE(fates.size() == 5);
  for (const auto& [offset, picked] : fates) {
    REQUIRE(picked.fate == PickFate::record);
    CHECK(number_of(*picked.record) == offset);
    CHECK(picked.record->topic == Topic::events);
    CHECK(picked.record->partition == 1);
    CHECK(picked.record->appended_at > 0);
  }
  const RecordPtr seventh = fates.at(7).record;
  CHECK(seventh->key == "k\0y");
  CHECK(seventh->headers.get("ce_type") == "a.b");
  CHECK(seventh->headers.get("certes-id") == "evt_7");
}

TEST_CASE("Picker: gives windows, and points between them, of any topic") {
  Fixture f;
  for (const Topic topic : {Topic::events, Topic::attempts, Topic::dead_letters, Topic::progress, Topic::registry}) {
    f.append_all(topic, 0, numbered(2'000));
    const auto fates = pick(f, topic, 0, {{0, 100}, {101, 102}, {500, 501}, {700, 1'999}});
    CHECK(fates.size() == 100 + 1 + 1 + 1'299);
    CHECK(count(fates, PickFate::record) == fates.size());
    for (const auto& [offset, picked] : fates) CHECK(number_of(*picked.record) == offset);
  }
}

TEST_CASE("Picker: many small pieces, far apart, in runs one after the other") {
  Fixture f;
  constexpr int kRecords = 3'000;
  f.append_all(Topic::events, 2, numbered(kRecords, 2'000));
  const auto picker = f.picker();
  std::uint64_t runs = 0;
  for (int from = 0; from < 150; from += 30) {
    std::vector<std::int64_t> offsets;
    for (int i = from; i < kRecords; i += 150) offsets.push_back(i);
    auto run = run_of(Topic::events, 2, points(offsets));
    run.id = ++runs;
    const auto fates = pick(f, *picker, std::move(run));
    CHECK(fates.size() == offsets.size());
    for (const std::int64_t offset : offsets) {
      REQUIRE(is(fates, offset, PickFate::record));
      CHECK(number_of(*fates.at(offset).record) == offset);
    }
  }
}

TEST_CASE("Picker: runs of several partitions and topics side by side, each in its order") {
  Fixture f;
  for (std::int32_t p = 0; p < kPartitions; ++p) f.append_all(Topic::events, p, numbered(200));
  f.append_all(Topic::dead_letters, 0, numbered(200));
  const auto picker = f.picker();
  const auto ask = [&](std::uint64_t id, Topic topic, std::int32_t partition, std::vector<OffsetRange> wanted) {
    auto run = run_of(topic, partition, std::move(wanted));
    run.id = id;
    REQUIRE(picker->ask(std::move(run)).has_value());
  };
  for (std::int32_t p = 0; p < kPartitions; ++p) {
    const auto id = static_cast<std::uint64_t>(p);
    ask(10 + id, Topic::events, p, {{100, 120}});
    ask(20 + id, Topic::events, p, points({5, 190}));
  }
  ask(30, Topic::dead_letters, 0, {{0, 200}});
  std::map<std::uint64_t, std::vector<Picked>> results;
  std::map<std::pair<Topic, std::int32_t>, std::uint64_t> last;
  std::size_t ends = 0;
  CHECK(f.eventually([&] {
    std::vector<Picked> some;
    while (picker->poll(7, some) > 0) {
    }
    for (Picked& each : some) {
      if (each.fate == PickFate::done) ++ends;
      auto& before = last[{each.topic, each.partition}];
      CHECK(before <= each.run);
      before = each.run;
      results[each.run].push_back(std::move(each));
    }
    return ends == 2 * kPartitions + 1;
  }));
  for (std::uint64_t p = 0; p < kPartitions; ++p) {
    CHECK(results[10 + p].size() == 21);
    CHECK(results[20 + p].size() == 3);
    CHECK(results[20 + p].at(1).record->partition == static_cast<std::int32_t>(p));
  }
  CHECK(results[30].size() == 201);
}

TEST_CASE("Picker: huge records, and small ones around them") {
  Fixture f;
  const std::size_t huge = f.log->max_record_bytes(Topic::events) - 1'000;
  std::vector<Record> records = numbered(40);
  for (const std::size_t at : {10u, 11u, 30u}) {
    records[at] = numbered(1, std::min<std::size_t>(huge, 4u << 20))[0];
    records[at].value[0] = 'x';
  }
  const std::size_t size = records[10].value.size();
  f.append_all(Topic::events, 0, std::move(records));
  const auto far = pick(f, Topic::events, 0, points({2, 10, 30, 39}));
  REQUIRE(count(far, PickFate::record) == 4);
  CHECK(far.at(10).record->value.size() == size);
  CHECK(far.at(30).record->value.size() == size);
  CHECK(far.at(39).record->value == "39");
  CHECK(count(pick(f, Topic::events, 0, {{0, 40}}), PickFate::record) == 40);
}

TEST_CASE("Picker: what lies below the log's start is gone, and the rest is given") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(100));
  REQUIRE(f.log->trim(Topic::events, 0, 60, kTimeout).has_value());
  const auto fates = pick(f, Topic::events, 0, {{10, 12}, {58, 62}, {80, 81}});
  for (const std::int64_t offset : {10, 11, 58, 59}) CHECK(is(fates, offset, PickFate::gone));
  for (const std::int64_t offset : {60, 61, 80}) CHECK(is(fates, offset, PickFate::record));

  REQUIRE(f.log->trim(Topic::events, 0, 100, kTimeout).has_value());
  const auto all = pick(f, Topic::events, 0, points({0, 61, 99}));
  CHECK(count(all, PickFate::gone) == 3);
}

TEST_CASE("Picker: what lies beyond the log's end is neither there nor gone, until it is there") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(20));
  const auto picker = f.picker();
  for (const auto& wanted : {points({18, 20}), points({18, 1'000})}) {
    Fates fates;
    auto run = run_of(Topic::events, 0, wanted);
    const auto results = ended(f, *picker, run);
    REQUIRE(results.size() == 2);
    CHECK(results[0].fate == PickFate::record);
    CHECK(results[1].fate == PickFate::again);
    CHECK(results[1].offset == wanted[1].start);
    REQUIRE(results[1].error);
    CHECK(results[1].error->code == Code::not_found);
  }
  f.append_all(Topic::events, 0, numbered(5));
  CHECK(is(pick(f, *picker, run_of(Topic::events, 0, points({20}))), 20, PickFate::record));
}

TEST_CASE("Picker: what was appended is there at once") {
  Fixture f;
  const auto picker = f.picker();
  for (int i = 0; i < 20; ++i) {
    const auto offset = f.append(Topic::events, 0, record(std::to_string(i))).offset;
    const auto fates = pick(f, *picker, run_of(Topic::events, 0, points({offset})));
    REQUIRE(is(fates, offset, PickFate::record));
    CHECK(number_of(*fates.at(offset).record) == i);
  }
}

TEST_CASE("Picker: what is damaged is said to be, and what stands around it is given") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(10));
  if (!f.engine->spoil(f.log, Topic::events, 0, 4)) return;
  const auto far = pick(f, Topic::events, 0, points({4}));
  CHECK(is(far, 4, PickFate::damaged));
  const auto fates = pick(f, Topic::events, 0, {{0, 10}});
  CHECK(is(fates, 4, PickFate::damaged));
  CHECK(count(fates, PickFate::record) == 9);
}

}  // namespace certes::contract
