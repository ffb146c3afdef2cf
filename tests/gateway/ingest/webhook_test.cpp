// POST /events/{source}: raw webhooks.
#include "tests/fakes/packed.hpp"
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

const std::string kSecret = "It's a Secret to Everybody";

Json verify_with(const std::string& scheme, const Json& secrets = Json::array()) {
  Json verify = {{"scheme", scheme}};
  if (!secrets.empty()) verify["secrets"] = secrets;
  return {{"verify", verify}};
}

Headers github_headers(std::string_view body, const std::string& delivery = "72d3162e") {
  return {{"X-GitHub-Event", "issues"},
          {"X-GitHub-Delivery", delivery},
          {"X-Hub-Signature-256", "sha256=" + crypto::hex_encode(crypto::Hmac(kSecret).sign({body}))},
          {"Content-Type", "application/json; charset=utf-8"},
          {"X-Other", "not forwarded"}};
}

}  // namespace

TEST_CASE("Webhook: is on the log byte for byte, with its query and the provider's headers") {
  Ingest ingest;
  ingest.source("github", verify_with("github", {kSecret}));
  const std::string body = "{ \"action\":\"opened\",\n\t\"n\": 1.0, \"n\": 2 }\r\n";
  const auto answer = ingest.post("/events/github?a=1&b=%20x", github_headers(body), body);
  REQUIRE_MESSAGE(answer.status == 202, answer.body);
  REQUIRE(ingest.log.taken() == 1);
  const auto record = ingest.log.record(0);
  const auto& headers = record.headers;
  CHECK(record.value == body);
  CHECK(record.key == "github 72d3162e");
  CHECK(record.identity == event::identity("default", "github", "72d3162e"));
  CHECK(headers.get("certes-id") == json_of(answer)["id"].get<std::string>());
  CHECK(headers.get("ce_id") == "72d3162e");
  CHECK(headers.get("certes-client-id") == "1");
  CHECK(headers.get("ce_specversion") == "1.0");
  CHECK(headers.get("ce_source") == "github");
  CHECK(headers.get("ce_type") == "github.issues.opened");
  CHECK(headers.get("ce_conversationid") == headers.get("certes-id"));
  CHECK(parse_rfc3339(headers.get("ce_time")) > 0);
  CHECK(headers.get("content-type") == "application/json; charset=utf-8");
  CHECK(headers.get("certes-kind") == "event");
  CHECK(headers.get("certes-tenant") == "default");
  CHECK(headers.get("certes-query") == "a=1&b=%20x");
  CHECK(headers.get("certes-verified") == "github/github");
  CHECK(headers.get("certes-h-x-github-event") == "issues");
  CHECK(headers.get("certes-h-x-github-delivery") == "72d3162e");
  CHECK(headers.get("certes-h-x-hub-signature-256").starts_with("sha256="));
  CHECK_FALSE(headers.find("certes-h-x-other"));
}

TEST_CASE("Webhook: any bytes, of any content type or none, and an empty body") {
  Ingest ingest;
  ingest.source("raw", verify_with("none"));
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const std::string& body : {bytes, std::string(), std::string("a=1&b=2")}) {
    CHECK(ingest.post("/events/raw", {}, body).status == 202);
    const auto record = ingest.log.record(ingest.log.taken() - 1);
    CHECK(record.value == body);
    CHECK(record.headers.get("ce_type") == "raw");
    CHECK(record.headers.get("ce_id") == record.headers.get("certes-id"));
    CHECK_FALSE(record.headers.find("content-type"));
    CHECK_FALSE(record.headers.find("certes-client-id"));
    CHECK_FALSE(record.headers.find("certes-verified"));
  }
}

TEST_CASE("Webhook: a redelivery with a good signature is a duplicate") {
  Ingest ingest;
  ingest.source("github", verify_with("github", {kSecret}));
  const auto first = json_of(ingest.post("/events/github", github_headers("{}"), "{}"));
  const auto again = json_of(ingest.post("/events/github", github_headers("{}"), "{}"));
  CHECK(again == Json{{"id", first["id"]}, {"status", "accepted"}, {"duplicate", true}});
  CHECK_FALSE(json_of(ingest.post("/events/github", github_headers("{}", "other"), "{}")).contains("duplicate"));
  CHECK(ingest.log.taken() == 2);
}

TEST_CASE("Webhook: with deduplicate off each is stored") {
  Ingest ingest;
  auto source = verify_with("github", {kSecret});
  source["deduplicate"] = false;
  ingest.source("github", source);
  for (int i = 0; i < 2; ++i) {
    const auto answer = json_of(ingest.post("/events/github", github_headers("{}"), "{}"));
    CHECK_FALSE(answer.contains("duplicate"));
  }
  CHECK(ingest.log.taken() == 2);
  CHECK(ingest.log.record(1).headers.get("ce_id") == "72d3162e");
}

