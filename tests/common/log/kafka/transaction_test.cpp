// Transactions of other programs on `events`: their marks are no records, and what stands behind an open one is not
// given.

#include <doctest/doctest.h>

#include "tests/common/log/kafka/harness.hpp"
#include "tests/common/log/kafka/meddling.hpp"

namespace certes {
namespace {

using log::Topic;

struct Reading {
  explicit Reading(int partitions = 1) : options(test::kafka_options(test::shared_brokers(), partitions)) {
    options.metrics = &metrics;
    test::open_prepared(options);
    auto opened = log::kafka::open(options, clock);
    REQUIRE(opened.has_value());
    log = std::move(*opened);
    REQUIRE(test::eventually(bell, [&] { return log->prepare().has_value(); }));
    member.emplace(*log, bell);
    REQUIRE(test::eventually(bell, [&] {
      member->poll();
      return member->owned.size() == 1;
    }));
    member->member->start(0, log::kLogStart);
  }
  bool read() {
    member->poll();
    clock.advance(Millis{500});
    const auto got = member->member->read(10, records);
    return got.has_value();
  }
  bool held(int count) const {
    return metrics.text().find(R"(certes_log_trouble{reason="open_transaction",topic="events"} )" +
                               std::to_string(count) + "\n") != std::string::npos;
  }
  std::string topic() const { return options.kafka.prefix + "events"; }

  metrics::Metrics metrics;
  log::kafka::Options options;
  test::SteppedClock clock;
  test::Bell bell;
  std::unique_ptr<log::Log> log;
  std::optional<test::NotedMember> member;
  std::vector<log::RecordPtr> records;
};

TEST_CASE("Kafka transactions: reading stands behind the marks of one, and behind what was aborted") {
  Reading reading;
  test::append_once(*reading.log, Topic::events, 0, test::record_of("own"));
  test::ForeignTransaction transaction(reading.options.kafka.brokers, reading.topic(), 0);
  transaction.put("never");
  transaction.abort();
  // The marks are written some time after the end was answered.
  constexpr std::int64_t kEnd = 3;
  REQUIRE(test::eventually(reading.bell, [&] {
    const auto range = reading.log->offsets(Topic::events, 0, Millis{5'000});
    return range.has_value() && range->end == kEnd;
  }));
  REQUIRE(test::eventually(reading.bell, [&] { return reading.read() && reading.records.size() == 1; }));

  REQUIRE(
      test::eventually(reading.bell, [&] { return reading.read() && reading.member->member->position(0) == kEnd; }));

  const auto reader = reading.log->reader(Topic::events, 0, 0, reading.bell.wake());
  std::vector<log::RecordPtr> records;
  REQUIRE(test::eventually(reading.bell, [&] { return reader->read(10, records) && reader->position() == kEnd; }));
  CHECK(records.size() == 1);
}

TEST_CASE("Kafka transactions: one that stays open is told, and what it held back is given when it ends") {
  Reading reading;
  test::ForeignTransaction transaction(reading.options.kafka.brokers, reading.topic(), 0);
  transaction.put("theirs");
  test::append_once(*reading.log, Topic::events, 0, test::record_of("own"));
  REQUIRE(test::eventually(reading.bell, [&] { return reading.read() && reading.held(1); }));
  CHECK(reading.records.empty());
  transaction.commit();
  REQUIRE(test::eventually(reading.bell, [&] { return reading.read() && reading.records.size() == 2; }));
  CHECK(test::eventually(reading.bell, [&] { return reading.read() && reading.held(0); }));
}

}  // namespace
}  // namespace certes
