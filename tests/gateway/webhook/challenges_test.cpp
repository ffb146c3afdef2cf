// What providers ask before they send, and how sources answer what they accepted.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

Json source_of(const Json& verify, const Json& more = Json::object()) {
  Json source = more;
  source["verify"] = verify;
  return source;
}

fakes::Answer ask(const Ingest& ingest, std::string_view method, std::string_view target, const Headers& headers = {}) {
  fakes::RawClient client(ingest.port());
  REQUIRE(client.send(request_text(method, target, headers, "")));
  return client.answer(method == "HEAD");
}

Headers slack_headers(const Ingest& ingest, const std::string& body) {
  const std::string time = std::to_string(ingest.clock.unix_millis() / 1'000);
  return {{"X-Slack-Request-Timestamp", time},
          {"X-Slack-Signature", "v0=" + crypto::hex_encode(crypto::Hmac("s").sign({"v0:", time, ":", body}))},
          {"Content-Type", "application/json"}};
}

void meta(Ingest& ingest) {
  ingest.source("meta", source_of({{"scheme", "meta"},
                                   {"secrets", {"s"}},
                                   {"verify_token", ingest.sealer.seal("a token", "default/sources/meta")}}));
}

}  // namespace

TEST_CASE("Slack's url_verification: is answered with its challenge, signed alone, and is no event") {
  Ingest ingest;
  ingest.source("slack", source_of({{"scheme", "slack"}, {"secrets", {"s"}}}));
  const std::string body = R"({"token":"x","challenge":"3eZbrw1aB\"10","type":"url_verification"})";
  const auto answer = ingest.post("/events/slack", slack_headers(ingest, body), body);
  CHECK(answer.status == 200);
  CHECK(answer.body == "3eZbrw1aB\"10");
  CHECK(answer.has("Content-Type: text/plain"));
  CHECK(ingest.post("/events/slack", slack_headers(ingest, "{}"), body).status == 401);
  CHECK(ingest.post("/events/slack", {}, body).status == 401);
  const std::string none = R"({"type":"url_verification"})";
  CHECK(json_of(ingest.post("/events/slack", slack_headers(ingest, none), none))["pointer"] == "/challenge");
  CHECK(ingest.log.taken() == 0);
  const std::string about = R"({"type":"event_callback","event_id":"Ev1","event":{"type":"url_verification"}})";
  CHECK(ingest.post("/events/slack", slack_headers(ingest, about), about).status == 200);
  CHECK(ingest.log.record(0).headers.get("ce_type") == "slack.url_verification");
  CHECK(ingest.log.record(0).headers.get("ce_id") == "Ev1");
}

TEST_CASE("Meta's handshake: the challenge for the right token, 403 for another") {
  Ingest ingest;
  meta(ingest);
  const std::string path = "/events/meta?hub.mode=subscribe&hub.challenge=1158%2B201444";
  const auto answer = ask(ingest, "GET", path + "&hub.verify_token=a+token");
  CHECK(answer.status == 200);
  CHECK(answer.body == "1158+201444");
  CHECK(answer.has("Content-Type: text/plain"));
  CHECK(answer.has("X-Content-Type-Options: nosniff"));
  CHECK(ask(ingest, "GET", path + "&hub.verify_token=b").status == 403);
  CHECK(ask(ingest, "GET", path).status == 403);
  CHECK(ask(ingest, "GET", "/events/meta?hub.mode=subscribe&hub.verify_token=a%20token").status == 400);
  CHECK(ask(ingest, "GET", "/events/meta?hub.mode=unsubscribe&hub.verify_token=a%20token").status == 400);
  CHECK(ask(ingest, "GET", path + "%0d%0a&hub.verify_token=a%20token").status == 400);
}

TEST_CASE("GET and HEAD: who looks for a source finds it, without a key; of none 404") {
  Ingest ingest({.dev = false});
  ingest.source("open", source_of({{"scheme", "none"}}));
  ingest.source("hub", source_of({{"scheme", "github"}, {"secrets", {"s"}}}));
  ingest.source("own", source_of({{"scheme", "key"}}));
  meta(ingest);
  for (const std::string method : {"GET", "HEAD"}) {
    for (const std::string path : {"/events/open", "/t/default/events/hub", "/events/own", "/events/meta",
                                   "/events/open?hub.mode=subscribe&hub.challenge=1&hub.verify_token="}) {
      CAPTURE(path);
      const auto answer = ask(ingest, method, path);
      CHECK(answer.status == 200);
      CHECK(answer.body.empty());
    }
    CHECK(ask(ingest, method, "/events/none").status == 404);
  }
  CHECK(ask(ingest, "PUT", "/events/open").has("Allow: "));
  CHECK(ingest.log.taken() == 0);
  CHECK(ask(ingest, "OPTIONS", "/events/none").status == 404);
}

