// What every engine promises about readers, offsets and trimming.

#include <doctest/doctest.h>

#include "tests/contract/fixture.hpp"

namespace certes::contract {
namespace {

using log::kLogStart;
using log::Record;
using log::RecordPtr;
using log::Topic;

std::vector<Record> numbered(int from, int to) {
  std::vector<Record> records;
  for (int i = from; i < to; ++i) records.push_back(record(std::to_string(i)));
  return records;
}

// The error that the reader comes to; records before it are passed over.
Error error_of(Fixture& f, log::Reader& reader) {
  Error error;
  std::vector<RecordPtr> records;
  CHECK(f.eventually([&] {
    const auto got = reader.read(100, records);
    if (got.has_value() || got.error().code == Code::unavailable) return false;
    error = got.error();
    return true;
  }));
  return error;
}

}  // namespace

TEST_CASE("Reader: gives key, headers and value byte for byte") {
  Fixture f;
  const std::string every_byte = [] {
    std::string bytes;
    for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
    return bytes;
  }();
  std::vector<Record> records(4);
  records[0].key = every_byte;
  records[0].headers.add("certes-id", "evt_1");
  records[0].headers.add("ce_type", every_byte);
  records[0].headers.add("empty", "");
  records[0].headers.add("ce_type", "second of its name");
  records[0].value = every_byte + every_byte;
  records[1].key = "";  // an empty key is a key
  records[1].value = std::string("a\0b", 3);
  records[2].value = "";  // no key, no headers, nothing
  records[3].headers.add("only", std::string(70'000, 'h'));
  f.append_all(Topic::events, 0, std::vector<Record>(records));

  const auto check = [&] {
    const auto reader = f.reader(Topic::events, 0, kLogStart);
    const auto read = f.read(*reader, records.size());
    REQUIRE(read.size() == records.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      CAPTURE(i);
      CHECK(read[i]->topic == Topic::events);
      CHECK(read[i]->partition == 0);
      CHECK(read[i]->key == records[i].key);
      CHECK(read[i]->headers.bytes() == records[i].headers.bytes());
      CHECK(read[i]->value == records[i].value);
      CHECK(read[i]->appended_at > 0);
      if (i > 0) CHECK(read[i]->appended_at >= read[i - 1]->appended_at);
    }
  };
  check();
  if (!f.engine->capabilities().durable) return;
  f.reopen();
  check();
}

TEST_CASE("Reader: begins at the start, at an offset, or at the end") {
  Fixture f;
  const auto results = f.append_all(Topic::events, 0, numbered(0, 30));
  const auto whole = f.reader(Topic::events, 0, kLogStart);
  CHECK(f.read(*whole, 30).size() == 30);
  CHECK(whole->position() == results.back().offset + 1);

  const auto middle = f.reader(Topic::events, 0, results[10].offset);
  CHECK(middle->position() == results[10].offset);
  const auto some = f.read(*middle, 5);
  REQUIRE(some.size() == 5);
  CHECK(some[0]->value == "10");
  CHECK(middle->position() == results[15].offset);

  const auto tail = f.reader(Topic::events, 0, results.back().offset + 1);
  std::vector<RecordPtr> none;
  const auto got = tail->read(10, none);
  REQUIRE(got.has_value());
  CHECK(*got == 0);
}

TEST_CASE("Reader: never gives more than asked for, and skips nothing between calls") {
  Fixture f;
  f.append_all(Topic::attempts, 1, numbered(0, 200));
  const auto reader = f.reader(Topic::attempts, 1, kLogStart);
  std::vector<RecordPtr> records;
  REQUIRE(f.eventually([&] {
    const std::size_t before = records.size();
    const auto got = reader->read(7, records);
    REQUIRE(got.has_value());
    CHECK(*got <= 7);
    CHECK(records.size() == before + *got);
    return records.size() == 200 || (*got > 0 && (f.bell.ring(), false));
  }));
  for (std::size_t i = 0; i < records.size(); ++i) CHECK(records[i]->value == std::to_string(i));
}

TEST_CASE("Reader: a caught-up reader is woken by an append") {
  Fixture f;
  f.append_all(Topic::events, 2, numbered(0, 3));
  Bell woken;
  const auto reader = f.log->reader(Topic::events, 2, kLogStart, woken.wake());
  std::vector<RecordPtr> records;
  for (int from = 3; from < 6; ++from) {
    REQUIRE(f.eventually([&] {
      const auto got = reader->read(100, records);
      REQUIRE(got.has_value());
      return records.size() == static_cast<std::size_t>(from);
    }));
    const auto idle = reader->read(100, records);
    REQUIRE(idle.has_value());
    CHECK(*idle == 0);
    f.append_all(Topic::events, 2, numbered(from, from + 1));
    // Waits for the wake alone; one that was left from before only costs another round.
    const auto end = std::chrono::steady_clock::now() + f.engine->capabilities().patience;
    while (records.size() <= static_cast<std::size_t>(from) && std::chrono::steady_clock::now() < end) {
      woken.wait(Millis(5'000));
      REQUIRE(reader->read(100, records).has_value());
    }
    REQUIRE(records.size() == static_cast<std::size_t>(from) + 1);
  }
}

TEST_CASE("Reader: those of different partitions and topics do not mix") {
  Fixture f;
  for (std::int32_t p = 0; p < kPartitions; ++p) f.append(Topic::events, p, record("e" + std::to_string(p)));
  f.append(Topic::dead_letters, 1, record("dead"));
  for (std::int32_t p = 0; p < kPartitions; ++p) {
    const auto reader = f.reader(Topic::events, p, kLogStart);
    const auto read = f.read(*reader, 1);
    REQUIRE(read.size() == 1);
    CHECK(read[0]->value == "e" + std::to_string(p));
    CHECK(read[0]->partition == p);
  }
  const auto dead = f.reader(Topic::dead_letters, 1, kLogStart);
  const auto read = f.read(*dead, 1);
  REQUIRE(read.size() == 1);
  CHECK(read[0]->value == "dead");
  CHECK(read[0]->topic == Topic::dead_letters);
}

TEST_CASE("Reader: two readers of one partition are independent") {
  Fixture f;
  f.append_all(Topic::progress, 0, numbered(0, 20));
  const auto first = f.reader(Topic::progress, 0, kLogStart);
  const auto second = f.reader(Topic::progress, 0, kLogStart);
  CHECK(f.read(*first, 20).size() == 20);
  CHECK(f.read(*second, 5).size() == 5);
  f.append_all(Topic::progress, 0, numbered(20, 25));
  CHECK(f.read(*first, 5).size() == 5);
  CHECK(f.read(*second, 20).size() == 20);
}

TEST_CASE("Log: offsets say where a partition begins and ends") {
  Fixture f;
  auto range = f.log->offsets(Topic::events, 0, kTimeout);
  REQUIRE(range.has_value());
  CHECK(range->start == 0);
  CHECK(range->end == 0);
  const auto results = f.append_all(Topic::events, 0, numbered(0, 10));
  range = f.log->offsets(Topic::events, 0, kTimeout);
  REQUIRE(range.has_value());
  CHECK(range->start == 0);
  CHECK(range->end == results.back().offset + 1);
}

TEST_CASE("Log: trim deletes what is below, and offsets go on from where they were") {
  Fixture f;
  const auto results = f.append_all(Topic::attempts, 0, numbered(0, 10));
  REQUIRE(f.log->trim(Topic::attempts, 0, results[6].offset, kTimeout).has_value());
  auto range = f.log->offsets(Topic::attempts, 0, kTimeout);
  REQUIRE(range.has_value());
  CHECK(range->start == results[6].offset);
  {
    const auto reader = f.reader(Topic::attempts, 0, kLogStart);
    const auto read = f.read(*reader, 4);
    REQUIRE(read.size() == 4);
    CHECK(read[0]->value == "6");
  }

  // Everything trimmed: the next record does not get an old offset, after opening again neither.
  REQUIRE(f.log->trim(Topic::attempts, 0, results[9].offset + 1, kTimeout).has_value());
  if (f.engine->capabilities().durable) f.reopen();
  CHECK(f.append(Topic::attempts, 0, record("new")).offset == results[9].offset + 1);
  range = f.log->offsets(Topic::attempts, 0, kTimeout);
  REQUIRE(range.has_value());
  CHECK(range->start == results[9].offset + 1);
  CHECK(range->end == results[9].offset + 2);
}

TEST_CASE("Log: trimming below the start changes nothing") {
  Fixture f;
  const auto results = f.append_all(Topic::attempts, 0, numbered(0, 10));
  REQUIRE(f.log->trim(Topic::attempts, 0, results[5].offset, kTimeout).has_value());
  REQUIRE(f.log->trim(Topic::attempts, 0, results[2].offset, kTimeout).has_value());
  CHECK(f.log->offsets(Topic::attempts, 0, kTimeout)->start == results[5].offset);
}

TEST_CASE("Reader: a position below the log's start is not_found") {
  Fixture f;
  const auto results = f.append_all(Topic::attempts, 0, numbered(0, 10));
  REQUIRE(f.log->trim(Topic::attempts, 0, results[5].offset, kTimeout).has_value());
  const auto reader = f.reader(Topic::attempts, 0, results[2].offset);
  CHECK(error_of(f, *reader).code == Code::not_found);
}

TEST_CASE("Reader: a position beyond the log's end is not_found") {
  Fixture f;
  f.append_all(Topic::attempts, 0, numbered(0, 3));
  const auto reader = f.reader(Topic::attempts, 0, 1'000);
  CHECK(error_of(f, *reader).code == Code::not_found);
}

TEST_CASE("Log: offset_at finds the first record that is not earlier") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(0, 50));
  const auto reader = f.reader(Topic::events, 0, kLogStart);
  const auto read = f.read(*reader, 50);
  REQUIRE(read.size() == 50);
  const UnixMillis first = read.front()->appended_at;
  const UnixMillis last = read.back()->appended_at;
  CHECK(f.log->offset_at(Topic::events, 0, 1, kTimeout) == read.front()->offset);
  CHECK(f.log->offset_at(Topic::events, 0, first, kTimeout) == read.front()->offset);
  CHECK(f.log->offset_at(Topic::events, 0, last + 3'600'000, kTimeout) == read.back()->offset + 1);
  for (const RecordPtr& each : read)
    if (each->appended_at == last) {
      CHECK(f.log->offset_at(Topic::events, 0, last, kTimeout) == each->offset);
      break;
    }
}

TEST_CASE("Log: offset_at of an empty partition is its end") {
  Fixture f;
  CHECK(f.log->offset_at(Topic::events, 2, 1, kTimeout) == 0);
}

TEST_CASE("Log: opened again, it has every record where it was") {
  Fixture f;
  if (!f.engine->capabilities().durable) return;
  std::vector<std::vector<log::AppendResult>> results;
  for (std::int32_t p = 0; p < kPartitions; ++p) results.push_back(f.append_all(Topic::events, p, numbered(0, 40 + p)));
  f.append(Topic::registry, 0, record("resource"));
  for (int times = 0; times < 2; ++times) {
    f.reopen();
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const auto& expected = results[static_cast<std::size_t>(p)];
      const auto reader = f.reader(Topic::events, p, kLogStart);
      const auto read = f.read(*reader, expected.size());
      REQUIRE(read.size() == expected.size());
      for (std::size_t i = 0; i < read.size(); ++i) {
        CHECK(read[i]->offset == expected[i].offset);
        CHECK(read[i]->value == std::to_string(i));
      }
    }
    CHECK(f.log->offsets(Topic::registry, 0, kTimeout)->end == 1);
  }
  CHECK(f.append(Topic::events, 0, record("next")).offset == results[0].back().offset + 1);
}

}  // namespace certes::contract
