// Two tenants at one gateway: whoever fills its places gives way to the other.
#include <doctest/doctest.h>

#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

class Shared {
 public:
  Shared()
      : sealer_(*crypto::Sealer::make({crypto::Sealer::new_key()})),
        addresses_(*http::AddressPolicy::make({})),
        log_(made()),
        registry_(log_, clock_) {
    settings_.gateway.listen = "127.0.0.1:0";
    settings_.gateway.stream_watchers = 4;
    settings_.gateway.max_waiters = 4;
    gateway_ = std::make_unique<gateway::Gateway>(
        gateway::Dependencies{settings_, log_, registry_, sealer_, metrics_, clock_, addresses_});
    REQUIRE(gateway_->start());
    REQUIRE(eventually([this] { return registry_.caught_up(); }));
    for (const char* tenant : {"acme", "globex"}) {
      declare("tenants", "default", tenant, Json::object());
      declare("keys", tenant, "own", {{"hash", crypto::hash_api_key(tenant)}, {"scopes", {"*"}}});
    }
  }
  ~Shared() { gateway_->stop(Millis{0}); }

  // A client that has asked, with the tenant's key.
  fakes::RawClient ask(const std::string& tenant, std::string_view method, std::string_view target, Headers headers,
                       std::string_view body = {}) const {
    const std::string address = gateway_->address();
    fakes::RawClient client(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    headers.emplace_back("Authorization", "Bearer " + tenant);
    REQUIRE(client.send(request_text(method, target, headers, body)));
    return client;
  }
  fakes::RawClient watch(const std::string& tenant) const { return ask(tenant, "GET", "/stream", {}); }
  fakes::RawClient wait(const std::string& tenant) const {
    return ask(tenant, "POST", "/events", {{"Content-Type", "application/json"}, {"Prefer", "wait=30"}},
               R"({"type":"a","data":1})");
  }
  bool shows(const std::string& line) const { return metrics_.text().find("\n" + line + "\n") != std::string::npos; }

 private:
  log::Log& made() {
    REQUIRE(made_->prepare());
    return *made_;
  }
  void declare(const std::string& kind, const std::string& tenant, const std::string& id, const Json& body) {
    registry::Change change;
    change.kind = kind;
    change.tenant = tenant;
    change.id = id;
    change.body = body.dump();
    const auto decided = registry_.propose(change, Millis{20'000});
    REQUIRE_MESSAGE(decided, decided.error().message);
  }

  std::unique_ptr<log::Log> made_ = log::memory::make(log::memory::Options{});
  SystemClock clock_;
  config::Settings settings_;
  crypto::Sealer sealer_;
  metrics::Metrics metrics_;
  http::AddressPolicy addresses_;
  log::Log& log_;
  registry::Registry registry_;
  std::unique_ptr<gateway::Gateway> gateway_;
};

}  // namespace

TEST_CASE("Shares: a tenant alone watches with all places, and its newest gives way to another tenant's") {
  const Shared shared;
  std::vector<fakes::RawClient> watching;
  for (int i = 0; i < 4; ++i) {
    watching.push_back(shared.watch("acme"));
    CHECK(watching.back().answer(true).status == 200);
  }
  CHECK(shared.watch("acme").answer().status == 503);
  auto other = shared.watch("globex");
  CHECK(other.answer(true).status == 200);
  const std::string end = watching.back().read_until("\n\n\n0\r\n");
  CHECK(end.find("event: dropped") != std::string::npos);
  CHECK(end.find("another tenant") != std::string::npos);
  CHECK(shared.watch("globex").answer().status == 503);  // it has its quarter
  CHECK(shared.shows("certes_gateway_stream_watchers 4"));
  CHECK(shared.shows("certes_gateway_stream_given_up_total 1"));
}

TEST_CASE("Shares: a tenant alone waits with all places, and its newest is answered for another tenant's sake") {
  const Shared shared;
  std::vector<fakes::RawClient> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(shared.wait("acme"));
    REQUIRE(eventually([&] { return shared.shows("certes_gateway_waiters " + std::to_string(i + 1)); }));
  }
  CHECK_FALSE(shared.wait("acme").answer().has("Preference-Applied"));
  const auto other = shared.wait("globex");
  const auto given_up = waiting.back().answer();
  CHECK(given_up.status == 202);
  CHECK(given_up.has("Preference-Applied: wait=30"));
  CHECK(eventually([&] { return shared.shows("certes_gateway_waiters 4"); }));
  CHECK_FALSE(shared.wait("globex").answer().has("Preference-Applied"));
  CHECK(shared.shows("certes_gateway_waits_given_up_total 1"));
}
