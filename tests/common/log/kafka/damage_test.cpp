// What becomes of batches whose bytes are damaged on a broker's disk.

#include <doctest/doctest.h>

#include <librdkafka/rdkafka.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/log/kafka/client.hpp"
#include "tests/common/log/kafka/harness.hpp"
#include "tests/common/log/kafka/own_broker.hpp"

namespace certes {
namespace {

using log::OnDamaged;
using log::Topic;

constexpr int kBatch = 5;  // records

// Three batches on partition 0. Each is sent when it is flushed, however long this process has to wait for its turn.
void produce_batches(const log::kafka::Options& options, Topic topic, const char* codec) {
  char text[512] = "";
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, const char*> settings[] = {
      {"bootstrap.servers", options.kafka.brokers.c_str()}, {"compression.codec", codec}, {"linger.ms", "60000"}};
  for (const auto& [name, value] : settings)
    REQUIRE(rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK);
  const log::kafka::Client producer(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text));
  REQUIRE(producer);
  const std::string name = log::kafka::topic_name(options, topic);
  for (int batch = 0; batch < 3; ++batch) {
    for (int i = 0; i < kBatch; ++i) {
      std::string value(200, static_cast<char>('a' + i));
      REQUIRE(rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(name.c_str()), RD_KAFKA_V_PARTITION(0),
                                RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    REQUIRE(rd_kafka_flush(producer.get(), 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
}

// What its header says of a batch in a segment: its length is that of all behind the first 12 bytes.
std::size_t length_of(const std::string& bytes, std::size_t at) {
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + at + 8, sizeof length);
  return __builtin_bswap32(length) + 12;
}

// The first bytes of the second batch's records.
void spoil(const test::OwnBroker& broker, const log::kafka::Options& options, Topic topic) {
  constexpr std::size_t kHeader = 61;
  const std::string path =
      broker.path("data/" + log::kafka::topic_name(options, topic) + "-0/00000000000000000000.log");
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  REQUIRE(bytes.size() > kHeader);
  const std::size_t second = length_of(bytes, 0);
  REQUIRE(second + length_of(bytes, second) < bytes.size());
  bytes.replace(second + kHeader, 4, 4, '\x7f');
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

struct Reading {
  Reading(log::kafka::Options with, OnDamaged on_damaged) : options(std::move(with)) {
    options.metrics = &metrics;
    options.on_damaged = on_damaged;
    auto opened = log::kafka::open(options, clock);
    REQUIRE(opened.has_value());
    log = std::move(*opened);
    REQUIRE(test::eventually(bell, [&] { return log->prepare().has_value(); }));
  }
  // The clock goes as fast as may be: slower than a fetch takes.
  std::vector<std::int64_t> offsets(const std::function<Result<std::size_t>(std::vector<log::RecordPtr>&)>& read) {
    std::vector<log::RecordPtr> records;
    CHECK(test::eventually(bell, [&] {
      clock.advance(Millis{200});
      (void)read(records);
      return records.size() == 2 * kBatch;
    }));
    std::vector<std::int64_t> offsets;
    for (const auto& record : records) offsets.push_back(record->offset);
    return offsets;
  }
  bool shows(const std::string& line) const { return metrics.text().find(line + "\n") != std::string::npos; }

  metrics::Metrics metrics;
  log::kafka::Options options;
  test::SteppedClock clock;
  test::Bell bell;
  std::unique_ptr<log::Log> log;
};

const std::vector<std::int64_t> kAround = {0, 1, 2, 3, 4, 10, 11, 12, 13, 14};
const std::string kLost = R"(certes_log_lost_records_total{topic="events"} 5)";

// "0r1r2d": what each wanted offset of a run came to, asked for again as long as nothing is known.
std::string picked(Reading& reading, log::PickRun run) {
  const auto picker = reading.log->picker(reading.bell.wake());
  std::string text;
  bool asked = false;
  CHECK(test::eventually(reading.bell, [&] {
    reading.clock.advance(Millis{200});
    if (!std::exchange(asked, true)) REQUIRE(picker->ask(run));
    std::vector<log::Picked> results;
    picker->poll(100, results);
    for (const auto& each : results) {
      if (each.fate == log::PickFate::done) return true;
      if (each.fate != log::PickFate::again) {
        text += std::to_string(each.offset) + "rgd"[static_cast<int>(each.fate)];
        continue;
      }
      if (each.error && each.error->code == Code::internal) return true;
      for (auto& range : run.wanted) range.start = std::max(range.start, each.offset);
      std::erase_if(run.wanted, [](const auto& range) { return range.start >= range.end; });
      asked = false;
    }
    return false;
  }));
  return text;
}

log::PickRun run_of(Topic topic, std::vector<log::OffsetRange> wanted) {
  log::PickRun run;
  run.topic = topic;
  run.wanted = std::move(wanted);
  return run;
}

void check_picked(const log::kafka::Options& options) {
  Reading reading(options, OnDamaged::unsaid);
  CHECK(picked(reading, run_of(Topic::events, {{0, 15}})) == "0r1r2r3r4r5d6d7d8d9d10r11r12r13r14r");
  CHECK(picked(reading, run_of(Topic::events, {{3, 4}, {7, 8}, {12, 13}})) == "3r7d12r");
  CHECK(picked(reading, run_of(Topic::events, {{6, 7}})) == "6d");
  CHECK(picked(reading, run_of(Topic::events, {{10, 12}})) == "10r11r");
  CHECK(reading.shows(kLost));
}

void check_passed(const log::kafka::Options& options) {
  Reading reading(options, OnDamaged::unsaid);
  const auto reader = reading.log->reader(Topic::events, 0, log::kLogStart, reading.bell.wake());
  CHECK(reading.offsets([&](auto& out) { return reader->read(100, out); }) == kAround);
  CHECK(reading.shows(kLost));
  test::NotedMember member(*reading.log, reading.bell);
  REQUIRE(test::eventually(reading.bell, [&] {
    member.poll();
    return member.owned.size() == 1;
  }));
  member.member->start(0, 0);
  CHECK(reading.offsets([&](auto& out) {
    member.poll();
    return member.member->read(100, out);
  }) == kAround);
  CHECK(reading.shows(kLost));  // not counted again
}

}  // namespace

TEST_CASE("Kafka damage: a batch that cannot be decoded is a counted loss, and what stands behind it is read") {
  test::OwnBroker broker;
  const auto packed = test::kafka_options(broker.brokers(), 1), plain = test::kafka_options(broker.brokers(), 1);
  for (const auto* options : {&packed, &plain}) test::open_prepared(*options);
  produce_batches(packed, Topic::events, "gzip");
  produce_batches(packed, Topic::registry, "gzip");
  produce_batches(plain, Topic::events, "none");
  broker.stop();
  spoil(broker, packed, Topic::events);
  spoil(broker, packed, Topic::registry);
  spoil(broker, plain, Topic::events);
  broker.start();

  check_passed(packed);
  check_passed(plain);  // of which librdkafka says nothing

  check_picked(packed);
  check_picked(plain);

  Reading stopped(packed, OnDamaged::stop);
  CHECK(picked(stopped, run_of(Topic::events, {{3, 12}})) == "3r4r");
  CHECK(picked(stopped, run_of(Topic::events, {{10, 12}})) == "10r11r");
  const auto reader = stopped.log->reader(Topic::events, 0, log::kLogStart, stopped.bell.wake());
  std::vector<log::RecordPtr> records;
  CHECK(test::eventually(stopped.bell, [&] {
    const auto read = reader->read(100, records);
    CHECK((read || read.error().code == Code::unavailable));
    return stopped.shows(R"(certes_log_trouble{reason="undecodable",topic="events"} 1)");
  }));
  CHECK(records.size() == kBatch);

  Reading unsaid(packed, OnDamaged::unsaid);
  const auto registry = unsaid.log->reader(Topic::registry, 0, 0, unsaid.bell.wake());
  std::optional<Error> error;
  records.clear();
  CHECK(test::eventually(unsaid.bell, [&] {
    const auto read = registry->read(100, records);
    if (!read) error = read.error();
    return error && error->code == Code::internal;
  }));
  CHECK(records.size() == kBatch);
  CHECK(error->message.find("store.on_damaged") != std::string::npos);
  Reading skipping(packed, OnDamaged::skip);
  const auto skipped = skipping.log->reader(Topic::registry, 0, 0, skipping.bell.wake());
  CHECK(skipping.offsets([&](auto& out) { return skipped->read(100, out); }) == kAround);
  CHECK(picked(unsaid, run_of(Topic::registry, {{4, 11}})) == "4r");
  CHECK(picked(skipping, run_of(Topic::registry, {{4, 6}, {10, 11}})) == "4r5d10r");
}

}  // namespace certes
