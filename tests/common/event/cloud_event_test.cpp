#include "common/event/cloud_event.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::event;

namespace {

struct Read {
  JsonDocument document;
  Incoming incoming;
  Result<void> structured(std::string_view body) { return read_cloud_event(document, body, incoming); }
  Result<void> batch(std::string_view body) { return read_cloud_event_batch(document, body, 3, incoming); }
  Result<void> binary(std::vector<AttributeHeader> headers, std::string_view type = "text/plain",
                      std::string_view body = "x") {
    return read_binary_cloud_event(headers, type, body, incoming);
  }
  const Event& event() const { return incoming.events.at(0); }
};

std::string with(const std::string& more) {
  return R"({"specversion":"1.0","id":"i","source":"/s","type":"a.b")" + more + "}";
}

const std::vector<AttributeHeader> kRequired = {
    {"ce-specversion", "1.0"}, {"ce-id", "i"}, {"ce-source", "/s"}, {"ce-type", "a.b"}};

std::vector<AttributeHeader> plus(std::string_view name, std::string_view value) {
  auto headers = kRequired;
  std::erase_if(headers, [&](const auto& header) { return header.name == name; });
  headers.push_back({name, value});
  return headers;
}

}  // namespace

TEST_CASE("CloudEvents structured: attributes and extensions are read") {
  Read read;
  REQUIRE(read.structured(
      with(R"(,"subject":"sub","time":"2026-01-31T08:00:00Z","datacontenttype":"application/json","partitionkey":"pk",
       "conversationid":"c","causeid":"cc","dataschema":"x:y","flag":true,"count":42,"gone":null,"data":{"a" : 1},
       "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")")));
  const auto& event = read.event();
  CHECK(event.client_id == "i");
  CHECK(event.client_gave_id);
  CHECK(event.source == "/s");
  CHECK(event.type == "a.b");
  CHECK(event.subject == "sub");
  CHECK(event.partition_key == "pk");
  CHECK(event.conversation_id == "c");
  CHECK(event.cause_id == "cc");
  CHECK(event.data == R"({"a" : 1})");
  CHECK(event.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(event.extensions == Pairs{{"dataschema", "x:y"}, {"flag", "true"}, {"count", "42"}});
}

TEST_CASE("CloudEvents structured: the payload by its form and content type") {
  Read read;
  REQUIRE(read.structured(with(R"(,"data":"text")")));
  CHECK(read.event().data == R"("text")");
  CHECK(read.event().data_content_type == "application/json");
  REQUIRE(read.structured(with(R"(,"data":"a\nb","datacontenttype":"text/plain")")));
  CHECK(read.event().data == "a\nb");
  REQUIRE(read.structured(with(R"(,"datacontenttype":"application/x+json","data":"a\nb")")));
  CHECK(read.event().data == R"("a\nb")");
  REQUIRE(read.structured(with(R"(,"data_base64":"AP8=","datacontenttype":"application/octet-stream")")));
  CHECK(read.event().data == std::string("\0\xff", 2));
  REQUIRE(read.structured(with("")));
  CHECK(read.event().data.empty());
  CHECK(read.event().data_content_type.empty());
}

TEST_CASE("CloudEvents structured: each mistake has its pointer") {
  const std::pair<std::string, std::string> rows[] = {
      {R"({"id":"i","source":"/s","type":"a.b"})", "/specversion"},
      {R"({"specversion":"1.0","source":"/s","type":"a.b"})", "/id"},
      {R"({"specversion":"1.0","id":"i","type":"a.b"})", "/source"},
      {R"({"specversion":"1.0","id":"i","source":"/s"})", "/type"},
      {R"({"specversion":"0.3","id":"i","source":"/s","type":"a"})", "/specversion"},
      {R"({"specversion":"1.0","id":null,"source":"/s","type":"a"})", "/id"},
      {R"({"specversion":"1.0","id":"","source":"/s","type":"a"})", "/id"},
      {with(R"(,"data":1,"data_base64":"AA==")"), "/data_base64"},
      {with(R"(,"data":1,"data":2)"), "/data"},
      {with(R"(,"data_base64":"A")"), "/data_base64"},
      {with(R"(,"data_base64":7)"), "/data_base64"},
      {with(R"(,"Upper":"x")"), "/Upper"},
      {with(R"(,"under_score":"x")"), "/under_score"},
      {with(R"(,"":"x")"), "/"},
      {with(R"(,"ext":{})"), "/ext"},
      {with(R"(,"ext":1.5)"), "/ext"},
      {with(R"(,"ext":"a\nb")"), "/ext"},
      {with(R"(,"ext":"1","ext":"2")"), "/ext"},
      {with(R"(,"id":"j")"), "/id"},
      {with(R"(,"time":"noon")"), "/time"},
      {"[]", ""},
      {"{", ""},
  };
  Read read;
  for (const auto& [body, pointer] : rows) {
    CAPTURE(body);
    const auto done = read.structured(body);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Code::invalid);
    CHECK(done.error().pointer == pointer);
  }
}

TEST_CASE("CloudEvents batch: an array of events, bounded") {
  Read read;
  const auto one = with("");
  REQUIRE(read.batch("[" + one + "," + one + "]"));
  CHECK(read.incoming.batch);
  CHECK(read.incoming.events.size() == 2);
  CHECK(read.batch("[" + one + R"(,{"specversion":"1.0"}])").error().pointer == "/1/id");
  CHECK(read.batch("[" + one + "," + one + "," + one + "," + one + "]").error().code == Code::too_large);
  CHECK(read.batch(one).error().code == Code::invalid);
  CHECK(read.batch("[]"));
}

TEST_CASE("CloudEvents binary: names in any case, values decoded once, any bytes as data") {
  Read read;
  auto headers = plus("Ce-Subject", "Euro%20%E2%82%AC %2541");
  headers.push_back({"ce-quoted", R"("a \"b\"")"});
  headers.push_back({"ce-raw", "100% \xc3\xa4 %zz %"});
  const std::string body("\0\xff{", 3);
  REQUIRE(read.binary(headers, "application/octet-stream", body));
  CHECK(read.event().subject == "Euro \xe2\x82\xac %41");
  CHECK(read.event().extensions[0].second == R"(a "b")");
  CHECK(read.event().extensions[1].second == "100% \xc3\xa4 %zz %");
  CHECK(read.event().data == body);
  CHECK(read.event().data_content_type == "application/octet-stream");
  CHECK(read.event().client_gave_id);
}

TEST_CASE("CloudEvents binary: each mistake names its header") {
  const std::pair<const char*, std::string> rows[] = {
      {"ce-specversion", "2.0"},  {"ce-id", ""},      {"ce-id", std::string(257, 'x')},
      {"ce-id", "%0A"},           {"ce-id", "%FF"},   {"ce-id", "%C0%AF"},
      {"ce-source", "\xff"},      {"ce-type", "a b"}, {"ce-time", "now"},
      {"ce-bad_name", "x"},       {"ce-", "x"},       {"ce-ext", "%00"},
      {"ce-datacontenttype", "x"}};
  Read read;
  for (const auto& [name, value] : rows) {
    CAPTURE(name);
    CAPTURE(value);
    const auto done = read.binary(plus(name, value));
    REQUIRE_FALSE(done);
    CHECK(done.error().pointer == name);
  }
  for (const auto& required : kRequired) {
    auto headers = kRequired;
    std::erase_if(headers, [&](const auto& header) { return header.name == required.name; });
    CHECK(read.binary(headers).error().pointer == required.name);
    headers = kRequired;
    headers.push_back(required);
    CHECK(read.binary(headers).error().pointer == required.name);
  }
}

TEST_CASE("CloudEvents binary: an unusable trace context is dropped") {
  Read read;
  REQUIRE(read.binary(plus("ce-traceparent", "junk")));
  CHECK(read.event().traceparent.empty());
}

// Found by fuzzing: it was accepted, and no dispatcher could read its record.
TEST_CASE("CloudEvents: in binary mode a content type that is not UTF-8 is refused") {
  certes::event::Incoming incoming;
  const auto read = certes::event::read_binary_cloud_event(
      {{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "a.b"}}, "\xff/json", "{}",
      incoming);
  REQUIRE_FALSE(read);
  CHECK(read.error().pointer == "content-type");
}
