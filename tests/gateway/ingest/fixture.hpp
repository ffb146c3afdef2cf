#pragma once
// A gateway on a free port: its events go to a FakeLog, its registry is on an in-memory log of its own.

#include <doctest/doctest.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

#include "common/event/event.hpp"
#include "gateway/gateway.hpp"
#include "tests/fakes/fake_log.hpp"
#include "tests/fakes/http_client.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::gateway::ingest::testing {

using Json = nlohmann::json;
using fakes::eventually;
using fakes::Fate;
using Headers = std::vector<std::pair<std::string, std::string>>;

inline std::string request_text(std::string_view method, std::string_view target, const Headers& headers,
                                std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline Json json_of(const fakes::Answer& answer) { return Json::parse(answer.body, nullptr, false); }

struct Options {
  bool exact = false;  // the log de-duplicates by itself
  bool dev = true;
  Millis durable_timeout{20'000};
  std::size_t max_record_bytes = 2u << 20;
  int loops = 1;
  bool maintenance = false;
  std::size_t max_waiting = 10'000;
  Millis shed_after{60'000};
  std::string unknown_types = "open";
  std::vector<std::string> trusted_proxies = {};
  std::size_t max_connections_per_peer = 0;
  double unverified_per_second = 100;
};

class Ingest {
 public:
  explicit Ingest(const Options& options = {})
      : log(options.exact, options.max_record_bytes),
        sealer(std::move(*crypto::Sealer::make({crypto::Sealer::new_key()}))),
        addresses_(std::move(*http::AddressPolicy::make({}))),
        registry((prepare(), *registry_log_), clock) {
    settings.dev = options.dev;
    settings.gateway.listen = "127.0.0.1:0";
    settings.gateway.loops = options.loops;
    settings.gateway.maintenance = options.maintenance;
    settings.gateway.max_waiting = options.max_waiting;
    settings.gateway.shed_after = options.shed_after;
    settings.gateway.unknown_types = options.unknown_types;
    settings.gateway.trusted_proxies = options.trusted_proxies;
    settings.gateway.max_connections_per_peer = options.max_connections_per_peer;
    settings.gateway.unverified_per_second = options.unverified_per_second;
    settings.gateway.durable_timeout = options.durable_timeout;
    gateway = std::make_unique<Gateway>(Dependencies{settings, log, registry, sealer, metrics, clock, addresses_});
    REQUIRE(gateway->start());
    REQUIRE(eventually([this] { return registry.caught_up(); }));
  }
  ~Ingest() { gateway->stop(Millis{0}); }

  std::uint16_t port() const {
    const std::string address = gateway->address();
    std::uint16_t port = 0;
    std::from_chars(address.data() + address.rfind(':') + 1, address.data() + address.size(), port);
    return port;
  }
  fakes::RawClient client() const { return fakes::RawClient(port()); }
  // On a connection of its own, without waiting for the answer.
  fakes::RawClient begin(std::string_view target, const Headers& headers, std::string_view body) const {
    fakes::RawClient client(port());
    REQUIRE(client.send(request_text("POST", target, headers, body)));
    return client;
  }
  fakes::Answer post(std::string_view target, const Headers& headers, std::string_view body) const {
    return begin(target, headers, body).answer();
  }
  fakes::RawClient begin_json(std::string_view body) const {
    return begin("/events", {{"Content-Type", "application/json"}}, body);
  }
  fakes::Answer post_json(std::string_view body) const { return begin_json(body).answer(); }

  void declare(const std::string& kind, const std::string& id, const Json& body,
               const std::string& tenant = "default") {
    registry::Change change;
    change.kind = kind;
    change.tenant = tenant;
    change.id = id;
    change.body = body.dump();
    change.envelope.state = body.value("state", "");
    change.by = "test";
    const auto decided = registry.propose(change, Millis{10'000});
    REQUIRE_MESSAGE(decided, decided.error().message);
  }
  void source(const std::string& id, Json body, const std::string& tenant = "default") {
    if (body["verify"].contains("secrets"))
      for (auto& secret : body["verify"]["secrets"])
        secret = sealer.seal(secret.get<std::string>(), tenant + "/sources/" + id);
    declare("sources", id, body, tenant);
  }
  // Its text.
  std::string key(const std::string& id, const Json& scopes, const std::string& tenant = "default") {
    std::string text = crypto::new_api_key();
    declare("keys", id, {{"hash", crypto::hash_api_key(text)}, {"scopes", scopes}}, tenant);
    return text;
  }
  // Whether the metrics come to hold this line.
  bool counts(const std::string& line) {
    return eventually([&] { return metrics.text().find(line + "\n") != std::string::npos; });
  }

  fakes::FakeLog log;
  config::Settings settings;
  crypto::Sealer sealer;
  SystemClock clock;
  metrics::Metrics metrics;

 private:
  void prepare() { REQUIRE(registry_log_->prepare()); }

  std::unique_ptr<log::Log> registry_log_ = log::memory::make(log::memory::Options{});
  http::AddressPolicy addresses_;

 public:
  registry::Registry registry;
  std::unique_ptr<Gateway> gateway;
};

}  // namespace certes::gateway::ingest::testing
