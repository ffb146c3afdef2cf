#include "dispatcher/sending/request_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "common/event/trace.hpp"
#include "common/log/names.hpp"
#include "common/registry/endpoint_auth.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;
using tests::World;

namespace {

struct Fixture {
  Fixture() : sealer(*crypto::Sealer::make({crypto::Sealer::new_key()})) { endpoint.id = "billing"; }
  std::string add_secret(UnixMillis expires_at = 0) {
    auto secret = crypto::StandardWebhooks::new_secret();
    endpoint.secrets.push_back({sealer.seal(secret, "default/endpoints/billing"), expires_at});
    return secret;
  }
  void add_header(const std::string& name, const std::string& value) {
    endpoint.headers.emplace_back(name, sealer.seal(value, header_seal_context(endpoint, name)));
  }
  void set_auth(registry::EndpointAuth auth) {
    for (const auto& member : registry::EndpointAuth::members())
      if (std::string& text = auth.*member.place; member.sealed && !text.empty())
        text = sealer.seal(text, "default/endpoints/billing/auth/" + std::string(member.name));
    endpoint.auth = std::make_shared<const registry::EndpointAuth>(std::move(auth));
  }
  http::Transfer build(const EventText& event, std::uint32_t attempt = 1) {
    endpoint.url = "http://127.0.0.1/hook";
    const Target target(std::make_shared<registry::Endpoint>(endpoint), sealer);
    AttemptRequest request;
    request.id = 3;
    request.delivery = "dlv_1";
    request.event_id = "evt_1";
    request.attempt = attempt;
    request.now = now;
    request.made = made ? &*made : nullptr;
    return build_request(tests::make_event(event), target, request, random, document);
  }

  std::optional<transform::Made> made;
  UnixMillis now = 1'700'000'000'500;
  Random random{5};
  event::JsonDocument document;
  registry::Endpoint endpoint;
  crypto::Sealer sealer;
};

std::size_t count(const http::Transfer& transfer, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(transfer.headers.begin(), transfer.headers.end(),
                    [&](const auto& line) { return line.starts_with(std::string(name) + ":"); }));
}

}  // namespace

TEST_CASE("Request: its name is looked up on its endpoint's tenant's account") {
  Fixture fixture;
  fixture.endpoint.tenant = "acme";
  CHECK(fixture.build({}).tenant == "acme");
}

TEST_CASE("Request: carries the event's attributes, percent-encoded, and its content type") {
  Fixture fixture;
  EventText event;
  event.headers = {{"ce_subject", "Größe \"1\" 100%"}, {"ce_causeid", "evt_0"}, {"ce_partitionkey", "k"}};
  const auto transfer = fixture.build(event);
  CHECK(World::header(transfer, "ce-subject") == "Gr%C3%B6%C3%9Fe%20%221%22%20100%25");
  CHECK(World::header(transfer, "ce-id") == "evt_1");
  CHECK(World::header(transfer, "ce-type") == "order.created");
  CHECK(World::header(transfer, "ce-specversion") == "1.0");
  CHECK(World::header(transfer, "ce-causeid") == "evt_0");
  CHECK(World::header(transfer, "ce-partitionkey") == "k");
  CHECK(World::header(transfer, "content-type") == "application/json");
  CHECK(World::header(transfer, "certes-delivery") == "dlv_1");
  CHECK(World::header(transfer, "certes-attempt") == "1");
  CHECK(transfer.body == "{}");
  CHECK(transfer.url == "http://127.0.0.1/hook");
  for (const auto& line : transfer.headers) CHECK_FALSE(line.starts_with("certes-tenant"));
}

