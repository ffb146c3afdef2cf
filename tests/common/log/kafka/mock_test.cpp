// The appender, and the carrier of questions, against librdkafka's mock cluster, which can be told to fail.

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <fstream>

#include "common/log/kafka/appender.hpp"
#include "common/log/kafka/question_carrier.hpp"
#include "tests/common/log/kafka/harness.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes {
namespace {

const std::atomic<std::int32_t> kPartitions{3};

log::kafka::Troubles& troubles() {
  static const SystemClock clock;
  static log::kafka::Troubles troubles(clock, nullptr);
  return troubles;
}

using log::AppendOutcome;
using log::Topic;
using log::kafka::Client;

constexpr std::int16_t kProduce = 0;

// Of nobody: a file that can be read as an authority's.
constexpr const char* kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBcDCCARWgAwIBAgIUUlqcLraidgbWFJ5W+fpchLUsOI0wCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjEwNDUwNTlaGA8yMTI2MTAyODA0NTA1OVow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKpYt4JpEoGw
e1OA65A5MiEAh3+VUzpDvHj7Y9WVSZuDLhtuhkDUclcttieUF5tlXRIQXA2PDwLl
KZC1O786daOjUzBRMB0GA1UdDgQWBBSajWFfWLlApfzGnUMnX+qIo8wAbjAfBgNV
HSMEGDAWgBSajWFfWLlApfzGnUMnX+qIo8wAbjAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0kAMEYCIQC/ABvNcASxMX0z5KFdgqRYHCunsBYoU04woY/CvJ73
pAIhAK3XHkdgV+S5o5GUYjLU3yGoMPZPjKsCdBOLoc4sh+cM
-----END CERTIFICATE-----
)";

class MockCluster {
 public:
  MockCluster() {
    char text[256];
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text));
    cluster_ = rd_kafka_mock_cluster_new(client_.get(), 1);
    options_ = test::kafka_options(rd_kafka_mock_cluster_bootstraps(cluster_));
    for (const auto& spec : log::kafka::topic_specs(options_))
      rd_kafka_mock_topic_create(cluster_, spec.name.c_str(), spec.partitions, 1);
  }
  ~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }

  const log::kafka::Options& options() const { return options_; }
  template <class... Codes>
  void fail_produce(Codes... codes) {
    rd_kafka_mock_push_request_errors(cluster_, kProduce, sizeof...(codes), codes...);
  }
  void answer_after(int ms) { rd_kafka_mock_broker_set_rtt(cluster_, 1, ms); }

 private:
  Client client_;
  rd_kafka_mock_cluster_t* cluster_;
  log::kafka::Options options_;
};

}  // namespace

TEST_CASE("Kafka appender: a passing refusal is tried again") {
  MockCluster cluster;
  cluster.fail_produce(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  test::Bell bell;
  log::kafka::KafkaAppender appender(cluster.options(), {.deadline = Millis(0), .ordered = true}, kPartitions,
                                     troubles(), bell.wake());
  CHECK(test::append(appender, bell, Topic::events, 0, test::record_of("x")).outcome == AppendOutcome::persisted);
}

TEST_CASE("Kafka appender: what kept its producer from being made is mended while it runs") {
  const test::TemporaryDirectory directory;
  MockCluster cluster;
  auto options = cluster.options();
  options.kafka.security_protocol = "ssl";
  options.kafka.ca_file = directory.path() + "/ca.pem";
  test::Bell bell;
  log::kafka::KafkaAppender appender(options, {.deadline = Millis(0), .ordered = true}, kPartitions, troubles(),
                                     bell.wake());
  const auto append = [&] { return appender.append(Topic::events, 0, test::record_of("x"), [](auto&&) {}); };
  const auto refused = append();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().message.find("ssl.ca.location") != std::string::npos);
  std::ofstream(options.kafka.ca_file) << kCertificate;
  CHECK(test::eventually(bell, [&] { return append().has_value(); }));
}

