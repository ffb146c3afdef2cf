// CloudEvents HTTP Protocol Binding 1.0.2: what it asks of a sender, by section, of deliveries in binary mode.
#include <doctest/doctest.h>

#include <algorithm>

#include "dispatcher/sending/request_builder.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;
using tests::World;

namespace {

http::Transfer deliver(const EventText& event) {
  static const auto sealer = *crypto::Sealer::make({crypto::Sealer::new_key()});
  static Random random{5};
  static event::JsonDocument document;
  auto endpoint = std::make_shared<registry::Endpoint>();
  endpoint->id = "billing";
  endpoint->url = "http://127.0.0.1/hook";
  const Target target(endpoint, sealer);
  AttemptRequest request;
  request.id = 3;
  request.delivery = "dlv_1";
  request.event_id = "evt_1";
  request.now = 1'700'000'000'500;
  return build_request(tests::make_event(event), target, request, random, document);
}

std::string sent_subject(std::string_view subject) {
  EventText event;
  event.headers = {{"ce_subject", std::string(subject)}};
  return World::header(deliver(event), "ce-subject");
}

}  // namespace

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.1: datacontenttype is sent as Content-Type, and not as ce-datacontenttype") {
  EventText event;
  const auto transfer = deliver(event);
  CHECK(World::header(transfer, "content-type") == "application/json");
  for (const auto& line : transfer.headers) CHECK_FALSE(line.starts_with("ce-datacontenttype"));
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.2: the body is the data, byte for byte") {
  EventText event;
  event.body.clear();
  for (int i = 0; i < 256; ++i) event.body += static_cast<char>(i);
  CHECK(deliver(event).body == event.body);
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3: every attribute, extensions too, is a header of its own, behind ce-") {
  EventText event;
  event.client_id = "order-7";
  event.headers = {{"ce_time", "2026-01-31T08:00:00Z"}, {"ce_myext", "1"}, {"ce_partitionkey", "k"}};
  const auto transfer = deliver(event);
  const std::pair<const char*, const char*> rows[] = {
      {"ce-specversion", "1.0"},    {"ce-id", "order-7"}, {"ce-source", "urn:certes:default"},
      {"ce-type", "order.created"}, {"ce-myext", "1"},    {"ce-time", "2026-01-31T08:00:00Z"},
      {"ce-partitionkey", "k"}};
  for (const auto& [name, value] : rows) {
    CAPTURE(name);
    CHECK(World::header(transfer, name) == value);
    CHECK(std::count_if(transfer.headers.begin(), transfer.headers.end(),
                        [&](const auto& line) { return line.starts_with(std::string(name) + ":"); }) == 1);
  }
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.1: an extension with a mapping of its own keeps its ce- header") {
  EventText event;
  event.headers = {{"ce_traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  const auto transfer = deliver(event);
  CHECK(World::header(transfer, "ce-traceparent") == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(World::header(transfer, "traceparent").starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: space, quote, percent and all beyond printable ASCII are percent-encoded") {
  CHECK(sent_subject("Euro \xe2\x82\xac \xf0\x9f\x98\x80") == "Euro%20%E2%82%AC%20%F0%9F%98%80");
  CHECK(sent_subject("\"") == "%22");
  CHECK(sent_subject("%") == "%25");
  CHECK(sent_subject("%41") == "%2541");
  CHECK(sent_subject("\xc3\xa9") == "%C3%A9");
  CHECK(sent_subject("\xf0\x9f\x98\x80") == "%F0%9F%98%80");  // one character, four bytes
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: printable ASCII is sent as it is, and nothing else leaves unencoded") {
  std::string printable;
  for (char c = '!'; c <= '~'; ++c)
    if (c != '"' && c != '%') printable += c;
  CHECK(sent_subject(printable) == printable);
  for (const char c : sent_subject("a \xc2\xa0\xe2\x80\xa8\xef\xbf\xbd\"%z"))
    CHECK((c > ' ' && c < '\x7f' && c != '"'));
}
