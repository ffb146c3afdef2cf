#include "certes/commands/received_event.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/crypto/crypto.hpp"
#include "common/event/structured.hpp"
#include "common/log/names.hpp"

using namespace certes;
using namespace certes::command;

namespace {

// As the gateway shows it.
std::string shown(std::string_view content_type, std::string_view payload) {
  log::Headers headers;
  headers.add(log::names::kId, "evt_1");
  for (const auto& [name, value] : {std::pair{"ce_specversion", "1.0"},
                                    {"ce_id", "7"},
                                    {"ce_source", "urn:shop"},
                                    {"ce_type", "order.created"},
                                    {"ce_tenantof", "x"}})
    headers.add(name, value);
  if (!content_type.empty()) headers.add("content-type", content_type);
  headers.add("certes-h-stripe-signature", "t=1");
  headers.add(log::names::kQuery, "a=b");
  headers.add("certes-hops", "2");
  event::JsonDocument document;
  std::string out;
  event::append_structured(out, headers, payload, document, event::Detail::received);
  return out;
}

bool has(const http::Transfer& request, std::string_view line) {
  return std::find(request.headers.begin(), request.headers.end(), line) != request.headers.end();
}

}  // namespace

TEST_CASE("Received event: its payload is what it was, byte for byte") {
  for (const std::string payload :
       {"{\"a\" : 1.0}", "{\r\n}", " 1", "\"text\"", "text", "", "\xff\x00z", "a\r\nb", "null"})
    for (const char* type : {"application/json", "text/plain", "image/png", ""}) {
      CAPTURE(payload);
      CAPTURE(type);
      const auto record = record_of(shown(type, payload));
      REQUIRE_MESSAGE(record.has_value(), record.error().message);
      CHECK((*record)->value == payload);
    }
}

TEST_CASE("Received event: it becomes the request that an endpoint would get, signed") {
  const auto record = record_of(shown("application/json", "{}"));
  REQUIRE(record);
  const std::string secret = crypto::StandardWebhooks::new_secret();
  const auto target = listener("http://127.0.0.1:1/hook", secret);
  REQUIRE(target);
  const auto request = request_of(*record, *target, 2, 1'700'000'000'000);
  CHECK(request.url == "http://127.0.0.1:1/hook");
  CHECK(request.body == "{}");
  for (const char* line : {"ce-type: order.created", "ce-source: urn:shop", "ce-tenantof: x",
                           "content-type: application/json", "webhook-id: evt_1", "webhook-timestamp: 1700000000",
                           "certes-attempt: 2", "certes-hops: 3", "certes-query: a=b", "stripe-signature: t=1"})
    CHECK_MESSAGE(has(request, line), line);
  const auto signature = std::find_if(request.headers.begin(), request.headers.end(),
                                      [](const auto& line) { return line.starts_with("webhook-signature: "); });
  REQUIRE(signature != request.headers.end());
  const auto webhooks = crypto::StandardWebhooks::make(secret);
  CHECK(webhooks->verify("evt_1", "1700000000", signature->substr(19), request.body, 1'700'000'000, 300));
}

TEST_CASE("Received event: what is no event is refused") {
  for (const char* text : {"", "[]", "{}", R"({"certesid":"evt_1","type":"a.b"})",
                           R"({"certesid":"e v","specversion":"1.0","id":"1","source":"s","type":"a.b"})"})
    CHECK_FALSE(record_of(text).has_value());
}
