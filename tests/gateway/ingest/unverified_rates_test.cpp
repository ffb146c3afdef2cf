// Who has not proved who he is: takes nothing from anybody's rate, and has a bound of his own.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

constexpr const char* kSecret = "s";

Json github(double rate = 0) {
  Json source = {{"verify", {{"scheme", "github"}, {"secrets", {kSecret}}}}};
  if (rate > 0) source["rate_per_second"] = rate;
  return source;
}

Headers signed_headers(std::string_view body) {
  return {{"X-GitHub-Event", "push"},
          {"X-Hub-Signature-256", "sha256=" + crypto::hex_encode(crypto::Hmac(kSecret).sign({body}))}};
}
Headers forged_headers() {
  return {{"X-GitHub-Event", "push"}, {"X-Hub-Signature-256", "sha256=" + std::string(64, '0')}};
}

}  // namespace

TEST_CASE("Unverified: takes nothing from the rate of the source or its tenant") {
  Ingest ingest({.dev = false, .unverified_per_second = 10'000});
  ingest.declare("tenants", "acme", {{"quotas", {{"events_per_second", 0.004}}}});
  ingest.source("hook", github(0.002), "acme");
  for (int i = 0; i < 50; ++i) {
    CHECK(ingest.post("/t/acme/events/hook", {}, "{}").status == 401);
    const auto refused = ingest.post("/t/acme/events/hook", forged_headers(), "{}");
    CHECK(refused.status == 401);
    CHECK_FALSE(refused.has("RateLimit"));
  }
  const auto accepted = ingest.post("/t/acme/events/hook", signed_headers("{}"), "{}");
  CHECK(accepted.status == 202);
  CHECK(accepted.has("RateLimit: \"tenant\";r=0;"));
  const auto refused = ingest.post("/t/acme/events/hook", signed_headers("{}"), "{}");
  CHECK(refused.status == 429);
  CHECK(refused.has("Retry-After: "));
}

TEST_CASE("Unverified: a source or key that does not exist, and a key that is not known, take nothing from anybody") {
  Ingest ingest({.dev = false});
  ingest.declare("tenants", "acme", {{"quotas", {{"events_per_second", 0.002}}}});
  ingest.source("keyed", {{"verify", {{"scheme", "key"}}}}, "acme");
  const std::string key = ingest.key("k", {"events:write"}, "acme"),
                    other = ingest.key("o", {"commands:write"}, "acme");
  const Headers unknown = {{"Authorization", "Bearer " + crypto::new_api_key()}, {"Content-Type", "application/json"}};
  const Headers lacking = {{"Authorization", "Bearer " + other}, {"Content-Type", "application/json"}};
  const std::string event = R"({"type":"a.b","data":1})";
  for (int i = 0; i < 10; ++i) {
    CHECK(ingest.post("/t/acme/events", unknown, event).status == 401);
    CHECK(ingest.post("/t/acme/events", {{"Content-Type", "application/json"}}, event).status == 401);
    CHECK(ingest.post("/events", lacking, event).status == 403);
    CHECK(ingest.post("/t/acme/events/keyed", unknown, "{}").status == 401);
    CHECK(ingest.post("/t/acme/events/none", {}, "{}").status == 404);
  }
  CHECK(ingest.post("/events", {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}}, event)
            .status == 202);
}

TEST_CASE("Unverified: above the bound it is 429 with the reason; who signs is served all the while") {
  Ingest ingest({.dev = false, .unverified_per_second = 0.01});
  ingest.source("hook", github());
  ingest.source("other", github());
  CHECK(ingest.post("/events/hook", forged_headers(), "{}").status == 401);
  for (int i = 0; i < 5; ++i) {
    const auto refused = ingest.post("/events/hook", i % 2 == 0 ? forged_headers() : Headers{}, "{}");
    CHECK(refused.status == 429);
    // Who goes on is told to come again later, by one more at most.
    const std::string seconds = i == 0 ? "100" : "200", passed = i == 0 ? "99" : "199";
    CHECK((refused.has("Retry-After: " + seconds + "\r\n") || refused.has("Retry-After: " + passed + "\r\n")));
    CHECK(json_of(refused)["detail"].get<std::string>().find("X-Hub-Signature-256") != std::string::npos);
    CHECK(ingest.post("/events/hook", signed_headers("{}"), "{}").status == 202);
  }
  CHECK(ingest.post("/events/other", forged_headers(), "{}").status == 401);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="unverified",source="hook"} 5)"));
}

TEST_CASE("Unverified: above the bound what is dear to verify is not verified") {
  Ingest ingest({.dev = false, .unverified_per_second = 0.01});
  ingest.source("hook", github());
  const std::string body(900'000, 'x');
  CHECK(ingest.post("/events/hook", signed_headers(body), body).status == 202);
  CHECK(ingest.post("/events/hook", forged_headers(), body).status == 401);
  const auto refused = ingest.post("/events/hook", signed_headers(body), body);
  CHECK(refused.status == 429);
  CHECK(json_of(refused)["detail"].get<std::string>().find("not looked at") != std::string::npos);
  CHECK(ingest.post("/events/hook", signed_headers("{}"), "{}").status == 202);
}

TEST_CASE("Unverified: behind a trusted proxy each client has a bound of its own") {
  Ingest ingest({.dev = false, .trusted_proxies = {"127.0.0.0/8"}, .unverified_per_second = 0.01});
  ingest.source("hook", github());
  const auto from = [&](const char* client) {
    auto headers = forged_headers();
    headers.emplace_back("X-Forwarded-For", client);
    return ingest.post("/events/hook", headers, "{}").status;
  };
  CHECK(from("203.0.113.7") == 401);
  CHECK(from("203.0.113.7") == 429);
  CHECK(from("203.0.113.8") == 401);
  CHECK(from("2001:db8::1") == 401);
  CHECK(from("2001:db8::2") == 429);
}
