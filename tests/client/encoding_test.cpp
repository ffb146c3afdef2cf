#include "client/encoding.hpp"

#include <doctest/doctest.h>

#include "common/event/cloud_event.hpp"
#include "common/event/json_event.hpp"

using namespace certes;
using namespace certes::client;

namespace {

event::Event full() {
  event::Event event;
  event.client_id = "id 1\"%é";
  event.source = "urn:s";
  event.type = "order.created";
  event.subject = "42";
  event.time = "2026-01-31T08:00:00.123Z";
  event.partition_key = "k";
  event.conversation_id = "c";
  event.cause_id = "d";
  event.data_content_type = "application/json";
  event.data = R"({"total": 42})";
  return event;
}

// What a gateway makes of the item.
event::Event received(const Item& item) {
  event::JsonDocument document;
  event::Incoming incoming;
  if (item.form == Form::plain) {
    const auto read = event::read_plain_json(document, item.body, 1, incoming);
    REQUIRE_MESSAGE(read.has_value(), read.error().message);
  } else if (item.form == Form::cloud) {
    const auto read = event::read_cloud_event(document, item.body, incoming);
    REQUIRE_MESSAGE(read.has_value(), read.error().message);
  } else {
    std::vector<event::AttributeHeader> headers;
    std::string_view type;
    for (const std::string& header : item.headers) {
      const std::size_t colon = header.find(": ");
      const auto name = std::string_view(header).substr(0, colon);
      const auto value = std::string_view(header).substr(colon + 2);
      if (name == "content-type")
        type = value;
      else
        headers.push_back({name, value});
    }
    const auto read = event::read_binary_cloud_event(headers, type, item.body, incoming);
    REQUIRE_MESSAGE(read.has_value(), read.error().message);
  }
  return incoming.events.at(0);
}

void check_same(const event::Event& sent, const event::Event& got) {
  CHECK(got.client_id == sent.client_id);
  CHECK(got.source == sent.source);
  CHECK(got.type == sent.type);
  CHECK(got.subject == sent.subject);
  CHECK(got.time == sent.time);
  CHECK(got.partition_key == sent.partition_key);
  CHECK(got.conversation_id == sent.conversation_id);
  CHECK(got.cause_id == sent.cause_id);
  CHECK(got.traceparent == sent.traceparent);
  CHECK(got.tracestate == sent.tracestate);
  CHECK(got.extensions == sent.extensions);
  CHECK(got.data_content_type == sent.data_content_type);
  CHECK(got.data == sent.data);
}

Form form_of(const event::Event& event) {
  auto copy = event;
  const Item item = item_of(std::move(copy));
  check_same(event, received(item));
  CHECK(item.key == event.partition_key);
  CHECK(item.id == event.client_id);
  return item.form;
}

}  // namespace

TEST_CASE("Encoding: each kind of event arrives as it was, byte for byte") {
  CHECK(form_of(full()) == Form::plain);
  auto event = full();
  event.extensions = {{"region", "eu \"north\""}};
  CHECK(form_of(event) == Form::cloud);
  event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  event.tracestate = "vendor=1,other=2";
  event.data_content_type = "application/json; charset=utf-8";
  CHECK(form_of(event) == Form::cloud);
  event.data.clear();
  CHECK(form_of(event) == Form::cloud);
  event.data = "{\"a\":1}\n";  // the line's end would be lost in a JSON object
  CHECK(form_of(event) == Form::whole);
  event.data = "{not json";
  CHECK(form_of(event) == Form::whole);
  event.data_content_type = "image/png";
  event.data = std::string("\x89PNG\0\n\xff", 7);
  CHECK(form_of(event) == Form::whole);
  event.data_content_type = "application/cbor+json";
  event.data = "\"" + std::string(100'000, 'x') + "\"";
  CHECK(form_of(event) == Form::whole);
}

TEST_CASE("Encoding: a plain event may be without a source") {
  auto event = full();
  event.source.clear();
  CHECK(form_of(event) == Form::plain);
}

TEST_CASE("Encoding: bodies of one form are joined to an array") {
  std::vector<Item> items(2);
  items[0].body = "{\"a\":1}";
  items[1].body = "{\"b\":2}";
  CHECK(joined_bodies(items) == R"([{"a":1},{"b":2}])");
  CHECK(content_type_of(Form::plain, true) == "application/json");
  CHECK(content_type_of(Form::cloud, true) == "application/cloudevents-batch+json");
  CHECK(content_type_of(Form::cloud, false) == "application/cloudevents+json");
}
