// The events about Certes that a gateway publishes of what it refuses.
#include "common/log/names.hpp"
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

const std::string kSecret = "a secret of the source";

void declare_source(Ingest& ingest, const std::string& tenant = "default") {
  ingest.source("shop", {{"verify", {{"scheme", "github"}, {"secrets", {kSecret}}}}}, tenant);
}

void subscribe(Ingest& ingest, const std::string& pattern, const std::string& tenant = "default", Json tenants = {}) {
  ingest.declare("endpoints", "ops", {{"url", "https://example.com/ops"}}, tenant);
  Json subscription = {{"endpoint", "ops"}, {"pattern", pattern}};
  if (!tenants.is_null()) subscription["tenants"] = std::move(tenants);
  ingest.declare("subscriptions", "errors", subscription, tenant);
}

fakes::Answer forge(Ingest& ingest, const std::string& path = "/events/shop") {
  return ingest.post(path, {{"X-GitHub-Event", "push"}, {"X-Hub-Signature-256", "sha256=00"}}, "{}");
}

std::string header(Ingest& ingest, std::size_t index, std::string_view name) {
  return std::string(ingest.log.record(index).headers.get(name));
}

}  // namespace

TEST_CASE("Refusals: what a source sends and is refused is published once for its reason, however often") {
  Ingest ingest;
  declare_source(ingest);
  subscribe(ingest, "certes.ingest.*");
  for (int i = 0; i < 5; ++i) CHECK(forge(ingest).status == 401);
  REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
  CHECK(header(ingest, 0, "ce_type") == "certes.ingest.rejected");
  CHECK(header(ingest, 0, "ce_subject") == "shop");
  CHECK(header(ingest, 0, "ce_source") == "urn:certes:default/notices");
  CHECK(ingest.log.record(0).key == "shop");
  CHECK(ingest.log.record(0).identity);
  const Json data = Json::parse(ingest.log.record(0).value);
  CHECK(data["rule"] == "unauthenticated");
  CHECK(data["source"] == "shop");
  CHECK(data["tenant"] == "default");
  CHECK(data["url"] == "/api/v1/sources/shop");

  // Another source and reason.
  ingest.source("raw", {{"verify", {{"scheme", "none"}}}});
  for (int i = 0; i < 2; ++i) CHECK(ingest.post("/events/raw", {{"certes-hops", "x"}}, "{}").status == 400);
  REQUIRE(eventually([&] { return ingest.log.taken() == 2; }));
  CHECK(Json::parse(ingest.log.record(1).value)["rule"] == "invalid");
  CHECK(ingest.counts("certes_gateway_rejected_total{reason=\"invalid\",source=\"raw\"} 2"));
  CHECK(ingest.log.taken() == 2);
}

TEST_CASE("Refusals: nobody subscribes, and nothing is published; once somebody does, the next is") {
  Ingest ingest;
  declare_source(ingest);
  subscribe(ingest, "#");
  CHECK(forge(ingest).status == 401);
  CHECK(ingest.log.taken() == 0);
  ingest.declare("subscriptions", "more", {{"endpoint", "ops"}, {"pattern", "certes.#"}});
  CHECK(forge(ingest).status == 401);
  CHECK(eventually([&] { return ingest.log.taken() == 1; }));
}

TEST_CASE("Refusals: the default tenant may take those of others") {
  Ingest ingest;
  ingest.declare("tenants", "acme", Json::object());
  declare_source(ingest, "acme");
  subscribe(ingest, "certes.#", "default", "*");
  CHECK(forge(ingest, "/t/acme/events/shop").status == 401);
  REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
  CHECK(header(ingest, 0, log::names::kTenant) == "acme");
}

TEST_CASE("Refusals: a source that cannot work, and what has been here too often, have types of their own") {
  Ingest ingest;
  subscribe(ingest, "certes.#");
  ingest.declare("sources", "broken", {{"verify", {{"scheme", "github"}, {"secrets", {"sealed:nonsense"}}}}});
  ingest.source("raw", {{"verify", {{"scheme", "none"}}}});
  CHECK(ingest.post("/events/broken", {{"X-GitHub-Event", "push"}}, "{}").status == 500);
  REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
  CHECK(header(ingest, 0, "ce_type") == "certes.source.failing");
  CHECK(Json::parse(ingest.log.record(0).value)["error"].get<std::string>().find("cannot work") != std::string::npos);

  CHECK(ingest.post("/events/raw", {{"certes-hops", "9"}}, "{}").status == 508);
  CHECK(ingest.post("/events", {{"Content-Type", "application/json"}, {"certes-hops", "9"}}, "{}").status == 508);
  REQUIRE(eventually([&] { return ingest.log.taken() == 3; }));
  CHECK(header(ingest, 1, "ce_type") == "certes.loop.detected");
  CHECK(header(ingest, 1, "ce_subject") == "raw");
  CHECK(header(ingest, 2, "ce_type") == "certes.loop.detected");
  CHECK(header(ingest, 2, "ce_subject").empty());
}

TEST_CASE("Refusals: what the log does not take is counted, and the answer waits for nothing") {
  for (const Fate fate : {Fate::busy, Fate::not_persisted, Fate::unknown}) {
    Ingest ingest;
    declare_source(ingest);
    subscribe(ingest, "certes.#");
    ingest.log.script({fate});
    CHECK(forge(ingest).status == 401);
    CHECK(ingest.counts("certes_error_events_lost_total 1"));
  }
  Ingest ingest;
  declare_source(ingest);
  subscribe(ingest, "certes.#");
  ingest.log.script({Fate::never});
  CHECK(forge(ingest).status == 401);
}
