// What becomes of the topics while Certes runs, on a real broker.

#include <doctest/doctest.h>

#include "common/log/kafka/client.hpp"
#include "common/log/kafka/topic_watch.hpp"
#include "tests/common/log/kafka/harness.hpp"
#include "tests/common/log/kafka/meddling.hpp"

namespace certes {
namespace {

using log::Topic;

constexpr Topic kOwned[] = {Topic::events, Topic::attempts, Topic::dead_letters, Topic::progress};

std::string name_of(const log::kafka::Options& options, Topic topic) {
  return options.kafka.prefix + std::string(to_string(topic));
}

bool troubled(const metrics::Metrics& metrics, const std::string& topic, const std::string& reason, int count) {
  return metrics.text().find("certes_log_trouble{reason=\"" + reason + "\",topic=\"" + topic + "\"} " +
                             std::to_string(count) + "\n") != std::string::npos;
}

std::set<std::int32_t> places(log::Log& log, const std::optional<std::string>& key, int count) {
  test::Bell bell;
  const auto appender = log.appender({.deadline = Millis(0)}, bell.wake());
  std::set<std::int32_t> places;
  int ended = 0;
  for (int i = 0; i < count; ++i) {
    log::Record record = test::record_of(std::to_string(i));
    if (key) record.key = *key + std::to_string(i);
    const auto taken =
        appender->append(Topic::events, log::kAnyPartition, std::move(record), [&](log::AppendResult&& result) {
          ++ended;
          CHECK(result.outcome == log::AppendOutcome::persisted);
          places.insert(result.partition);
        });
    REQUIRE(taken.has_value());
    if (!key) REQUIRE(test::eventually(bell, [&] { return appender->poll(), ended > i; }));
  }
  REQUIRE(test::eventually(bell, [&] { return appender->poll(), ended == count; }));
  return places;
}

TEST_CASE("Kafka topics: partitions that only some have are told and not written; once all have them they are used") {
  metrics::Metrics metrics;
  auto options = test::kafka_options(test::shared_brokers());
  options.metrics = &metrics;
  test::open_prepared(options);
  test::add_partitions(options.kafka.brokers, name_of(options, Topic::events), 5);

  const auto log = test::open_prepared(options);
  test::Bell never;
  CHECK(log->partitions() == 3);
  REQUIRE(test::eventually(never, [&] { return troubled(metrics, "events", "unread_partitions", 2); }));
  for (const std::int32_t place : places(*log, "key", 100)) CHECK(place < 3);
  for (const std::int32_t place : places(*log, std::nullopt, 50)) CHECK(place < 3);

  for (const Topic topic : kOwned)
    if (topic != Topic::events) test::add_partitions(options.kafka.brokers, name_of(options, topic), 5);
  REQUIRE(test::eventually(never, [&] { return log->partitions() == 5; }));
  REQUIRE(test::eventually(never, [&] { return troubled(metrics, "events", "unread_partitions", 0); }));
  CHECK(places(*log, "key", 200).size() == 5);
  const auto appended = test::append_once(*log, Topic::attempts, 4, test::record_of("there"));
  CHECK(appended.outcome == log::AppendOutcome::persisted);
}

TEST_CASE("Kafka topics: one that is deleted is told, and made again with the partitions that are used") {
  metrics::Metrics metrics;
  auto options = test::kafka_options(test::shared_brokers());
  options.metrics = &metrics;
  const auto log = test::open_prepared(options);
  test::append_once(*log, Topic::attempts, 0, test::record_of("gone"));
  test::delete_topic(options.kafka.brokers, name_of(options, Topic::attempts));
  test::Bell never;
  REQUIRE(test::eventually(never, [&] { return troubled(metrics, "attempts", "missing", 1); }));
  REQUIRE(test::eventually(never, [&] { return troubled(metrics, "attempts", "missing", 0); }));
  const auto range = log->offsets(Topic::attempts, 2, Millis{5'000});
  REQUIRE(range.has_value());
  CHECK(range->end == 0);
}

TEST_CASE("Kafka topics: settings that others have tightened are told") {
  metrics::Metrics metrics;
  const auto options = test::kafka_options(test::shared_brokers());
  test::open_prepared(options);
  const auto client = log::kafka::make_client(options, log::kafka::Role::admin, nullptr);
  REQUIRE(client.has_value());
  test::SteppedClock clock;
  log::kafka::Troubles troubles(clock, &metrics);
  log::kafka::TopicWatch watch(client->get(), options, troubles);
  watch.begin(3);
  const auto set = [&](const std::string& bytes) {
    for (const auto& spec : log::kafka::topic_specs(options)) {
      if (spec.lines || spec.topic != Topic::events) continue;
      auto all = spec.config;
      all["max.message.bytes"] = bytes;
      test::set_config(options.kafka.brokers, spec.name, all);
    }
  };
  // A broker shows new settings some time after it has taken them.
  test::Bell bell;
  const auto told = [&](int count) {
    return test::eventually(bell, [&] {
      clock.advance(Millis{61'000});
      return watch.look(Millis{10'000}).has_value() && troubled(metrics, "events", "tight_settings", count);
    });
  };
  set("1000000");
  CHECK(told(1));
  set("2000000");
  CHECK(told(0));
}

TEST_CASE("Kafka topics: what a topic no longer takes is told, until it takes something again") {
  metrics::Metrics metrics;
  auto options = test::kafka_options(test::shared_brokers());
  options.metrics = &metrics;
  const auto log = test::open_prepared(options);
  test::Bell bell;
  const auto appender = log->appender({.deadline = Millis(0), .ordered = true}, bell.wake());
  test::set_config(options.kafka.brokers, name_of(options, Topic::attempts),
                   {{"max.message.bytes", "2000"}, {"message.timestamp.type", "LogAppendTime"}});
  // A broker goes by new settings some time after it has taken them.
  const std::string large(10'000, 'x');
  REQUIRE(test::eventually(bell, [&] {
    return test::append(*appender, bell, Topic::attempts, 0, test::record_of(large)).outcome ==
           log::AppendOutcome::not_persisted;
  }));
  CHECK(troubled(metrics, "attempts", "write_too_large", 1));
  const auto taken = test::append(*appender, bell, Topic::attempts, 0, test::record_of("small"));
  CHECK(taken.outcome == log::AppendOutcome::persisted);
  CHECK(troubled(metrics, "attempts", "write_too_large", 0));
}

TEST_CASE("Kafka topics: an appender that was made before uses partitions that are added") {
  const auto options = test::kafka_options(test::shared_brokers());
  const auto log = test::open_prepared(options);
  test::Bell bell;
  const auto appender = log->appender({.deadline = Millis(0), .ordered = true}, bell.wake());
  CHECK(test::append(*appender, bell, Topic::events, 2, test::record_of("before")).outcome ==
        log::AppendOutcome::persisted);
  for (const Topic topic : kOwned) test::add_partitions(options.kafka.brokers, name_of(options, topic), 4);
  REQUIRE(test::eventually(bell, [&] { return log->partitions() == 4; }));
  // It is known to the cluster before it is to the producer, which asks every ten seconds.
  REQUIRE(test::eventually(bell, [&] {
    return test::append(*appender, bell, Topic::events, 3, test::record_of("after")).outcome ==
           log::AppendOutcome::persisted;
  }));
}

}  // namespace
}  // namespace certes
