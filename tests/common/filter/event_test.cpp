// What filters see of an event: its attributes, headers, query and payload.
#include "tests/common/filter/fixture.hpp"

namespace certes::filter {
namespace {

TEST_CASE("FilterEvent: attributes, and extensions by their names") {
  const NamesAndValues headers = {{"ce_subject", "order 7"},    {"ce_time", "2026-01-02T03:04:05Z"},
                                  {"ce_partitionkey", "k"},     {"ce_region", "eu"},
                                  {"certes-tenant", "acme"},    {"certes-h-x-event", "push"},
                                  {"certes-h-x-event", "pull"}, {"certes-query", "a=1&b=%20x&a=2"}};
  for (const auto& [text, says] : NamesAndValues{{"event.id == \"evt_1\"", "true"},
                                                 {"event.type == \"order.created\"", "true"},
                                                 {"event.source == \"/shop\"", "true"},
                                                 {"event.subject.startsWith(\"order\")", "true"},
                                                 {"event.time < \"2027\"", "true"},
                                                 {"event.tenant == \"acme\"", "true"},
                                                 {"event.partition_key == \"k\"", "true"},
                                                 {"event.region == \"eu\"", "true"},
                                                 {"event[\"region\"] == \"eu\"", "true"},
                                                 {"has(event.region)", "true"},
                                                 {"has(event.zone)", "false"},
                                                 {"event.zone == \"eu\"", "no_member"},
                                                 {"\"region\" in event", "true"},
                                                 {"event.exists(name, name == \"data\")", "true"},
                                                 {"event.data.total == 5", "true"},
                                                 {"has(event.data)", "true"},
                                                 {"has(event.data.total)", "true"},
                                                 {"event.data == data", "true"},
                                                 {"headers[\"x-event\"] == \"push\"", "true"},
                                                 {"has(headers.absent)", "false"},
                                                 {"size(headers) == 1", "true"},
                                                 {"query.a == \"1\" && query.b == \" x\"", "true"},
                                                 {"\"c\" in query", "false"}}) {
    CAPTURE(text);
    CHECK(said(text, R"({"total":5})", headers) == says);
  }
}

TEST_CASE("FilterEvent: a form is an object of strings, the first of a name counts") {
  const NamesAndValues form = {{"content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8"}};
  CHECK(said("data.Body == \"hi there\" && data.n == \"1\"", "Body=hi+there&n=1&n=2", form) == "true");
  CHECK(said("data.exists(name, name == \"n\") && size(data) == 2", "Body=hi+there&n=1&n=2", form) == "true");
  CHECK(said("data.a == 1", "%", form) == "no_data");
}

TEST_CASE("FilterEvent: what is neither JSON nor a form is no data") {
  for (const char* payload : {"", "hello", "{\"a\":1", "\xff", "<a/>"}) {
    CAPTURE(payload);
    CHECK(said("data.a == 1", payload) == "no_data");
    CHECK(said("has(data.a)", payload) == "no_data");
    CHECK(said("has(event.data)", payload) == "false");
    CHECK(said("event.type == \"order.created\"", payload) == "true");
  }
  CHECK(said("data.a == 1", "{\"a\":1}", {{"content-type", "text/plain"}}) == "true");
  CHECK(said("data == 5", "5") == "true");
  CHECK(said("data[0]", "[true]") == "true");
}

TEST_CASE("FilterEvent: numbers that cannot be held, and members that stand twice, are failures") {
  CHECK(said("data.a == 1", R"({"a":1,"b":1e999})") == "inexact_data");
  CHECK(said("data.a == 1", R"({"a":1,"a":2})") == "member_twice");
  CHECK(said("data.b == 1", R"({"a":1,"a":2,"b":1})") == "true");
  CHECK(object_said(R"({"data":{"a":1}})", R"({"a":1,"b":1e999})") == "inexact_data");
  CHECK(object_said(R"({"data":{"a":1}})", R"({"a":1,"a":2})") == "member_twice");
  CHECK(said("event.type == \"order.created\"", R"({"a":1e999})") == "true");
}

TEST_CASE("FilterEvent: a payload is parsed by the first filter that looks at it, and not again") {
  const auto record = stored_event(R"({"a":1})");
  const auto view = event::view(record);
  event::JsonDocument document;
  event::FilterEvent event(record, *view, document);
  const auto of_type = compile_text("event.type == \"order.created\""), of_data = compile_text("data.a == 1");
  CHECK(event::evaluate(**of_type, event).says == event::FilterResult::Says::yes);
  CHECK_FALSE(event.has_parsed());
  CHECK(event::evaluate(**of_data, event).says == event::FilterResult::Says::yes);
  CHECK(event.has_parsed());
  document.clear();
  REQUIRE(document.parse("{}"));  // what is parsed now, nobody sees
  CHECK(document.root());
}

}  // namespace
}  // namespace certes::filter
