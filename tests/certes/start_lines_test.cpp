#include "certes/start_lines.hpp"

#include <doctest/doctest.h>

#include "tests/common/config/files.hpp"

using namespace certes;
using command::Role;

TEST_CASE("Start lines: what runs, and where its data is") {
  config::Settings settings;
  settings.data = "/srv/certes";
  CHECK(start_line(Role::serve, settings) == "certes " CERTES_VERSION " serve: the log is embedded, in /srv/certes");
  settings.data = "here";
  CHECK(start_line(Role::serve, settings).find(" in /") != std::string::npos);
  settings.data = "/srv/certes";
  settings.store.engine = "kafka";
  settings.kafka.brokers = "k1:9092";
  CHECK(start_line(Role::gateway, settings) ==
        "certes " CERTES_VERSION
        " gateway: the log is Kafka at k1:9092, topics certes.*; what this process keeps is in "
        "/srv/certes");
}

TEST_CASE("Start lines: what may be done next, with the key that was made") {
  const testing::Directory directory;
  config::Settings settings;
  settings.data = directory.path();
  const std::map<std::string, std::string> urls{{"gateway", "http://127.0.0.1:9600"}, {"api", "http://127.0.0.1:9610"}};
  settings.dev = true;
  CHECK(next_line(Role::serve, settings, urls) ==
        "next: post events to http://127.0.0.1:9600/events, or: certes send hello.world '{}' --gateway-url "
        "http://127.0.0.1:9600; who gets them: certes endpoints list --url http://127.0.0.1:9610");
  settings.dev = false;
  CHECK(next_line(Role::serve, settings, urls).ends_with(" --key …"));
  const std::string key = directory.write("admin.key", "certes_x");
  CHECK(next_line(Role::serve, settings, urls).ends_with(" --key-file " + key));
  CHECK(next_line(Role::dispatcher, settings, {{"dispatcher", "http://127.0.0.1:9620"}}) ==
        "next: it delivers what gateways take; http://127.0.0.1:9620/health/ready says how it is");
}

TEST_CASE("Start lines: what is waited for at the end") {
  config::Settings settings;
  CHECK(draining_line(3, settings) == "draining 3 in flight; again to end at once");
  settings.shutdown_delay = Millis{2'500};
  CHECK(draining_line(0, settings) ==
        "not ready any more, and ends in 2.5 s: draining 0 in flight; again to end at once");
}
