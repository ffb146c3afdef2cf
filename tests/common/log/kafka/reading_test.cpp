// How fast what stands on the log is read, on the shared broker.

#include <librdkafka/rdkafka.h>

#include "common/log/kafka/client.hpp"
#include "tests/common/log/kafka/harness.hpp"

namespace certes {
namespace {

using log::Topic;
using test::Bell;
using test::eventually;

void append_many(log::Log& log, int count, std::size_t bytes) {
  Bell bell;
  const auto appender = log.appender({.deadline = Millis(0), .ordered = true}, bell.wake());
  int persisted = 0;
  int taken = 0;
  REQUIRE(eventually(bell, [&] {
    while (taken < count) {
      const auto one = appender->append(
          Topic::events, 0, test::record_of(std::string(bytes, 'v')),
          [&](log::AppendResult&& result) { persisted += result.outcome == log::AppendOutcome::persisted ? 1 : 0; });
      if (!one.has_value()) break;
      ++taken;
    }
    appender->flush();
    appender->poll();
    return persisted == count;
  }));
}

// How long `read` takes to give them all, a wake-up or 10 ms between two calls.
template <class Read>
Millis time_of(Bell& bell, int count, Read read) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<log::RecordPtr> records;
  std::size_t got = 0;
  while (got < static_cast<std::size_t>(count)) {
    records.clear();
    const Result<std::size_t> some = read(records);
    REQUIRE_MESSAGE(some.has_value(), some.error().message);
    got += *some;
    if (*some == 0) bell.wait(Millis(10));
  }
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun);
}

// A batch of another program's: `count` records of `bytes` that compress well, in one zstd batch.
void produce_foreign_batch(const log::kafka::Options& options, int count, std::size_t bytes) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, std::string> settings[] = {{"bootstrap.servers", options.kafka.brokers},
                                                          {"compression.type", "zstd"},
                                                          {"message.max.bytes", "200000000"},
                                                          {"batch.size", "200000000"},
                                                          {"linger.ms", "60000"}};
  char text[256];
  for (const auto& [name, value] : settings)
    REQUIRE(rd_kafka_conf_set(conf, name, value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK);
  const log::kafka::Client producer(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text));
  REQUIRE(producer);
  const std::string topic = log::kafka::topic_name(options, Topic::events);
  // What is produced before the topic's leader is known is queued message by message once it is, some of it apart.
  const std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> known(
      rd_kafka_topic_new(producer.get(), topic.c_str(), nullptr), rd_kafka_topic_destroy);
  REQUIRE(known);
  const rd_kafka_metadata_t* metadata = nullptr;
  REQUIRE(rd_kafka_metadata(producer.get(), 0, known.get(), &metadata, 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_metadata_destroy(metadata);
  const std::string value(bytes, 'z');
  for (int i = 0; i < count; ++i)
    REQUIRE(rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
  REQUIRE(rd_kafka_flush(producer.get(), 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

}  // namespace

// librdkafka rests for up to a second whenever a client has fetched as much as it may: 40 of them here.
TEST_CASE("Kafka reading: what stands on the log is read without a rest, however much") {
  const auto log = test::open_prepared(test::kafka_options(test::shared_brokers(), 1));
  constexpr int kCount = 100'000;
  append_many(*log, kCount, 1'000);
  Bell bell;
  SUBCASE("by a reader") {
    const auto reader = log->reader(Topic::events, 0, log::kLogStart, bell.wake());
    const Millis took = time_of(bell, kCount, [&](auto& out) { return reader->read(1'024, out); });
    CAPTURE(took.count());
    CHECK(took < Millis(10'000));
  }
  SUBCASE("by a follower") {
    const auto reader = log->follower(Topic::events, 0, log::kLogStart);
    const Millis took = time_of(bell, kCount, [&](auto& out) { return reader->read(1'024, out); });
    CAPTURE(took.count());
    CHECK(took < Millis(10'000));
  }
  SUBCASE("by a member") {
    test::NotedMember member(*log, bell);
    REQUIRE(eventually(bell, [&] {
      member.poll();
      return member.owned.size() == 1;
    }));
    member.member->start(0, log::kLogStart);
    const Millis took = time_of(bell, kCount, [&](auto& out) {
      member.poll();
      return member.member->read(1'024, out);
    });
    CAPTURE(took.count());
    CHECK(took < Millis(10'000));
  }
}

TEST_CASE("Kafka reading: a foreign batch that unpacks to more than a fetch is read, and what stands behind it") {
  const auto options = test::kafka_options(test::shared_brokers(), 1);
  const auto log = test::open_prepared(options);
  produce_foreign_batch(options, 30, 900'000);
  test::append_once(*log, Topic::events, 0, test::record_of("own"));
  const auto records = test::read_all(*log, Topic::events, 0, 31);
  REQUIRE(records.size() == 31);
  CHECK(records[29]->value.size() == 900'000);
  CHECK(records[30]->value == "own");
}

TEST_CASE("Kafka reading: a partition that cannot be decoded is told, and counted until it is read again") {
  auto options = test::kafka_options(test::shared_brokers(), 1);
  metrics::Metrics metrics;
  options.metrics = &metrics;
  options.on_damaged = log::OnDamaged::stop;
  options.kafka.properties["receive.message.max.bytes"] = "8388608";
  const auto log = test::open_prepared(options);
  produce_foreign_batch(options, 30, 900'000);
  Bell bell;
  const auto reader = log->reader(Topic::events, 0, log::kLogStart, bell.wake());
  std::vector<log::RecordPtr> records;
  const auto counts = [&](const std::string& value) {
    return metrics.text().find(R"(certes_log_trouble{reason="undecodable",topic="events"} )" + value) !=
           std::string::npos;
  };
  CHECK(eventually(bell, [&] {
    const auto got = reader->read(10, records);
    CHECK((got.has_value() || got.error().code == Code::unavailable));
    return counts("1");
  }));
  CHECK(records.empty());
}

}  // namespace certes