TEST_CASE("Kafka appender: a refusal for good is not persisted, and names its cause") {
  MockCluster cluster;
  cluster.fail_produce(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  test::Bell bell;
  log::kafka::KafkaAppender appender(cluster.options(), {}, kPartitions, troubles(), bell.wake());
  const auto result = test::append(appender, bell, Topic::events, log::kAnyPartition, test::record_of("x"));
  CHECK(result.outcome == AppendOutcome::not_persisted);
  CHECK(result.error.code == Code::forbidden);
  CHECK_FALSE(result.fatal);
}

TEST_CASE("Kafka appender: a fatal error of the ordered producer is said to be one, and a new appender works") {
  MockCluster cluster;
  test::Bell bell;
  {
    log::kafka::KafkaAppender appender(cluster.options(), {.deadline = Millis(0), .ordered = true}, kPartitions,
                                       troubles(), bell.wake());
    REQUIRE(test::append(appender, bell, Topic::events, 0, test::record_of("1")).outcome == AppendOutcome::persisted);
    SUBCASE("numbers out of order") { cluster.fail_produce(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER); }
    SUBCASE("an old epoch") { cluster.fail_produce(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH); }
    const auto result = test::append(appender, bell, Topic::events, 0, test::record_of("2"));
    CAPTURE(result.error.message);
    CHECK(result.outcome != AppendOutcome::persisted);
    CHECK(result.fatal);
    // What follows ends, too.
    CHECK(test::append(appender, bell, Topic::events, 0, test::record_of("3")).outcome != AppendOutcome::unknown);
  }
  log::kafka::KafkaAppender fresh(cluster.options(), {.deadline = Millis(0), .ordered = true}, kPartitions, troubles(),
                                  bell.wake());
  CHECK(test::append(fresh, bell, Topic::events, 0, test::record_of("4")).outcome == AppendOutcome::persisted);
}

TEST_CASE("Kafka appender: an acknowledgement that does not come in time is unknown") {
  MockCluster cluster;
  test::Bell bell;
  log::kafka::KafkaAppender appender(cluster.options(), {.deadline = Millis(500)}, kPartitions, troubles(),
                                     bell.wake());
  REQUIRE(test::append(appender, bell, Topic::events, 0, test::record_of("1")).outcome == AppendOutcome::persisted);
  cluster.answer_after(30'000);
  CHECK(test::append(appender, bell, Topic::events, 0, test::record_of("2")).outcome == AppendOutcome::unknown);
}

TEST_CASE("Kafka appender: no broker at all is not persisted, and destroying it does not wait") {
  test::Bell bell;
  const auto options = test::kafka_options("127.0.0.1:1");
  log::kafka::KafkaAppender appender(options, {.deadline = Millis(500)}, kPartitions, troubles(), bell.wake());
  for (const char* key : {"", "k"}) {
    log::Record record = test::record_of("x");
    if (*key) record.key = key;
    CHECK(test::append(appender, bell, Topic::events, log::kAnyPartition, std::move(record)).outcome ==
          AppendOutcome::not_persisted);
  }
  int called = 0;
  CHECK(appender.append(Topic::events, 0, test::record_of("y"), [&](log::AppendResult&&) { ++called; }).has_value());
  CHECK(appender.pending() == 1);
}

TEST_CASE("Kafka: what one carrier of questions is given comes to all that have begun, itself included") {
  const MockCluster cluster;
  test::Bell bell;
  // What it has been told since it began.
  struct Hearer {
    Hearer(const log::kafka::Options& options, test::Bell& bell)
        : carrier(std::move(*log::kafka::make_question_carrier(options))) {
      carrier->start([this, ring = bell.wake()](const log::RecordPtr& record) {
        if (record->value == "first") first = true;
        if (record->value == "second") second = true;
        ring();
      });
    }
    std::atomic<bool> first{false}, second{false};
    std::unique_ptr<log::QuestionCarrier> carrier;
  };
  Hearer one(cluster.options(), bell), other(cluster.options(), bell);
  // Nothing is promised: whoever has not begun to read hears none of it.
  const auto say = [&](const char* what, const std::function<bool()>& heard) {
    return test::eventually(bell, [&] { return heard() || (one.carrier->carry(test::record_of(what)), false); });
  };
  CHECK(say("first", [&] { return one.first && other.first; }));
  other.carrier->stop();
  CHECK(say("second", [&] { return one.second.load(); }));
  CHECK_FALSE(other.second);
}

}  // namespace certes
