#include "common/event/event.hpp"

#include <doctest/doctest.h>

#include "common/event/attributes.hpp"
#include "common/log/names.hpp"

using namespace certes;
using namespace certes::event;

namespace {

Event sample() {
  Event event;
  event.id = "evt_1";
  event.client_id = "evt_1";
  event.source = "urn:certes:default";
  event.type = "order.created";
  event.conversation_id = "evt_1";
  event.data_content_type = "application/json";
  event.data = R"({"a": 1})";
  return event;
}

log::StoredRecord stored(log::Record&& record) {
  log::StoredRecord out;
  out.key = record.key;
  out.headers = record.headers;
  out.value = record.value;
  return out;
}

}  // namespace

TEST_CASE("Event type: words of the alphabet joined by dots, 1 to 255 bytes") {
  for (const std::string good : {"a", "order.created", "A/b:c-d_e.9", "certes.x"}) CHECK(valid_type(good));
  for (const std::string bad : {"", ".", "a.", ".a", "a..b", "a b", "a*", "*", "#", "a.#", "ä", "a\n"})
    CHECK_FALSE(valid_type(bad));
  CHECK(valid_type(std::string(255, 'x')));
  CHECK_FALSE(valid_type(std::string(256, 'x')));
}

TEST_CASE("Event pattern: also words that are just * or #") {
  for (const std::string good : {"*", "#", "a.*", "#.b", "a.b"}) CHECK(valid_pattern(good));
  for (const std::string bad : {"", "a*", "##", "a.", "*.#x"}) CHECK_FALSE(valid_pattern(bad));
}

TEST_CASE("Identity: the same for the same parts, and depends on where they are divided") {
  CHECK(identity("t", "s", "i") == identity("t", "s", "i"));
  CHECK_FALSE(identity("t", "s", "i") == identity("t", "si", ""));
  CHECK_FALSE(identity("ts", "", "i") == identity("t", "s", "i"));
  CHECK_FALSE(identity("t", "s", "i") == identity("t", "s", "j"));
  CHECK(bool(identity("", "", "")));
}

TEST_CASE("Identity: is what every process and version has computed") {
  // SipHash-2-4-128 of the sizes (8 bytes each, little endian) before the parts.
  const log::Identity id = identity("default", "github", "72d3162e");
  CHECK(id.high == 0x97f4865b293cb2e9ull);
  CHECK(id.low == 0xa7a0ca95508a44c0ull);
}