TEST_CASE("Microsoft Graph's validation: the token comes back decoded, as plain text, where nothing signs") {
  Ingest ingest;
  ingest.source("graph", source_of({{"scheme", "value"}, {"pointer", "/value/0/clientState"}, {"secrets", {"s"}}}));
  ingest.source("open", source_of({{"scheme", "none"}}));
  ingest.source("hub", source_of({{"scheme", "github"}, {"secrets", {"s"}}}));
  const std::string query = "?validationToken=Validation%3A+Testing%20%3Cb%3E";
  for (const std::string path : {"/events/graph", "/events/open"}) {
    const auto answer = ingest.post(path + query, {{"Content-Type", "text/plain; charset=utf-8"}}, "");
    CHECK(answer.status == 200);
    CHECK(answer.body == "Validation: Testing <b>");
    CHECK(answer.has("Content-Type: text/plain"));
    CHECK(answer.has("X-Content-Type-Options: nosniff"));
  }
  CHECK(ingest.post("/events/graph?validationToken=a%00b", {}, "").status == 400);
  CHECK(ingest.post("/events/hub" + query, {}, "").status == 401);
  CHECK(ingest.log.taken() == 0);
  CHECK(ingest.post("/events/graph" + query, {}, R"({"value":[{"clientState":"s"}]})").status == 202);
  CHECK(ingest.post("/events/graph", {}, R"({"value":[{"clientState":"t"}]})").status == 401);
}

TEST_CASE("Event Grid's validation: the code comes back; other events of it are events") {
  Ingest ingest;
  auto verify = Json{{"scheme", "value"}, {"header", "X-Secret"}, {"secrets", {"s"}}};
  ingest.source("grid", source_of(verify, {{"type_from", "json:/0/eventType"}, {"id_from", "json:/0/id"}}));
  const std::string body = R"([{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent",)"
                           R"("data":{"validationCode":"512d\"38","validationUrl":"https://x"}}])";
  Headers headers = {{"aeg-event-type", "SubscriptionValidation"}, {"X-Secret", "s"}};
  const auto answer = ingest.post("/events/grid", headers, body);
  CHECK(answer.status == 200);
  CHECK(json_of(answer) == Json{{"validationResponse", "512d\"38"}});
  CHECK(ingest.post("/events/grid", {headers[0]}, body).status == 401);
  CHECK(json_of(ingest.post("/events/grid", headers, "[]"))["pointer"] == "/0/data/validationCode");
  CHECK(ingest.log.taken() == 0);
  headers[0].second = "Notification";
  CHECK(ingest.post("/events/grid", headers, R"([{"id":"2","eventType":"Blob.Created"}])").status == 202);
  CHECK(ingest.log.record(0).headers.get("ce_type") == "grid.Blob.Created");
}

TEST_CASE("CloudEvents' handshake: consent to the origin, and a rate per minute where one was asked for") {
  Ingest ingest;
  ingest.declare("tenants", "acme", Json::object());
  ingest.source("open", source_of({{"scheme", "none"}}));
  ingest.source("slow", source_of({{"scheme", "none"}}, {{"rate_per_second", 2}}), "acme");
  const Headers origin = {{"WebHook-Request-Origin", "eventemitter.example.com"}};
  const auto plain = ask(ingest, "OPTIONS", "/events/open", origin);
  CHECK(plain.status == 200);
  CHECK(plain.has("WebHook-Allowed-Origin: eventemitter.example.com\r\n"));
  CHECK(plain.has("Allow: POST, GET, HEAD, OPTIONS\r\n"));
  CHECK_FALSE(plain.has("WebHook-Allowed-Rate"));
  const auto rate = [&](const std::string& path, const std::string& asked) {
    auto headers = origin;
    headers.emplace_back("WebHook-Request-Rate", asked);
    return ask(ingest, "OPTIONS", path, headers);
  };
  CHECK(rate("/events/open", "120").has("WebHook-Allowed-Rate: 120\r\n"));
  CHECK(rate("/events/open", "*").has("WebHook-Allowed-Rate: *\r\n"));
  CHECK(rate("/t/acme/events/slow", "1000").has("WebHook-Allowed-Rate: 120\r\n"));
  CHECK(rate("/t/acme/events/slow", "60").has("WebHook-Allowed-Rate: 60\r\n"));
  CHECK(rate("/t/acme/events/slow", "*").has("WebHook-Allowed-Rate: 120\r\n"));
  const auto methods = ask(ingest, "OPTIONS", "/events/open");
  CHECK(methods.status == 204);
  CHECK_FALSE(methods.has("WebHook-Allowed-Origin"));
}

