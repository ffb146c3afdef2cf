// Limits of keys, sources and tenants, as producers meet them.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

constexpr std::string_view kEvent = R"({"type":"t","data":1})";

Headers with_key(const std::string& key) {
  return {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + key}};
}

std::string limited_key(Ingest& ingest, const std::string& id, double rate, const std::string& tenant = "default") {
  std::string text = crypto::new_api_key();
  ingest.declare("keys", id,
                 {{"hash", crypto::hash_api_key(text)}, {"scopes", {"events:write"}}, {"rate_per_second", rate}},
                 tenant);
  return text;
}

}  // namespace

TEST_CASE("Rates: a key above its rate is 429, says whose limit it is and when to come again; other keys go on") {
  Ingest ingest({.dev = false});
  const auto limited = limited_key(ingest, "slow", 0.001), other = ingest.key("other", {"events:write"});
  const auto first = ingest.post("/events", with_key(limited), kEvent);
  CHECK(first.status == 202);
  CHECK(first.has("RateLimit-Policy: \"key\";q=1;w=1000\r\n"));
  CHECK(first.has("RateLimit: \"key\";r=0;t=1000\r\n"));
  const auto second = ingest.post("/events", with_key(limited), kEvent);
  CHECK(second.status == 429);
  CHECK((second.has("Retry-After: 1000\r\n") || second.has("Retry-After: 999\r\n")));
  CHECK(second.has("RateLimit: \"key\";r=0;"));
  CHECK(json_of(second)["type"] == "/problems/too-many-requests");
  CHECK(json_of(second)["detail"] == "key slow is above its rate_per_second");
  const auto free = ingest.post("/events", with_key(other), kEvent);
  CHECK(free.status == 202);
  CHECK_FALSE(free.has("RateLimit"));
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="rate",source=""} 1)"));
}

TEST_CASE("Rates: a tenant's quota holds for all its keys and sources together, and for no other tenant") {
  Ingest ingest({.dev = false});
  ingest.declare("tenants", "acme", {{"quotas", {{"events_per_second", 0.002}}}});
  const auto one = ingest.key("one", {"events:write"}, "acme"), two = ingest.key("two", {"events:write"}, "acme");
  const auto elsewhere = ingest.key("one", {"events:write"});
  ingest.source("hook", {{"verify", {{"scheme", "none"}}}}, "acme");
  CHECK(ingest.post("/events", with_key(one), kEvent).status == 202);
  const auto refused = ingest.post("/events", with_key(two), kEvent);
  CHECK(refused.status == 429);
  CHECK(json_of(refused)["detail"] == "tenant acme is above its quotas.events_per_second");
  CHECK(ingest.post("/t/acme/events/hook", {}, "{}").status == 429);
  CHECK(ingest.post("/events", with_key(elsewhere), kEvent).status == 202);
}

TEST_CASE("Rates: each event of a batch counts") {
  Ingest ingest({.dev = false});
  const auto key = limited_key(ingest, "batches", 1);
  CHECK(ingest
            .post("/events", with_key(key),
                  "[" + std::string(kEvent) + "," + std::string(kEvent) + "," + std::string(kEvent) + "," +
                      std::string(kEvent) + "]")
            .status == 202);
  const auto refused = ingest.post("/events", with_key(key), kEvent);
  CHECK(refused.status == 429);
  CHECK((refused.has("Retry-After: 4\r\n") || refused.has("Retry-After: 3\r\n")));
}

TEST_CASE("Rates: one limit for all loops, whichever took the connection") {
  Ingest ingest({.dev = false, .loops = 4});
  const auto key = limited_key(ingest, "shared", 0.001);
  int accepted = 0;
  for (int i = 0; i < 20; ++i) accepted += ingest.post("/events", with_key(key), kEvent).status == 202;
  CHECK(accepted == 1);
}

TEST_CASE("Rates: a changed rate holds from then on") {
  Ingest ingest;
  nlohmann::json source{{"verify", {{"scheme", "none"}}}, {"rate_per_second", 0.001}};
  ingest.source("hook", source);
  CHECK(ingest.post("/events/hook", {}, "{}").status == 202);
  CHECK(ingest.post("/events/hook", {}, "{}").status == 429);
  source.erase("rate_per_second");
  ingest.source("hook", source);
  for (int i = 0; i < 3; ++i) CHECK(ingest.post("/events/hook", {}, "{}").status == 202);
}
