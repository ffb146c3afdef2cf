// Whose the open files of a process are.

#include "certes/descriptors.hpp"

#include <doctest/doctest.h>

using namespace certes;
using command::Role;

namespace {

std::size_t connections(const config::Settings& settings) {
  return static_cast<std::size_t>(settings.gateway.max_connections + settings.api.max_connections +
                                  settings.dispatcher.max_connections);
}

}  // namespace

TEST_CASE("Descriptors: where there is room, nothing is lowered and nothing is said") {
  config::Settings settings;
  CHECK_FALSE(share_descriptors(1u << 20, Role::serve, settings));
  CHECK(settings.gateway.max_connections == 10'000);
  CHECK(settings.api.max_connections == 1'000);
  CHECK(settings.dispatcher.in_flight_max == 4'096);
}

TEST_CASE("Descriptors: connections and requests together stay below what is allowed, less the reserve") {
  for (const std::size_t allowed : {128u, 256u, 300u, 1'024u, 4'096u, 16'000u}) {
    for (const char* engine : {"sqlite", "kafka"}) {
      CAPTURE(allowed);
      CAPTURE(engine);
      config::Settings settings;
      settings.store.engine = engine;
      const auto said = share_descriptors(allowed, Role::serve, settings);
      REQUIRE(said);
      CHECK(said->find("only " + std::to_string(allowed)) == 0);
      const std::size_t reserve = std::min<std::size_t>(allowed / 2, settings.store.engine == "kafka" ? 256 : 128);
      CHECK(connections(settings) + static_cast<std::size_t>(settings.dispatcher.in_flight_max) + reserve <= allowed);
      CHECK(settings.gateway.max_connections >= settings.api.max_connections);
      CHECK(settings.api.max_connections >= 8);
      CHECK(settings.dispatcher.max_connections >= 8);
      CHECK(settings.dispatcher.in_flight_max >= 8);
    }
  }
}

TEST_CASE("Descriptors: one line says what was lowered, from what, and what to do") {
  config::Settings settings;
  settings.api.max_connections = 10;
  const auto said = share_descriptors(256, Role::serve, settings);
  REQUIRE(said);
  CHECK(said->find("gateway.max_connections 66 of 10000") != std::string::npos);
  CHECK(said->find("dispatcher.in_flight_max 42 of 4096") != std::string::npos);
  CHECK(said->find("api.max_connections") == std::string::npos);
  CHECK(said->find("128 are kept for files and the log") != std::string::npos);
  CHECK(said->find("LimitNOFILE=") != std::string::npos);
  CHECK(said->find('\n') == std::string::npos);
}

TEST_CASE("Descriptors: a listener for metrics has its own beside the reserve") {
  config::Settings settings;
  settings.metrics_listen = "127.0.0.1:0";
  const auto said = share_descriptors(1'024, Role::gateway, settings);
  REQUIRE(said);
  CHECK(said->find("228 are kept for files and the log") != std::string::npos);
  CHECK(settings.gateway.max_connections + settings.api.max_connections == 1'024 - 228);
}

TEST_CASE("Descriptors: one listener leaves the reserve too") {
  CHECK(connections_within(1u << 20, 1'000) == 1'000);
  CHECK(connections_within(256, 1'000) == 128);
  CHECK(connections_within(100, 1'000) == 50);
}

TEST_CASE("Descriptors: a role shares among its own parts alone") {
  config::Settings settings;
  REQUIRE(share_descriptors(1'024, Role::gateway, settings));
  CHECK(settings.dispatcher.in_flight_max == 4'096);
  CHECK(settings.dispatcher.max_connections == 1'000);
  CHECK(settings.gateway.max_connections + settings.api.max_connections == 1'024 - 128);
  config::Settings other;
  REQUIRE(share_descriptors(1'024, Role::dispatcher, other));
  CHECK(other.gateway.max_connections == 10'000);
  CHECK(other.dispatcher.in_flight_max + other.dispatcher.max_connections == 1'024 - 128);
}
