#include "tests/contract/picks.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace certes::contract {

using log::OffsetRange;
using log::Picked;
using log::PickFate;
using log::Record;
using log::Topic;

std::vector<Record> numbered(int count, std::size_t bytes) {
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    std::string value = std::to_string(i);
    value.resize(std::max(value.size(), bytes), ' ');
    records.push_back(record(std::move(value)));
  }
  return records;
}

std::int64_t number_of(const log::StoredRecord& stored) { return std::stoll(stored.value); }

std::vector<OffsetRange> points(const std::vector<std::int64_t>& offsets) {
  std::vector<OffsetRange> ranges;
  for (const std::int64_t offset : offsets) ranges.push_back({offset, offset + 1});
  return ranges;
}

log::PickRun run_of(Topic topic, std::int32_t partition, std::vector<OffsetRange> wanted) {
  log::PickRun run;
  run.topic = topic;
  run.partition = partition;
  run.wanted = std::move(wanted);
  run.max_time = Millis{0};
  return run;
}

std::vector<Picked> ended(Fixture& f, log::Picker& picker, log::PickRun run) {
  const std::uint64_t id = run.id;
  REQUIRE(picker.ask(std::move(run)).has_value());
  std::vector<Picked> results;
  REQUIRE(f.eventually([&] {
    while (picker.poll(100, results) > 0) {
    }
    return !results.empty() && (results.back().fate == PickFate::done || results.back().fate == PickFate::again);
  }));
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].run == id);
    if (i > 0) CHECK(results[i].offset > results[i - 1].offset - (i + 1 == results.size() ? 1 : 0));
    CHECK((results[i].record != nullptr) == (results[i].fate == PickFate::record));
    if (results[i].record) CHECK(results[i].record->offset == results[i].offset);
  }
  return results;
}

Fates pick(Fixture& f, log::Picker& picker, log::PickRun run) {
  Fates fates;
  CHECK(f.eventually([&] {
    auto results = ended(f, picker, run);
    const Picked last = std::move(results.back());
    results.pop_back();
    for (Picked& each : results) fates.emplace(each.offset, std::move(each));
    if (last.fate == PickFate::done) return true;
    if (last.error && last.error->code == Code::not_found) return true;
    std::vector<OffsetRange> left;
    for (const OffsetRange& range : run.wanted)
      if (range.end > last.offset) left.push_back({std::max(range.start, last.offset), range.end});
    run.wanted = std::move(left);
    f.bell.ring();
    return false;
  }));
  return fates;
}

Fates pick(Fixture& f, Topic topic, std::int32_t partition, std::vector<OffsetRange> wanted) {
  const auto picker = f.picker();
  return pick(f, *picker, run_of(topic, partition, std::move(wanted)));
}

std::size_t count(const Fates& fates, PickFate fate) {
  return static_cast<std::size_t>(
      std::count_if(fates.begin(), fates.end(), [fate](const auto& each) { return each.second.fate == fate; }));
}

bool is(const Fates& fates, std::int64_t offset, PickFate fate) {
  const auto found = fates.find(offset);
  return found != fates.end() && found->second.fate == fate;
}

}  // namespace certes::contract