TEST_CASE("Attributes: flaws are found by kind") {
  struct Row {
    Attribute attribute;
    std::string value;
    bool good;
  };
  const Row rows[] = {
      {Attribute::id, "x", true},
      {Attribute::id, "", false},
      {Attribute::id, std::string(256, 'x'), true},
      {Attribute::id, std::string(257, 'x'), false},
      {Attribute::id, std::string(1024, 'x'), false},
      {Attribute::id, "a\nb", false},
      {Attribute::id, "a\x7f", false},
      {Attribute::id, "a\xc2\x85", false},
      {Attribute::id, "\xc3\xa4 \xe2\x82\xac", true},
      {Attribute::source, std::string(1024, 'x'), true},
      {Attribute::source, std::string(1025, 'x'), false},
      {Attribute::time, "2026-01-31T08:00:00Z", true},
      {Attribute::time, "yesterday", false},
      {Attribute::type, "a.b", true},
      {Attribute::type, "a b", false},
      {Attribute::extension, "", true},
      {Attribute::extension, std::string(4097, 'x'), false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    CHECK(flaw(row.attribute, row.value).empty() == row.good);
  }
}

TEST_CASE("Media type: parameters and case do not count") {
  CHECK(media_type(" application/json ; charset=utf-8") == "application/json");
  CHECK(media_type("") == "");
  CHECK(is_json("Application/JSON;charset=utf-8"));
  CHECK(is_json("application/vnd.x+json"));
  CHECK_FALSE(is_json("text/plain"));
  CHECK_FALSE(is_json("json"));
}

TEST_CASE("Record: an event without its own id or key has no key and no identity") {
  const auto record = to_record(sample());
  CHECK_FALSE(record.key);
  CHECK_FALSE(bool(record.identity));
  CHECK_FALSE(record.headers.find("certes-client-id"));
  CHECK(record.value == R"({"a": 1})");
}

TEST_CASE("Record: key is the partition key, else source and the client's id") {
  auto event = sample();
  event.client_id = "42";
  event.client_gave_id = true;
  auto record = to_record(Event(event));
  CHECK(record.key == "urn:certes:default 42");
  CHECK(record.identity == identity("default", "urn:certes:default", "42"));
  CHECK(record.headers.get("certes-client-id") == "1");
  event.partition_key = "customer-7";
  record = to_record(std::move(event));
  CHECK(record.key == "customer-7");
  CHECK(bool(record.identity));
}

TEST_CASE("Record: carries every attribute under its CloudEvents or Certes name") {
  auto event = sample();
  event.client_id = "42";
  event.client_gave_id = true;
  event.subject = "sub";
  event.time = "2026-01-31T08:00:00Z";
  event.partition_key = "pk";
  event.conversation_id = "conv";
  event.cause_id = "cause";
  event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  event.query = "a=1&b=%20";
  event.tenant = "acme";
  event.kind = "event";
  event.extensions = {{"priority", "high"}, {"dataschema", "x:y"}};
  event.forwarded = {{"x-github-event", "push"}};
  const auto record = to_record(std::move(event));
  const std::pair<const char*, const char*> expected[] = {
      {"certes-id", "evt_1"},
      {"ce_specversion", "1.0"},
      {"ce_id", "42"},
      {"ce_source", "urn:certes:default"},
      {"ce_type", "order.created"},
      {"ce_time", "2026-01-31T08:00:00Z"},
      {"ce_subject", "sub"},
      {"ce_partitionkey", "pk"},
      {"ce_conversationid", "conv"},
      {"ce_causeid", "cause"},
      {"ce_priority", "high"},
      {"ce_dataschema", "x:y"},
      {"content-type", "application/json"},
      {"certes-kind", "event"},
      {"certes-tenant", "acme"},
      {"certes-client-id", "1"},
      {"certes-query", "a=1&b=%20"},
      {"certes-h-x-github-event", "push"},
      {"ce_traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  for (const auto& [name, value] : expected) {
    CAPTURE(name);
    CHECK(record.headers.get(name) == value);
  }
}

TEST_CASE("View: gives back what to_record wrote") {
  auto event = sample();
  event.client_id = "42";
  event.client_gave_id = true;
  event.tenant = "acme";
  event.partition_key = "pk";
  const auto record = stored(to_record(std::move(event)));
  const auto seen = view(record);
  REQUIRE(seen);
  CHECK(seen->id == "evt_1");
  CHECK(seen->client_id == "42");
  CHECK(seen->client_gave_id);
  CHECK(seen->source == "urn:certes:default");
  CHECK(seen->type == "order.created");
  CHECK(seen->tenant == "acme");
  CHECK(seen->kind == "event");
  CHECK(seen->partition_key == "pk");
  CHECK(seen->content_type == "application/json");
  CHECK(seen->replay.empty());
}

TEST_CASE("View: a foreign record needs the CloudEvents attributes only") {
  log::StoredRecord record;
  record.headers.add("ce_specversion", "1.0");
  record.headers.add("ce_id", "7");
  record.headers.add("ce_source", "/s");
  record.headers.add("ce_type", "a.b");
  const auto seen = view(record);
  REQUIRE(seen);
  CHECK(seen->id == "7");
  CHECK(seen->client_gave_id);
  CHECK(seen->tenant == "default");
  CHECK(seen->kind == "event");
}
