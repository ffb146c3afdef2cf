// What every engine promises about appends.

#include <doctest/doctest.h>

#include <set>

#include "tests/contract/fixture.hpp"

namespace certes::contract {
namespace {

using log::AppendOutcome;
using log::AppendResult;
using log::kAnyPartition;
using log::Record;
using log::Topic;

log::AppendCallback into(std::vector<AppendResult>& results) {
  return [&results](AppendResult&& result) { results.push_back(std::move(result)); };
}

}  // namespace

TEST_CASE("Log: has three partitions and names itself") {
  Fixture f;
  CHECK(f.log->partitions() == kPartitions);
  CHECK_FALSE(f.log->engine().empty());
  CHECK(f.log->health().has_value());
  CHECK(f.log->session_timeout() > Millis(0));
}

TEST_CASE("Appender: acknowledges one partition's appends in order, with rising offsets") {
  Fixture f;
  std::vector<Record> records;
  for (int i = 0; i < 500; ++i) records.push_back(record(std::to_string(i)));
  const auto results = f.append_all(Topic::events, 1, std::move(records));
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].outcome == AppendOutcome::persisted);
    CHECK(results[i].partition == 1);
    if (i > 0) CHECK(results[i].offset > results[i - 1].offset);
  }
  const auto reader = f.reader(Topic::events, 1, results.front().offset);
  const auto read = f.read(*reader, 500);
  REQUIRE(read.size() == 500);
  for (std::size_t i = 0; i < read.size(); ++i) {
    CHECK(read[i]->value == std::to_string(i));
    CHECK(read[i]->offset == results[i].offset);
  }
}

TEST_CASE("Appender: the first record of a fresh partition has offset 0") {
  Fixture f;
  CHECK(f.append(Topic::attempts, 2, record("first")).offset == 0);
}

TEST_CASE("Appender: equal keys meet in one partition, different keys use several") {
  Fixture f;
  std::vector<Record> records;
  for (int round = 0; round < 2; ++round)
    for (int key = 0; key < 64; ++key) records.push_back(record("x", "key-" + std::to_string(key)));
  const auto results = f.append_all(Topic::events, kAnyPartition, std::move(records));
  std::set<std::int32_t> used;
  for (std::size_t key = 0; key < 64; ++key) {
    CHECK(results[key].partition == results[key + 64].partition);
    CHECK(results[key].partition >= 0);
    CHECK(results[key].partition < kPartitions);
    used.insert(results[key].partition);
  }
  CHECK(used.size() == kPartitions);
}

TEST_CASE("Appender: keyless records go to partitions of the engine's choice") {
  Fixture f;
  std::vector<Record> records;
  for (int i = 0; i < 50; ++i) records.push_back(record(std::to_string(i)));
  for (const AppendResult& result : f.append_all(Topic::events, kAnyPartition, std::move(records))) {
    CHECK(result.outcome == AppendOutcome::persisted);
    CHECK(result.partition >= 0);
    CHECK(result.partition < kPartitions);
  }
}

TEST_CASE("Appender: the registry has one partition") {
  Fixture f;
  CHECK(f.append(Topic::registry, kAnyPartition, record("a", "key")).partition == 0);
  CHECK(f.append(Topic::registry, 0, record("b")).partition == 0);
}

TEST_CASE("Appender: refuses a partition that does not exist") {
  Fixture f;
  const auto appender = f.appender();
  std::vector<AppendResult> results;
  const auto taken = appender->append(Topic::events, kPartitions, record("x"), into(results));
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == Code::invalid);
  CHECK(appender->pending() == 0);
}