TEST_CASE("Request: signed by every secret that has not expired, anew for each attempt") {
  Fixture fixture;
  const auto current = *crypto::StandardWebhooks::make(fixture.add_secret());
  const auto old = *crypto::StandardWebhooks::make(fixture.add_secret(1'700'000'001'000));
  const auto expired = *crypto::StandardWebhooks::make(fixture.add_secret(1'700'000'000'500));
  const auto transfer = fixture.build({});
  const auto signatures = World::header(transfer, "webhook-signature");
  CHECK(signatures == current.sign("evt_1", 1'700'000'000, "{}") + " " + old.sign("evt_1", 1'700'000'000, "{}"));
  CHECK_FALSE(expired.verify("evt_1", "1700000000", signatures, "{}", 1'700'000'000, 300));
  fixture.now += 5'000;
  const auto later = World::header(fixture.build({}, 2), "webhook-signature");
  CHECK(later == current.sign("evt_1", 1'700'000'005, "{}"));
}

TEST_CASE("Request: a secret that does not open is a problem, not an unsigned request") {
  Fixture fixture;
  registry::Endpoint endpoint;
  endpoint.id = "billing";
  endpoint.secrets.push_back({fixture.sealer.seal(crypto::StandardWebhooks::new_secret(), "default/endpoints/x"), 0});
  CHECK(Target(std::make_shared<registry::Endpoint>(endpoint), fixture.sealer).problem().has_value());
}

TEST_CASE("Request: the producer's trace goes on with a span of its own per attempt") {
  Fixture fixture;
  EventText event;
  event.headers = {{"ce_traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  const auto first = World::header(fixture.build(event), "traceparent");
  const auto second = World::header(fixture.build(event, 2), "traceparent");
  CHECK(first.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
  CHECK(first.ends_with("-01"));
  CHECK(event::read_traceparent(first) == first);
  CHECK(first != second);
  CHECK(first.substr(36, 16) != "b7ad6b7169203331");
  for (const auto* bad : {"00-00000000000000000000000000000000-b7ad6b7169203331-01", "junk",
                          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    event.headers = {{"ce_traceparent", bad}};
    const auto made = World::header(fixture.build(event), "traceparent");
    CHECK(event::read_traceparent(made) == made);
    CHECK(made.find("0af7651916cd43dd8448eb211c80319c") == std::string::npos);
  }
}

TEST_CASE("Request: a trace of a later version goes on as one of 00, and tracestate with it") {
  Fixture fixture;
  EventText event;
  event.headers = {{"ce_traceparent", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-09-later"},
                   {"ce_tracestate", "vendor=1,other=2"}};
  const auto transfer = fixture.build(event);
  const auto parent = World::header(transfer, "traceparent");
  CHECK(parent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
  CHECK(parent.ends_with("-01"));
  CHECK(World::header(transfer, "tracestate") == "vendor=1,other=2");
  event.headers = {{"ce_traceparent", "junk"}, {"ce_tracestate", "vendor=1"}};
  CHECK(count(fixture.build(event), "tracestate") == 0);
}

TEST_CASE("Request: conversation and cause go by both their names, each as it was given") {
  Fixture fixture;
  EventText event;
  event.headers = {{"ce_conversationid", "c 1"}, {"ce_causeid", "k"}};
  auto transfer = fixture.build(event);
  for (const char* name : {"ce-conversationid", "ce-correlationid"}) CHECK(World::header(transfer, name) == "c%201");
  for (const char* name : {"ce-causeid", "ce-causationid"}) CHECK(World::header(transfer, name) == "k");
  event.headers = {{"ce_correlationid", "c"}, {"ce_causationid", "k"}};
  transfer = fixture.build(event);
  for (const char* name : {"ce-conversationid", "ce-correlationid"}) CHECK(World::header(transfer, name) == "c");
  for (const char* name : {"ce-causeid", "ce-causationid"}) CHECK(World::header(transfer, name) == "k");
  event.headers = {{"ce_conversationid", "ours"}, {"ce_correlationid", "theirs"}};
  transfer = fixture.build(event);
  CHECK(World::header(transfer, "ce-conversationid") == "ours");
  CHECK(World::header(transfer, "ce-correlationid") == "theirs");
  CHECK(count(transfer, "ce-correlationid") == 1);
  CHECK(count(transfer, "ce-causationid") == 0);
}

TEST_CASE("Request: credentials of others never go along, the endpoint's own do") {
  Fixture fixture;
  fixture.add_header("Authorization", "Bearer ours");
  EventText event;
  event.headers = {{"certes-h-authorization", "Bearer theirs"}, {"certes-h-cookie", "a=1"}};
  const auto transfer = fixture.build(event);
  CHECK(World::header(transfer, "Authorization") == "Bearer ours");
  CHECK(count(transfer, "authorization") == 0);
  CHECK(count(transfer, "cookie") == 0);
}

TEST_CASE("Request: a provider's headers and query go along, but none that Certes or the connection sets") {
  Fixture fixture;
  fixture.add_header("X-Own", "1");
  fixture.add_header("Host", "evil");
  fixture.add_header("Webhook-Id", "evil");
  fixture.add_header("X-Bad", "a\r\nb: c");
  EventText event;
  event.headers = {{"certes-h-x-github-event", "push"},
                   {"certes-h-webhook-signature", "v1,x"},
                   {"certes-h-content-length", "9"},
                   {"certes-h-x-broken", "a\nb"},
                   {"certes-query", "a=1&b=2"}};
  const auto transfer = fixture.build(event);
  CHECK(World::header(transfer, "x-github-event") == "push");
  CHECK(World::header(transfer, "certes-query") == "a=1&b=2");
  CHECK(World::header(transfer, "X-Own") == "1");
  for (const auto* name : {"webhook-signature", "content-length", "x-broken", "Host", "Webhook-Id", "X-Bad"})
    CHECK(count(transfer, name) == 0);
  CHECK(count(transfer, "webhook-id") == 1);
}

TEST_CASE("Request: says how often the event has left Certes, this time included") {
  Fixture fixture;
  CHECK(World::header(fixture.build({}), "certes-hops") == "1");
  EventText event;
  event.headers = {{"certes-hops", "7"}};
  const auto transfer = fixture.build(event);
  CHECK(World::header(transfer, "certes-hops") == "8");
  CHECK(count(transfer, "certes-hops") == 1);
}

TEST_CASE("Request: neither an endpoint's headers nor a provider's say how often") {
  Fixture fixture;
  fixture.add_header("Certes-Hops", "0");
  EventText event;
  event.headers = {{"certes-h-certes-hops", "0"}};
  const auto transfer = fixture.build(event);
  CHECK(World::header(transfer, "certes-hops") == "1");
  CHECK(count(transfer, "certes-hops") + count(transfer, "Certes-Hops") == 1);
}

TEST_CASE("Target: a header that does not open keeps everything from being sent") {
  Fixture fixture;
  fixture.add_header("X-Own", "1");
  CHECK_FALSE(Target(std::make_shared<registry::Endpoint>(fixture.endpoint), fixture.sealer).problem());
  fixture.endpoint.headers[0].first = "X-Other";  // sealed for another header
  const Target other(std::make_shared<registry::Endpoint>(fixture.endpoint), fixture.sealer);
  REQUIRE(other.problem());
  CHECK(other.problem()->message.starts_with("header X-Other of billing: "));
  CHECK(other.headers().empty());
}

TEST_CASE("Request: the body is in the endpoint's format, and signed as it goes out") {
  Fixture fixture;
  const auto signer = *crypto::StandardWebhooks::make(fixture.add_secret());
  EventText event;
  event.body = R"({"total" : 1.50})";
  event.headers = {{"ce_time", "2026-01-31T08:00:00Z"}, {"ce_subject", "a\"b"}};
  const auto sent = [&](registry::BodyFormat format) {
    fixture.endpoint.format = format;
    auto transfer = fixture.build(event);
    CHECK(World::header(transfer, "webhook-signature") == signer.sign("evt_1", 1'700'000'000, transfer.body));
    CHECK(World::header(transfer, "ce-type") == "order.created");
    CHECK(count(transfer, "content-type") == 1);
    return transfer;
  };
  CHECK(sent(registry::BodyFormat::binary).body == event.body);
  const auto structured = sent(registry::BodyFormat::structured);
  CHECK(World::header(structured, "content-type") == "application/cloudevents+json");
  CHECK(structured.body.starts_with(R"({"certesid":"evt_1","specversion":"1.0","id":"evt_1")"));
  CHECK(structured.body.find(R"("subject":"a\"b")") != std::string::npos);
  CHECK(structured.body.ends_with(R"("datacontenttype":"application/json","data":{"total" : 1.50}})"));
  const auto standard = sent(registry::BodyFormat::standard);
  CHECK(World::header(standard, "content-type") == "application/json");
  CHECK(standard.body == R"({"type":"order.created","timestamp":"2026-01-31T08:00:00Z","data":{"total" : 1.50}})");

  event.body = "no JSON";
  CHECK(sent(registry::BodyFormat::standard).body.ends_with(R"("data":"no JSON"})"));
  event.body = "\xff";
  CHECK(sent(registry::BodyFormat::standard).body.ends_with(R"("data_base64":"/w=="})"));
  event.body.clear();
  CHECK(sent(registry::BodyFormat::standard).body.ends_with(R"(08:00:00Z"})"));
}

TEST_CASE("Request: it is signed under the names that the endpoint asked for, once each") {
  Fixture fixture;
  fixture.add_secret();
  EventText event;
  event.headers = {{"certes-h-svix-id", "msg_of_the_provider"}};
  const auto plain = fixture.build(event);
  CHECK(World::header(plain, "svix-id") == "msg_of_the_provider");
  CHECK(count(plain, "webhook-id") == 1);
  fixture.endpoint.signs_svix = true;
  const auto both = fixture.build(event);
  for (const char* name : {"id", "timestamp", "signature"}) {
    CHECK(World::header(both, std::string("svix-") + name) == World::header(both, std::string("webhook-") + name));
    CHECK(count(both, std::string("svix-") + name) == 1);
  }
  fixture.endpoint.signs_standard = false;
  const auto svix = fixture.build(event);
  CHECK(count(svix, "webhook-id") + count(svix, "webhook-signature") + count(svix, "webhook-timestamp") == 0);
  CHECK(World::header(svix, "svix-id") == "evt_1");
}

TEST_CASE("Request: what was made stands in the endpoint's format in place of the payload, and is signed") {
  Fixture fixture;
  const auto signer = *crypto::StandardWebhooks::make(fixture.add_secret());
  EventText event;
  event.headers = {{"ce_time", "2026-01-31T08:00:00Z"}};
  fixture.made = transform::Made{std::make_shared<const std::string>("a=\"1\""), "text/plain"};
  const auto sent = [&](registry::BodyFormat format) {
    fixture.endpoint.format = format;
    auto transfer = fixture.build(event);
    CHECK(World::header(transfer, "webhook-signature") == signer.sign("evt_1", 1'700'000'000, transfer.body));
    CHECK(count(transfer, "content-type") == 1);
    return transfer;
  };
  const auto binary = sent(registry::BodyFormat::binary);
  CHECK(binary.body == "a=\"1\"");
  CHECK(World::header(binary, "content-type") == "text/plain");
  const auto structured = sent(registry::BodyFormat::structured);
  CHECK(World::header(structured, "content-type") == "application/cloudevents+json");
  CHECK(structured.body.ends_with(R"("datacontenttype":"text/plain","data":"a=\"1\""})"));
  CHECK(sent(registry::BodyFormat::standard).body.ends_with(R"(08:00:00Z","data":"a=\"1\""})"));
}

TEST_CASE("Request: made headers replace a provider's, and give way to the endpoint's own") {
  Fixture fixture;
  fixture.add_header("X-Own", "mine");
  EventText event;
  event.headers = {{"certes-h-x-event", "push"}, {"certes-h-x-gone", "1"}, {"certes-h-x-stays", "2"}};
  fixture.made = transform::Made{};
  fixture.made->headers = {{"X-Event", "made"}, {"x-gone", std::nullopt}, {"x-own", "theirs"}, {"x-new", "3"}};
  const auto transfer = fixture.build(event);
  CHECK(World::header(transfer, "X-Event") == "made");
  CHECK(count(transfer, "x-event") == 0);
  CHECK(count(transfer, "x-gone") == 0);
  CHECK(World::header(transfer, "x-stays") == "2");
  CHECK(World::header(transfer, "X-Own") == "mine");
  CHECK(count(transfer, "x-own") == 0);
  CHECK(World::header(transfer, "x-new") == "3");
  CHECK(transfer.body == event.body);
}

TEST_CASE("Request: it says who sends it, as the endpoint's auth has it") {
  Fixture fixture;
  const auto sent = [&](const std::string& line) {
    const auto transfer = fixture.build({});
    return std::ranges::count(transfer.headers, line) == 1 && count(transfer, "Authorization") <= 1;
  };
  fixture.set_auth({.scheme = "basic", .username = "Aladdin", .password = "open sesame"});
  CHECK(sent("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));  // RFC 7617, 2
  fixture.set_auth({.scheme = "bearer", .token = "mF_9.B5f-4.1JqM"});
  CHECK(sent("Authorization: Bearer mF_9.B5f-4.1JqM"));  // RFC 6750, 2.1
  fixture.set_auth({.scheme = "header", .name = "X-Key", .value = "k1"});
  CHECK(sent("X-Key: k1"));
}

TEST_CASE("Request: a provider's header gives way to one that the endpoint has of its own") {
  Fixture fixture;
  fixture.add_header("X-Own", "mine");
  fixture.set_auth({.scheme = "header", .name = "X-Key", .value = "k1"});
  EventText event;
  event.headers = {{"certes-h-x-own", "theirs"}, {"certes-h-x-key", "stolen"}, {"certes-h-x-stays", "2"}};
  const auto transfer = fixture.build(event);
  CHECK(World::header(transfer, "X-Own") == "mine");
  CHECK(World::header(transfer, "X-Key") == "k1");
  CHECK(count(transfer, "x-own") == 0);
  CHECK(count(transfer, "x-key") == 0);
  CHECK(World::header(transfer, "x-stays") == "2");
}

TEST_CASE("Target: an auth that was sealed for another endpoint opens nowhere") {
  Fixture fixture;
  fixture.set_auth({.scheme = "bearer", .token = "t"});
  fixture.endpoint.id = "other";
  const Target target(std::make_shared<registry::Endpoint>(fixture.endpoint), fixture.sealer);
  REQUIRE(target.problem());
  CHECK(target.problem()->message.starts_with("auth.token of other: "));
}
