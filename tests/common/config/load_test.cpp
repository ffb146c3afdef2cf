#include <doctest/doctest.h>

#include "common/config/origins.hpp"
#include "common/config/settings.hpp"
#include "tests/common/config/files.hpp"

using namespace certes;
using config::load;
using config::Sources;
using testing::Directory;

namespace {

std::string message_of(const Sources& sources) {
  const auto loaded = load(sources);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == Code::invalid);
  return loaded.error().message;
}

std::string file_error(const std::string& text) {
  const Directory directory;
  const std::string file = directory.write("certes.toml", text);
  const std::string message = message_of({file, {}, {}});
  REQUIRE(message.starts_with(file));
  return message.substr(file.size());
}

}  // namespace

TEST_CASE("Settings: nothing given gives the defaults") {
  const auto settings = load({});
  REQUIRE(settings.has_value());
  CHECK(settings->gateway.listen == "127.0.0.1:9600");
  CHECK(settings->store.engine == "sqlite");
  CHECK(settings->drain_timeout == Millis{25'000});
  CHECK(settings->kafka.group == "certes.dispatcher");
}

TEST_CASE("Settings: the environment beats the file, and flags beat both") {
  const Directory directory;
  const std::string file = directory.write("certes.toml",
                                           "drain_seconds = 1.5\n[gateway]\nlisten = \"a:1\"\nloops = 2\n"
                                           "[api]\nlisten = \"a:2\"\nenabled = false\n");
  const auto settings =
      load({file, {{"CERTES_GATEWAY_LISTEN", "b:1"}, {"CERTES_API_LISTEN", "b:2"}}, {{"api.listen", "c:2"}}});
  REQUIRE(settings.has_value());
  CHECK(settings->drain_timeout == Millis{1'500});
  CHECK(settings->gateway.loops == 2);
  CHECK(settings->gateway.listen == "b:1");
  CHECK(settings->api.listen == "c:2");
  CHECK_FALSE(settings->api.enabled);
}

TEST_CASE("Settings: an unknown key in a file is refused with its line and the nearest key") {
  CHECK(file_error("[gateway]\n\nlistne = \"a:1\"\n") ==
        ":3: unknown setting gateway.listne; did you mean gateway.listen?");
  CHECK(file_error("[gatway]\nlisten = \"a:1\"\n").starts_with(":1: unknown setting gatway"));
  CHECK(file_error("[dispatcher]\nmax_body_bytes = 1\n").ends_with("did you mean gateway.max_body_bytes?"));
  CHECK(file_error("zzzzzzzz = 1\n") == ":1: unknown setting zzzzzzzz");
}

TEST_CASE("Settings: room for unfinished requests is that of some bodies at least") {
  const std::string body = "[gateway]\nmax_body_bytes = 1000000\nunfinished_bytes = ";
  const Directory directory;
  for (const char* enough : {"0\n", "4000000\n"})
    CHECK(load({directory.write("certes.toml", body + enough), {}, {}}).has_value());
  CHECK(message_of({directory.write("certes.toml", body + "3999999\n"), {}, {}}) ==
        "gateway.unfinished_bytes must be 0, or at least four of the largest bodies: 4000000");
  CHECK(message_of({{}, {{"CERTES_API_UNFINISHED_BYTES", "5"}}, {}}).starts_with("api.unfinished_bytes must be 0, or"));
}

TEST_CASE("Settings: room for what all watchers have not read is that of one at least") {
  const std::string one = "[gateway]\nmax_body_bytes = 1000000\nstream_buffer_bytes = 100000\nstream_buffers_bytes = ";
  const Directory directory;
  for (const char* enough : {"0\n", "2100000\n"})
    CHECK(load({directory.write("certes.toml", one + enough), {}, {}}).has_value());
  CHECK(message_of({directory.write("certes.toml", one + "2099999\n"), {}, {}}).ends_with("largest bodies: 2100000"));
}

TEST_CASE("Settings: wrong types, ranges and forms in a file are refused with their line") {
  CHECK(file_error("[gateway]\nlisten = 9600\n") == ":2: gateway.listen must be a string, not an integer");
  CHECK(file_error("[gateway]\nloops = 0\n") == ":2: gateway.loops must be from 1 to 256, not 0");
  CHECK(file_error("[gateway]\nloops = 99999999999\n") == ":2: gateway.loops must be from 1 to 256, not 99999999999");
  CHECK(file_error("[store]\nreserve_bytes = -1\n") == ":2: store.reserve_bytes must be at least 0, not -1");
  CHECK(file_error("[gateway]\nlisten = \"9600\"\n") ==
        ":2: gateway.listen must be host:port or [v6]:port, not \"9600\"");
  CHECK(file_error("[dispatcher]\nallow_networks = [\"10.0.0.0/8\", \"ten\"]\n") ==
        ":2: dispatcher.allow_networks must be networks like 10.0.0.0/8 or fd00::/8, not \"ten\"");
  CHECK(file_error("[dispatcher]\nallow_networks = [1]\n") ==
        ":2: dispatcher.allow_networks must be a list of strings, not a list");
  CHECK(file_error("[store]\nengine = \"redis\"\n") == ":2: store.engine must be sqlite or kafka, not \"redis\"");
  CHECK(file_error("[kafka]\nprefix = \"a b\"\n") ==
        ":2: kafka.prefix must be at most 200 letters, digits, '.', '_' and '-', not \"a b\"");
  CHECK(file_error("drain_seconds = nan\n").starts_with(":1: drain_seconds must be from 0 to 3600"));
  CHECK(file_error("[gateway\n").starts_with(":1: "));
}

TEST_CASE("Settings: a file that is not there is refused by name") {
  CHECK(message_of({"/nowhere/certes.toml", {}, {}}) == "/nowhere/certes.toml: No such file or directory");
}

TEST_CASE("Settings: an unknown variable is refused with the nearest one") {
  CHECK(message_of({"", {{"CERTES_GATEWAY_LISTN", "a:1"}}, {}}) ==
        "CERTES_GATEWAY_LISTN: unknown variable; did you mean CERTES_GATEWAY_LISTEN?");
  CHECK(message_of({"", {{"CERTES_GATEWAY_LOOPS", "two"}}, {}}) ==
        "CERTES_GATEWAY_LOOPS: gateway.loops must be an integer, not \"two\"");
}

TEST_CASE("Settings: variables of commands, scripts and tests are no settings") {
  const auto settings = load({"",
                              {{"CERTES_URL", "x"},
                               {"CERTES_KEY", "x"},
                               {"CERTES_GATEWAY_URL", "x"},
                               {"CERTES_CACHE", "x"},
                               {"CERTES_CA_FILE", "x"},
                               {"CERTES_TEST_BROKERS", "x"},
                               {"PATH", "x"}},
                              {}});
  CHECK(settings.has_value());
}

TEST_CASE("Settings: Kubernetes' links to Services are no settings") {
  const std::map<std::string, std::string> links = {{"CERTES_SERVICE_HOST", "10.0.0.1"},
                                                    {"CERTES_SERVICE_PORT", "9600"},
                                                    {"CERTES_GATEWAY_SERVICE_PORT_HTTP", "9600"},
                                                    {"CERTES_PORT", "tcp://10.0.0.1:9600"},
                                                    {"CERTES_DNS_PORT", "udp://10.0.0.1:53"},
                                                    {"CERTES_GATEWAY_PORT_9600_TCP", "tcp://10.0.0.1:9600"},
                                                    {"CERTES_GATEWAY_PORT_9600_TCP_ADDR", "10.0.0.1"},
                                                    {"CERTES_GATEWAY_PORT_9600_TCP_PORT", "9600"},
                                                    {"CERTES_GATEWAY_PORT_9600_SCTP_PROTO", "sctp"}};
  CHECK(load({"", links, {}}).has_value());
  for (const char* name : {"CERTES_SERVICE", "CERTES_PORT", "CERTES_PORT_X_TCP_ADDR", "CERTES_PORT_9600_TCP_NAME"}) {
    CAPTURE(std::string(name));
    CHECK(message_of({"", {{name, "9600"}}, {}}).starts_with(std::string(name) + ": unknown variable"));
  }
  CHECK(message_of({"", {{"CERTES_KAFKA_PARTITIONS", "tcp://10.0.0.1:1"}}, {}}).starts_with("CERTES_KAFKA_PARTITIONS"));
}

TEST_CASE("Settings: keys come from the environment alone") {
  const Directory directory;
  const std::string file = directory.write("admin", "certes_abc\n");
  const auto settings = load({"", {{"CERTES_SECRETS_KEY", "a, b"}, {"CERTES_ADMIN_KEY_FILE", file}}, {}});
  REQUIRE(settings.has_value());
  CHECK(settings->secrets_keys == std::vector<std::string>{"a", "b"});
  CHECK(settings->admin_key == "certes_abc");
  CHECK(file_error("admin_key = \"x\"\n").starts_with(":1: unknown setting admin_key"));
}

TEST_CASE("Settings: an unknown flag is refused with the nearest setting") {
  CHECK(message_of({"", {}, {{"gateway.loop", "1"}}}) ==
        "flag: unknown setting gateway.loop; did you mean gateway.loops?");
}

TEST_CASE("Settings: lists in the environment are separated by commas") {
  const auto settings = load({"", {{"CERTES_DISPATCHER_ALLOW_NETWORKS", "10.0.0.0/8, fd00::/8"}}, {}});
  REQUIRE(settings.has_value());
  CHECK(settings->dispatcher.allow_networks == std::vector<std::string>{"10.0.0.0/8", "fd00::/8"});
}

TEST_CASE("Settings: brokers imply the Kafka log unless another is named") {
  CHECK(load({"", {}, {{"kafka.brokers", "localhost:9092"}}})->store.engine == "kafka");
  CHECK(load({"", {}, {{"kafka.brokers", "localhost:9092"}, {"store.engine", "sqlite"}}})->store.engine == "sqlite");
  CHECK(message_of({"", {}, {{"store.engine", "kafka"}}}).find("--brokers") != std::string::npos);
  CHECK(message_of({"", {}, {{"kafka.brokers", "localhost"}}}).find("host:port") != std::string::npos);
}

TEST_CASE("Settings: on Kafka the outcomes of attempts are kept for eleven days at least") {
  const std::string file = "[attempts]\nretention_seconds = 86400\n[events]\nretention_seconds = 3600\n";
  const Directory directory;
  const std::string path = directory.write("certes.toml", file);
  CHECK(load({path, {}, {}})->retention.attempts == std::chrono::days(1));
  CHECK(load({path, {}, {}})->retention.events == std::chrono::hours(1));
  CHECK(message_of({path, {}, {{"kafka.brokers", "localhost:9092"}}})
            .find("attempts.retention_seconds must be at least") != std::string::npos);
  CHECK(load({"", {}, {}})->retention.attempts == std::chrono::days(11));
}

TEST_CASE("Settings: Kafka's own properties pass through, by topic too") {
  const Directory directory;
  const std::string file =
      directory.write("certes.toml",
                      "[kafka]\nbrokers = \"k:9092\"\n[kafka.properties]\n\"socket.keepalive.enable\" = true\n"
                      "fetch.min.bytes = 1\n"
                      "[kafka.topic.dead-letters]\n\"retention.ms\" = 86400000\n");
  auto settings = load({file, {}, {{"kafka.properties.client.id", "mine"}}});
  CHECK_FALSE(settings.has_value());  // fetch.min.bytes without quotes is a table in TOML
  directory.write("certes.toml",
                  "[kafka]\nbrokers = \"k:9092\"\n[kafka.properties]\n\"socket.keepalive.enable\" = true\n"
                  "[kafka.topic.dead-letters]\n\"retention.ms\" = 86400000\n");
  settings = load({file, {}, {{"kafka.properties.client.id", "mine"}}});
  REQUIRE(settings.has_value());
  CHECK(settings->kafka.properties.at("socket.keepalive.enable") == "true");
  CHECK(settings->kafka.properties.at("client.id") == "mine");
  CHECK(settings->kafka.topic.at("dead-letters").at("retention.ms") == "86400000");
  CHECK(file_error("[kafka.topic.dead-leters]\n\"retention.ms\" = 1\n")
            .ends_with(":2: unknown topic dead-leters; did you mean dead-letters?"));
}

TEST_CASE("Settings: what does not go together is refused") {
  CHECK(message_of({"", {}, {{"allow_from", "10.0.0.0/8"}}}).find("--dev") != std::string::npos);
  CHECK(message_of({"", {}, {{"kafka.cert_file", "x"}}}).find("go together") != std::string::npos);
  CHECK(message_of({"", {}, {{"gateway.tls_cert_file", "x"}}}).find("go together") != std::string::npos);
  CHECK(message_of({"", {}, {{"api.tls_key_file", "x"}}}).find("api.tls_cert_file") != std::string::npos);
  CHECK(message_of({"", {}, {{"api.tls_client_ca_file", "x"}}}).find("needs api.tls_cert_file") != std::string::npos);
}

TEST_CASE("Settings: a description names every value's origin and hides secrets") {
  const Directory directory;
  const std::string file =
      directory.write("certes.toml", "[gateway]\nloops = 3\n[kafka.properties]\n\"sasl.password\" = \"hush\"\n");
  const auto loaded = config::load_with_origins({file, {{"CERTES_DATA", "d"}}, {{"dev", "true"}}});
  REQUIRE(loaded.has_value());
  std::map<std::string, config::SettingLine> lines;
  for (const config::SettingLine& line : config::describe(*loaded)) lines[line.name] = line;
  CHECK(lines.at("gateway.loops").value == "3");
  CHECK(lines.at("gateway.loops").default_value == "1");
  CHECK(lines.at("gateway.loops").origin == file + ":2");
  CHECK(lines.at("data").origin == "CERTES_DATA");
  CHECK(lines.at("dev").origin == "flag");
  CHECK(lines.at("drain_seconds").origin == "default");
  CHECK(lines.at("kafka.properties.sasl.password").value == "(not shown)");
}