TEST_CASE("Webhook: a signature that does not verify is 401, says why, and is counted") {
  Ingest ingest;
  ingest.source("github", verify_with("github", {kSecret}));
  ingest.source("standard", verify_with("standard-webhooks", {crypto::StandardWebhooks::new_secret()}));
  const auto wrong = ingest.post("/events/github", github_headers("{}"), "{ }");
  CHECK(wrong.status == 401);
  CHECK(json_of(wrong)["pointer"] == "x-hub-signature-256");
  CHECK(ingest.post("/events/github", {{"X-GitHub-Event", "push"}}, "{}").status == 401);
  const auto old =
      ingest.post("/events/standard",
                  {{"webhook-id", "m"}, {"webhook-timestamp", "1614265330"}, {"webhook-signature", "v1,x"}}, "");
  CHECK(old.status == 401);
  CHECK(json_of(old)["pointer"] == "webhook-timestamp");
  CHECK(ingest.log.taken() == 0);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="unauthenticated",source="github"} 2)"));
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="unauthenticated",source="standard"} 1)"));
}

TEST_CASE("Webhook: Standard Webhooks, signed now") {
  Ingest ingest;
  const auto secret = crypto::StandardWebhooks::new_secret();
  ingest.source("standard", verify_with("standard-webhooks", {secret}));
  const std::string body = R"({"type":"user.created"})";
  const auto now = ingest.clock.unix_millis() / 1'000;
  const auto answer =
      ingest.post("/events/standard",
                  {{"webhook-id", "msg_1"},
                   {"webhook-timestamp", std::to_string(now)},
                   {"webhook-signature", crypto::StandardWebhooks::make(secret)->sign("msg_1", now, body)}},
                  body);
  CHECK(answer.status == 202);
  CHECK(ingest.log.record(0).headers.get("ce_type") == "standard.user.created");
  CHECK(ingest.log.record(0).headers.get("ce_id") == "msg_1");
}

TEST_CASE("Webhook: a source that is not there is 404, and gets no label of its own") {
  Ingest ingest;
  ingest.declare("tenants", "acme", Json::object());
  ingest.source("shop", verify_with("none"), "acme");
  for (const std::string path : {"/events/none", "/events/shop", "/t/acme/events/none", "/t/none/events/shop"}) {
    const auto answer = ingest.post(path, {}, "{}");
    CHECK(answer.status == 404);
    CHECK(answer.has("Content-Type: application/problem+json\r\n"));
  }
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="unknown_source",source=""} 4)"));
  CHECK(ingest.post("/events/%zz", {}, "{}").status == 400);
}

TEST_CASE("Webhook: a tenant's source is under its path, and its events are the tenant's") {
  Ingest ingest;
  ingest.declare("tenants", "acme", Json::object());
  ingest.source("shop", verify_with("none"), "acme");
  CHECK(ingest.post("/t/acme/events/shop", {}, "{}").status == 202);
  CHECK(ingest.log.record(0).headers.get("certes-tenant") == "acme");
}

TEST_CASE("Webhook: a source of scheme key takes a key with the scope, of its tenant") {
  Ingest ingest({.dev = false});
  ingest.declare("tenants", "acme", Json::object());
  ingest.source("shop", verify_with("key"));
  ingest.source("open", verify_with("none"));
  const auto with = [&](const std::string& key) {
    return ingest.post("/events/shop", {{"Authorization", "Bearer " + key}}, "{}");
  };
  CHECK(ingest.post("/events/shop", {}, "{}").status == 401);
  CHECK(with(crypto::new_api_key()).status == 401);
  CHECK(with(ingest.key("reader", {"events:read"})).status == 403);
  CHECK(with(ingest.key("foreign", {"events:write"}, "acme")).status == 403);
  CHECK(ingest.log.taken() == 0);
  CHECK(with(ingest.key("writer", {"events:write"})).status == 202);
  CHECK(ingest.post("/events/open", {}, "{}").status == 202);
}

TEST_CASE("Webhook: answered with the status that the source asks for") {
  Ingest ingest;
  for (const int status : {200, 202, 204}) {
    auto source = verify_with("none");
    source["response"] = {{"status", status}};
    ingest.source("shop", source);
    const auto answer = ingest.post("/events/shop", {}, "{}");
    CHECK(answer.status == status);
    CHECK(answer.body.empty() == (status == 204));
  }
  ingest.log.script({Fate::not_persisted});
  CHECK(ingest.post("/events/shop", {}, "{}").status == 503);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="not_accepted",source="shop"} 1)"));
}

TEST_CASE("Webhook: a changed source holds from the next request on") {
  Ingest ingest;
  ingest.source("shop", verify_with("none"));
  auto client = ingest.client();
  REQUIRE(client.send(request_text("POST", "/events/shop", {}, "{}")));
  CHECK(client.answer().status == 202);
  ingest.source("shop", verify_with("github", {kSecret}));
  REQUIRE(client.send(request_text("POST", "/events/shop", {}, "{}")));
  CHECK(client.answer().status == 401);
}