TEST_CASE("Answers: Twilio gets its XML, to a replay too, and a source may say otherwise") {
  Ingest ingest;
  const Json verify = {{"scheme", "twilio"}, {"secrets", {"t"}}, {"url", "https://a.example/events/sms"}};
  ingest.source("sms", source_of(verify));
  ingest.source("own", source_of({{"scheme", "none"}},
                                 {{"response", {{"status", 201}, {"body", "ok"}}}, {"id_from", "header:X-Id"}}));
  const std::string body = "MessageSid=SM1&MessageStatus=sent&Body=hello+there";
  const auto signature = crypto::Hmac("t", crypto::Hmac::Algorithm::sha1)
                             .sign({"https://a.example/events/sms", "Bodyhello thereMessageSidSM1MessageStatussent"});
  const Headers headers = {{"X-Twilio-Signature", crypto::base64_encode(signature)},
                           {"Content-Type", "application/x-www-form-urlencoded"}};
  for (int i = 0; i < 2; ++i) {
    const auto answer = ingest.post("/events/sms", headers, body);
    CHECK(answer.status == 200);
    CHECK(answer.body == "<Response/>");
    CHECK(answer.has("Content-Type: text/xml\r\n"));
    const auto own = ingest.post("/events/own", {{"X-Id", "1"}}, "{}");
    CHECK(own.status == 201);
    CHECK(own.body == "ok");
    CHECK(own.has("Content-Type: text/plain; charset=utf-8\r\n"));
  }
  CHECK(ingest.log.taken() == 2);
  const auto record = ingest.log.record(0);
  CHECK(record.headers.get("ce_type") == "sms.message");
  CHECK(record.headers.get("ce_id") == "SM1.sent");
  CHECK(record.value == body);
}

TEST_CASE("Presets: type, id and forwarded headers of the providers, each type under the source's id") {
  Ingest ingest;
  const auto mac = [](std::string_view text, bool base64 = false) {
    const auto bytes = crypto::Hmac("s").sign({text});
    return base64 ? crypto::base64_encode(bytes) : crypto::hex_encode(bytes);
  };
  const auto now = std::to_string(ingest.clock.unix_millis() / 1'000), iso = format_rfc3339(ingest.clock.unix_millis());
  struct Case {
    std::string scheme, url, body;
    Headers headers;
    int status;
    std::string type, id, forwarded;
  };
  const std::string stripe = R"({"id":"evt_1","type":"invoice.paid"})",
                    paddle = R"({"event_id":"e","event_type":"a.b"})";
  const std::string square = R"({"event_id":"q","type":"payment.created"})",
                    zendesk = R"({"type":"zen:event-type:t.c"})";
  const std::vector<Case> cases = {
      {"stripe",
       "",
       stripe,
       {{"Stripe-Signature", "t=" + now + ",v1=" + mac(now + "." + stripe)}},
       202,
       "invoice.paid",
       "evt_1",
       "stripe-signature"},
      {"paddle",
       "",
       paddle,
       {{"Paddle-Signature", "ts=" + now + ";h1=" + mac(now + ":" + paddle)}},
       200,
       "a.b",
       "e",
       "paddle-signature"},
      {"shopify",
       "",
       "{}",
       {{"X-Shopify-Hmac-Sha256", mac("{}", true)},
        {"X-Shopify-Topic", "orders/create"},
        {"X-Shopify-Webhook-Id", "w"}},
       200,
       "orders.create",
       "w",
       "x-shopify-topic"},
      {"square",
       "https://a/b",
       square,
       {{"X-Square-HmacSha256-Signature", mac("https://a/b" + square, true)}},
       202,
       "payment.created",
       "q",
       "x-square-hmacsha256-signature"},
      {"zendesk",
       "",
       zendesk,
       {{"X-Zendesk-Webhook-Signature-Timestamp", iso},
        {"X-Zendesk-Webhook-Signature", mac(iso + zendesk, true)},
        {"X-Zendesk-Webhook-Invocation-Id", "01J"}},
       202,
       "zen.event-type.t.c",
       "01J",
       "x-zendesk-webhook-signature-timestamp"},
      {"gitlab",
       "",
       R"({"object_kind":"push"})",
       {{"X-Gitlab-Token", "s"}, {"X-Gitlab-Event-UUID", "u"}, {"X-Gitlab-Event", "Push Hook"}},
       202,
       "push",
       "u",
       "x-gitlab-event"},
      {"meta",
       "",
       R"({"object":"page"})",
       {{"X-Hub-Signature-256", "sha256=" + mac(R"({"object":"page"})")}},
       200,
       "page",
       "",
       "x-hub-signature-256"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.scheme);
    Json verify = {{"scheme", one.scheme}, {"secrets", {"s"}}};
    if (!one.url.empty()) verify["url"] = one.url;
    ingest.source("in", source_of(verify));
    const auto answer = ingest.post("/events/in", one.headers, one.body);
    CHECK_MESSAGE(answer.status == one.status, answer.body);
    REQUIRE(ingest.log.taken() > 0);
    const auto& headers = ingest.log.record(ingest.log.taken() - 1).headers;
    CHECK(headers.get("ce_type") == "in." + one.type);
    CHECK(headers.get("ce_id") == (one.id.empty() ? headers.get("certes-id") : one.id));
    CHECK(headers.find("certes-h-" + one.forwarded));
    if (one.id.empty()) continue;
    const auto again = ingest.post("/events/in", one.headers, one.body);
    CHECK(again.status == one.status);
    CHECK(json_of(again)["duplicate"] == true);
  }
  CHECK(ingest.log.taken() == cases.size());
}
