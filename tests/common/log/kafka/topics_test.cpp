// Topics on the cluster: made as they must be, looser ones accepted, tighter ones refused with what to change.

#include <doctest/doctest.h>

#include "common/log/kafka/admin.hpp"
#include "common/log/kafka/client.hpp"
#include "tests/common/log/kafka/harness.hpp"

namespace certes {
namespace {

using log::Topic;
using log::kafka::Options;
using log::kafka::TopicSpec;

// Makes the topics as `change` has them, before Certes does.
void make_topics(const Options& options, const std::function<void(TopicSpec&)>& change) {
  auto specs = log::kafka::topic_specs(options);
  std::vector<const TopicSpec*> all;
  for (TopicSpec& spec : specs) {
    change(spec);
    all.push_back(&spec);
  }
  auto client = log::kafka::make_client(options, log::kafka::Role::admin, nullptr);
  REQUIRE(client.has_value());
  const auto made = log::kafka::create_topics(client->get(), all, Millis(10'000));
  REQUIRE_MESSAGE(made.has_value(), made.error().message);
}

Error refusal(const Options& options) {
  const auto prepared = test::open_log(options)->prepare();
  REQUIRE_FALSE(prepared.has_value());
  return prepared.error();
}

bool says(const Error& error, std::string_view text) { return error.message.find(text) != std::string::npos; }

}  // namespace

TEST_CASE("Kafka topics: are made as they must be, and accepted again") {
  const Options options = test::kafka_options(test::shared_brokers());
  CHECK(test::open_prepared(options)->partitions() == 3);
  CHECK(test::open_prepared(options)->partitions() == 3);
  auto client = log::kafka::make_client(options, log::kafka::Role::admin, nullptr);
  const auto specs = log::kafka::topic_specs(options);
  auto found = log::kafka::describe_topics(client->get(), specs, Millis(10'000));
  REQUIRE(found.has_value());
  for (const TopicSpec& spec : specs)
    for (const auto& [name, value] : spec.config) CHECK((*found)[spec.name][name] == value);
}

TEST_CASE("Kafka topics: two processes may make them at the same time") {
  const Options options = test::kafka_options(test::shared_brokers());
  std::vector<std::thread> starters;
  std::atomic<int> prepared{0};
  for (int i = 0; i < 4; ++i)
    starters.emplace_back([&] {
      const SystemClock clock;
      auto log = log::kafka::open(options, clock);
      if (log.has_value() && (*log)->prepare().has_value()) ++prepared;
    });
  for (std::thread& starter : starters) starter.join();
  CHECK(prepared == 4);
}

TEST_CASE("Kafka topics: tighter ones are refused, naming topic, setting, what is and what is needed") {
  Options options = test::kafka_options(test::shared_brokers());
  options.retention.max_wait = std::chrono::days(6);
  struct Case {
    Topic topic;
    std::string setting, found, needed;
  };
  const Case cases[] = {
      {Topic::events, "retention.ms", "3600000", "691200000"},  // 8 days
      {Topic::progress, "retention.ms", "604800000", "-1"},
      {Topic::dead_letters, "retention.bytes", "1000000", "-1"},
      {Topic::registry, "cleanup.policy", "compact", "delete"},
      {Topic::attempts, "message.timestamp.type", "CreateTime", "LogAppendTime"},
      {Topic::events, "max.message.bytes", "1048588", "1114112"},
      {Topic::dead_letters, "max.message.bytes", "1114112", "1179648"},
  };
  for (const Case& tight : cases) {
    Options own = options;
    own.kafka.prefix = test::unique_prefix();
    make_topics(own, [&](TopicSpec& spec) {
      if (spec.topic == tight.topic) spec.config[tight.setting] = tight.found;
    });
    const Error error = refusal(own);
    CAPTURE(error.message);
    CHECK(error.code == Code::invalid);
    CHECK(says(error, own.kafka.prefix + std::string(to_string(tight.topic)) + ": " + tight.setting + " is " +
                          tight.found + ", needed " + tight.needed));
  }
}

TEST_CASE("Kafka topics: events that go by themselves are accepted where what waits too long goes before") {
  Options options = test::kafka_options(test::shared_brokers());
  options.retention.max_wait = std::chrono::days(6);
  make_topics(options, [](TopicSpec& spec) {
    if (!spec.lines && spec.topic == Topic::events) spec.config["retention.ms"] = "691200000";
  });
  test::open_prepared(options);
  options.retention.max_wait = Millis{0};  // for ever
  CHECK(says(refusal(options), "retention.ms is 691200000, needed -1"));
}

TEST_CASE("Kafka topics: too few partitions are refused") {
  const Options options = test::kafka_options(test::shared_brokers());
  SUBCASE("too few") {
    make_topics(options, [](TopicSpec& spec) { spec.partitions = spec.topic == Topic::registry ? 1 : 2; });
    CHECK(says(refusal(options), "partitions is 2, needed 3"));
  }
  SUBCASE("a registry of two") {
    make_topics(options, [](TopicSpec& spec) { spec.partitions += spec.topic == Topic::registry ? 1 : 0; });
    CHECK(says(refusal(options), "registry: partitions is 2, must be 1"));
  }
}

TEST_CASE("Kafka topics: looser ones are accepted") {
  const Options options = test::kafka_options(test::shared_brokers());
  make_topics(options, [](TopicSpec& spec) {
    if (spec.topic != Topic::registry) spec.partitions = 5;
    spec.config["retention.ms"] = "-1";
    spec.config["max.message.bytes"] = "10000000";
  });
  CHECK(test::open_prepared(options)->partitions() == 5);
}

TEST_CASE("Kafka topics: where Certes may not make them, it says how to") {
  Options options = test::kafka_options(test::shared_brokers());
  options.kafka.create_topics = false;
  const Error error = refusal(options);
  CHECK(error.code == Code::invalid);
  CHECK(says(error, "kafka-topics.sh --create --topic " + options.kafka.prefix + "events --partitions 3"));
  CHECK(says(error, "--config message.timestamp.type=LogAppendTime"));
}

TEST_CASE("Kafka topics: the operator's own settings of a topic hold") {
  Options options = test::kafka_options(test::shared_brokers());
  options.kafka.topic["events"]["retention.ms"] = "3600000";
  options.kafka.topic["events"]["segment.ms"] = "600000";
  test::open_prepared(options);
  test::open_prepared(options);
}

TEST_CASE("Kafka topics: two installations with different prefixes share a broker unharmed") {
  const std::string brokers = test::shared_brokers();
  const auto one = test::open_prepared(test::kafka_options(brokers));
  const auto other = test::open_prepared(test::kafka_options(brokers));
  test::Bell bell;
  test::NotedMember here(*one, bell), there(*other, bell);
  test::append_once(*one, Topic::events, 0, test::record_of("one"));
  test::append_once(*other, Topic::events, 0, test::record_of("other"));
  REQUIRE(test::eventually(bell, [&] {
    here.poll();
    there.poll();
    return here.owned.size() == 3 && there.owned.size() == 3;
  }));
  CHECK(here.commit(bell, 0, {1, "of one"}).has_value());
  CHECK(there.committed(bell, 0).offset == log::kNoOffset);
  CHECK(test::read_all(*one, Topic::events, 0, 1).at(0)->value == "one");
  CHECK(test::read_all(*other, Topic::events, 0, 1).at(0)->value == "other");
  CHECK(one->offsets(Topic::events, 0, Millis(5'000))->end == 1);
}

TEST_CASE("Kafka topics: the largest accepted event can be dead-lettered") {
  Options options = test::kafka_options(test::shared_brokers());
  options.max_body_bytes = 1u << 20;
  const auto log = test::open_prepared(options);
  log::Record event;
  event.key = std::string(256, 'k');
  event.value = std::string(options.max_body_bytes, 'v');
  event.headers.add("ce_data", std::string(32u << 10, 'h'));  // all that the gateway takes of headers
  CHECK(event.size() <= log->max_record_bytes(Topic::events));
  log::Record dead_letter = event;
  dead_letter.headers.add("certes-error", std::string(4u << 10, 'e'));
  dead_letter.headers.add("certes-delivery", std::string(64, 'd'));
  CHECK(test::append_once(*log, Topic::events, 0, std::move(event)).outcome == log::AppendOutcome::persisted);
  const std::size_t size = dead_letter.size();
  CHECK(test::append_once(*log, Topic::dead_letters, 0, std::move(dead_letter)).outcome ==
        log::AppendOutcome::persisted);
  CHECK(test::read_all(*log, Topic::dead_letters, 0, 1).at(0)->size() == size);
}

TEST_CASE("Kafka settings: a property that does not exist, or that Certes relies on, is refused by name") {
  const SystemClock clock;
  Options options = test::kafka_options("127.0.0.1:1");
  std::string setting;
  SUBCASE("unknown") { options.kafka.properties[setting = "no.such.property"] = "1"; }
  SUBCASE("not a value of it") { options.kafka.properties[setting = "socket.timeout.ms"] = "soon"; }
  SUBCASE("ours") { options.kafka.properties[setting = "acks"] = "1"; }
  const auto log = log::kafka::open(options, clock);
  REQUIRE_FALSE(log.has_value());
  CHECK(log.error().code == Code::invalid);
  CHECK(log.error().pointer == "kafka.properties." + setting);
  CHECK(says(log.error(), setting));
}

TEST_CASE("Kafka settings: brokers that do not answer are unavailable") {
  const auto log = test::open_log(test::kafka_options("127.0.0.1:1"));
  const auto prepared = log->prepare();
  REQUIRE_FALSE(prepared.has_value());
  CHECK(prepared.error().code == Code::unavailable);
  CHECK_FALSE(log->health().has_value());
}

}  // namespace certes