TEST_CASE("Appender: takes the largest record and refuses a larger one") {
  Fixture f;
  const std::size_t limit = f.log->max_record_bytes(Topic::events);
  Record largest;
  largest.value.assign(limit, 'v');
  Record larger;
  larger.value.assign(limit + 1, 'v');
  std::vector<AppendResult> results;
  const auto appender = f.appender();
  const auto refused = appender->append(Topic::events, 0, std::move(larger), into(results));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::too_large);
  CHECK(appender->pending() == 0);
  CHECK(f.append(Topic::events, 0, std::move(largest)).outcome == AppendOutcome::persisted);
  const auto reader = f.reader(Topic::events, 0, log::kLogStart);
  const auto read = f.read(*reader, 1);
  REQUIRE(read.size() == 1);
  CHECK(read[0]->value.size() == limit);
}

TEST_CASE("Appender: derived topics take more than events do") {
  Fixture f;
  const std::size_t events = f.log->max_record_bytes(Topic::events);
  CHECK(f.log->max_record_bytes(Topic::dead_letters) >= events + (32u << 10));
  CHECK(f.log->max_record_bytes(Topic::progress) >= events);
}

TEST_CASE("Appender: says busy when its queue is full, and takes again once acknowledged") {
  Fixture f;
  log::AppenderOptions options = Fixture::patient();
  SUBCASE("by records") { options.queue_records = 10; }
  SUBCASE("by bytes") { options.queue_bytes = 10'000; }
  const auto appender = f.appender(options);
  std::vector<AppendResult> results;
  std::size_t taken = 0;
  for (; taken < 1'000; ++taken) {
    const auto answer = appender->append(Topic::events, 0, record(std::string(980, 'x')), into(results));
    if (answer.has_value()) continue;
    CHECK(answer.error().code == Code::busy);
    break;
  }
  CHECK(taken >= 5);
  CHECK(taken <= 10);
  CHECK(appender->pending() == taken);
  appender->flush();
  REQUIRE(f.eventually([&] {
    appender->poll();
    return results.size() == taken;
  }));
  CHECK(appender->pending() == 0);
  CHECK(appender->append(Topic::events, 0, record("again"), into(results)).has_value());
}

TEST_CASE("Appender: callbacks run in poll alone, each once, on its thread") {
  Fixture f;
  const auto appender = f.appender();
  const auto self = std::this_thread::get_id();
  int calls = 0;
  for (int i = 0; i < 20; ++i) {
    const auto taken = appender->append(Topic::events, 0, record("x"), [&](AppendResult&&) {
      CHECK(std::this_thread::get_id() == self);
      ++calls;
    });
    REQUIRE(taken.has_value());
  }
  appender->flush();
  // The bell says that a poll would find something: the acknowledgements are there, and nobody was called.
  REQUIRE(f.bell.wait(std::chrono::duration_cast<Millis>(f.engine->capabilities().patience)));
  CHECK(calls == 0);
  CHECK(appender->pending() == 20);
  REQUIRE(f.eventually([&] {
    appender->poll();
    return calls >= 20;
  }));
  appender->poll();
  CHECK(calls == 20);
}

TEST_CASE("Appender: a callback may append again") {
  Fixture f;
  const auto appender = f.appender();
  std::vector<AppendResult> results;
  const auto taken = appender->append(Topic::events, 0, record("one"), [&](AppendResult&& first) {
    results.push_back(std::move(first));
    CHECK(appender->append(Topic::events, 0, record("two"), into(results)).has_value());
    appender->flush();
  });
  REQUIRE(taken.has_value());
  appender->flush();
  REQUIRE(f.eventually([&] {
    appender->poll();
    return results.size() == 2;
  }));
  CHECK(results[1].offset > results[0].offset);
}

TEST_CASE("Appender: may be destroyed with appends pending") {
  Fixture f;
  bool called = false;
  {
    const auto appender = f.appender();
    for (int i = 0; i < 100; ++i) {
      const auto taken = appender->append(Topic::events, 0, record("x"), [&](AppendResult&&) { called = true; });
      REQUIRE(taken.has_value());
    }
    appender->flush();
  }
  CHECK_FALSE(called);
  CHECK(f.append(Topic::events, 0, record("after")).outcome == AppendOutcome::persisted);
}

TEST_CASE("Appender: several write one partition, and nothing is lost or mixed") {
  Fixture f;
  std::vector<std::unique_ptr<log::Appender>> appenders;
  std::vector<AppendResult> results;
  for (int a = 0; a < 3; ++a) appenders.push_back(f.appender());
  for (int i = 0; i < 100; ++i)
    for (auto& appender : appenders) {
      const std::string value = std::to_string(&appender - appenders.data()) + ":" + std::to_string(i);
      REQUIRE(appender->append(Topic::events, 0, record(value), into(results)).has_value());
      if (i % 7 == 0) appender->flush();
    }
  for (auto& appender : appenders) appender->flush();
  REQUIRE(f.eventually([&] {
    for (auto& appender : appenders) appender->poll();
    return results.size() == 300;
  }));
  const auto reader = f.reader(Topic::events, 0, log::kLogStart);
  const auto read = f.read(*reader, 300);
  REQUIRE(read.size() == 300);
  int next[3] = {0, 0, 0};
  for (const auto& each : read) {
    const auto writer = static_cast<std::size_t>(each->value[0] - '0');
    REQUIRE(writer < 3);
    CHECK(each->value.substr(2) == std::to_string(next[writer]++));
  }
}

TEST_CASE("Appender: an identity seen before is not stored again") {
  Fixture f;
  if (!f.log->exact_deduplication()) return;
  const auto repeat = [](std::string id, log::Identity identity) {
    Record made;
    made.headers.add("certes-id", id);
    made.identity = identity;
    made.value = id;
    return made;
  };
  std::vector<Record> records;  // one batch: repeats within it count as well
  records.push_back(repeat("evt_1", {1, 2}));
  records.push_back(repeat("evt_2", {1, 2}));
  records.push_back(repeat("evt_3", {2, 1}));
  records.push_back(repeat("evt_4", {0, 0}));
  records.push_back(repeat("evt_5", {0, 0}));
  const auto results = f.append_all(Topic::events, 0, std::move(records));
  CHECK(results[0].duplicate_of.empty());
  CHECK(results[1].outcome == AppendOutcome::persisted);
  CHECK(results[1].duplicate_of == "evt_1");
  CHECK(results[2].duplicate_of.empty());
  CHECK(results[3].duplicate_of.empty());
  CHECK(results[4].duplicate_of.empty());
  CHECK(f.append(Topic::events, 1, repeat("evt_6", {2, 1})).duplicate_of == "evt_3");  // whatever the partition
  const auto range = f.log->offsets(Topic::events, 0, kTimeout);
  REQUIRE(range.has_value());
  CHECK(range->end == 4);
  if (!f.engine->capabilities().durable) return;
  f.reopen();
  CHECK(f.append(Topic::events, 0, repeat("evt_7", {1, 2})).duplicate_of == "evt_1");
}

TEST_CASE("Appender: takes 20,000 records of 640 bytes through a queue of the usual size") {
  Fixture f;
  const auto appender = f.appender();
  std::size_t taken = 0;
  std::size_t persisted = 0;
  const std::string payload(640, 'p');
  REQUIRE(f.eventually([&] {
    while (taken < 20'000) {
      Record next;
      next.value = payload;
      const auto answer =
          appender->append(Topic::events, static_cast<std::int32_t>(taken % kPartitions), std::move(next),
                           [&](AppendResult&& result) { persisted += result.outcome == AppendOutcome::persisted; });
      if (!answer.has_value()) break;
      if (++taken % 64 == 0) appender->flush();
    }
    appender->flush();
    appender->poll();
    return persisted == 20'000;
  }));
  std::int64_t stored = 0;
  for (std::int32_t p = 0; p < kPartitions; ++p) stored += f.log->offsets(Topic::events, p, kTimeout)->end;
  CHECK(stored == 20'000);
}

}  // namespace certes::contract
