// How clients and topics are set up, read back and compared with what is written here.

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "common/log/kafka/client.hpp"
#include "common/log/kafka/topics.hpp"

namespace certes {
namespace {

using log::Topic;
using log::kafka::Role;

log::kafka::Options options() {
  log::kafka::Options made;
  made.kafka.brokers = "127.0.0.1:1";
  made.kafka.prefix = "certes.";
  return made;
}

std::string setting(const log::kafka::Client& client, const char* name) {
  char text[256];
  std::size_t size = sizeof text;
  REQUIRE(rd_kafka_conf_get(rd_kafka_conf(client.get()), name, text, &size) == RD_KAFKA_CONF_OK);
  return text;
}

}  // namespace

TEST_CASE("Kafka settings: what producers may lose or repeat, by role") {
  struct Case {
    Role role;
    const char *acks, *idempotence;
  };
  const Case cases[] = {{Role::ordered, "-1", "true"},
                        {Role::immediate, "-1", "false"},
                        {Role::batching, "-1", "false"},
                        {Role::lines, "0", "false"}};
  for (const Case& one : cases) {
    const auto client = log::kafka::make_client(options(), one.role, nullptr);
    REQUIRE(client);
    CAPTURE(static_cast<int>(one.role));
    CHECK(setting(*client, "acks") == one.acks);
    CHECK(setting(*client, "enable.idempotence") == one.idempotence);
  }
}

TEST_CASE("Kafka settings: no consumer commits by itself, or begins where nobody said") {
  for (const Role role : {Role::events, Role::reader, Role::follower, Role::member}) {
    const auto client = log::kafka::make_client(options(), role, nullptr);
    REQUIRE(client);
    CAPTURE(static_cast<int>(role));
    CHECK(setting(*client, "enable.auto.commit") == "false");
    CHECK(setting(*client, "enable.auto.offset.store") == "false");
    CHECK(setting(*client, "auto.offset.reset") == "error");
    CHECK(setting(*client, "allow.auto.create.topics") == "false");
  }
}

TEST_CASE("Kafka settings: how long topics keep what they hold where nothing is said") {
  const std::string for_ever = "-1";
  std::map<std::string, std::string> kept;
  for (const auto& spec : log::kafka::topic_specs(options())) {
    kept[spec.name] = spec.config.at("retention.ms");
    CHECK(spec.config.at("cleanup.policy") == "delete");
  }
  CHECK(kept["certes.registry"] == for_ever);
  CHECK(kept["certes.progress"] == for_ever);
  CHECK(kept["certes.events"] == for_ever);            // dispatchers trim it
  CHECK(kept["certes.dead-letters"] == "2592000000");  // 30 days
  CHECK(kept["certes.logs"] == "60000");
}

}  // namespace certes