TEST_CASE("Webhook: above the source's rate it is 429 with Retry-After") {
  Ingest ingest;
  auto source = verify_with("none");
  source["rate_per_second"] = 0.001;
  ingest.source("shop", source);
  CHECK(ingest.post("/events/shop", {}, "{}").status == 202);
  const auto answer = ingest.post("/events/shop", {}, "{}");
  CHECK(answer.status == 429);
  CHECK(answer.has("Retry-After: "));
  CHECK(ingest.log.taken() == 1);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="rate",source="shop"} 1)"));
}

TEST_CASE("Webhook: what has verified is kept whatever it says of itself, made to fit or quarantined") {
  Ingest ingest;
  auto source = verify_with("none");
  source["type_from"] = "json:/event";
  source["id_from"] = "json:/id";
  ingest.source("shop", source);
  const std::string unfit = R"({"event":"Order Completed","id":"1"})";
  for (const auto& [body, type] :
       {std::pair<std::string, std::string>{"{}", "shop"}, {"no JSON", "shop"}, {unfit, "shop.Order_Completed"}}) {
    CHECK(ingest.post("/events/shop", {}, body).status == 202);
    CHECK(ingest.log.record(ingest.log.taken() - 1).headers.get("ce_type") == type);
    CHECK(ingest.log.record(ingest.log.taken() - 1).value == body);
  }
  CHECK(ingest.log.dead_letters() == 0);
  source["on_invalid"] = "quarantine";
  ingest.source("shop", source);
  CHECK(ingest.post("/events/shop", {}, "{}").status == 202);
  CHECK(ingest.log.dead_letters() == 0);
  CHECK(json_of(ingest.post("/events/shop", {}, unfit))["status"] == "accepted");
  CHECK(ingest.log.dead_letters() == 1);
  const auto letter = ingest.log.record(ingest.log.taken() - 1);
  CHECK(letter.value == unfit);
  CHECK_FALSE(letter.identity);
  CHECK(letter.headers.get("ce_type") == "shop.Order_Completed");
  CHECK(letter.headers.get("certes-rule") == "attributes");
  CHECK(letter.headers.get("certes-error").starts_with("json:/event: the type of this webhook must be"));
  CHECK(ingest.counts("certes_gateway_quarantined_total 1"));
}

TEST_CASE("Webhook: packed, it is on the log as it came, under its type, and held to its schema unpacked") {
  Ingest ingest;
  ingest.declare("event-types", "github.issues.opened",
                 {{"schema", {{"type", "object"}, {"properties", {{"n", {{"type", "integer"}}}}}}}});
  ingest.source("github", verify_with("github", {kSecret}));
  const auto post = [&](const std::string& json, const std::string& delivery) {
    const std::string body = fakes::packed(json);
    auto headers = github_headers(body, delivery);
    headers.emplace_back("Content-Encoding", "gzip");
    return ingest.post("/events/github", headers, body);
  };
  REQUIRE(post(R"({"action":"opened","n":1})", "1").status == 202);
  const auto record = ingest.log.record(0);
  CHECK(record.value == fakes::packed(R"({"action":"opened","n":1})"));
  CHECK(record.headers.get("ce_type") == "github.issues.opened");
  CHECK(record.headers.get("certes-h-content-encoding") == "gzip");
  const auto broken = post(R"({"action":"opened","n":"1"})", "2");
  CHECK(broken.status == 422);
  CHECK(json_of(broken)["pointer"] == "/n");
  const std::string plain = R"({"action":"opened"})";
  auto headers = github_headers(plain);
  headers.emplace_back("Content-Encoding", "gzip");
  CHECK(ingest.post("/events/github", headers, plain).status == 202);  // nobody can look into it
  CHECK(ingest.log.record(1).headers.get("ce_type") == "github.issues");
}

TEST_CASE("Webhook: types of Certes' own are refused") {
  Ingest ingest;
  auto source = verify_with("none");
  source["type_from"] = "const:x";
  ingest.source("certes", source);
  CHECK(ingest.post("/events/certes", {}, "{}").status == 403);
}

TEST_CASE("Webhook: a source whose secret no sealing key opens is our fault, and a stranger learns no more than that") {
  Ingest ingest;
  const auto other = crypto::Sealer::make({crypto::Sealer::new_key()});
  ingest.declare("sources", "shop", verify_with("github", {other->seal("s", "default/sources/shop")}));
  const auto answer = ingest.post("/events/shop", github_headers("{}"), "{}");
  CHECK(answer.status == 500);
  for (const char* inside : {"shop", "secret", "sealing", "key"}) CHECK(answer.body.find(inside) == std::string::npos);
}
