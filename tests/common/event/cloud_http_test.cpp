// CloudEvents HTTP Protocol Binding 1.0.2: what it asks of a receiver, by section. What concerns Content-Type and whole
// requests is in tests/gateway/ingest/cloud_http_test.cpp, what is sent in tests/dispatcher/delivery.
#include <doctest/doctest.h>

#include "common/event/cloud_event.hpp"

using namespace certes;
using namespace certes::event;

namespace {

struct Binary {
  JsonDocument document;
  Incoming incoming;
  std::vector<AttributeHeader> headers = {
      {"ce-specversion", "1.0"}, {"ce-id", "i"}, {"ce-source", "/s"}, {"ce-type", "a.b"}};

  Result<void> with(std::string_view name, std::string_view value) {
    auto all = headers;
    all.push_back({name, value});
    return read_binary_cloud_event(all, "text/plain", "x", incoming);
  }
  // What ce-subject is decoded to; nothing where it is refused.
  std::string subject(std::string_view value) {
    return with("ce-subject", value) ? incoming.events.at(0).subject : "(refused)";
  }
};

}  // namespace

TEST_CASE("CloudEvents HTTP 1.0.2, 1.4: the JSON event format is supported") {
  Binary read;
  REQUIRE(read_cloud_event(read.document, R"({"specversion":"1.0","id":"i","source":"/s","type":"a.b","data":{"x":1}})",
                           read.incoming));
  CHECK(read.incoming.events.at(0).data == R"({"x":1})");
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.1: Content-Type is datacontenttype, and ce-datacontenttype is refused") {
  Binary read;
  for (const char* type : {"application/json", "text/plain; charset=utf-8", "application/x-protobuf", "image/png"}) {
    REQUIRE(read_binary_cloud_event(read.headers, type, "x", read.incoming));
    CHECK(read.incoming.events.at(0).data_content_type == type);
  }
  REQUIRE(read_binary_cloud_event(read.headers, "", "x", read.incoming));
  CHECK(read.incoming.events.at(0).data_content_type.empty());
  const auto refused = read.with("ce-datacontenttype", "text/plain");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().pointer == "ce-datacontenttype");
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.2: the body is the data, byte for byte") {
  Binary read;
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const std::string& body : {bytes, std::string(), std::string("{\"not\": \"read\" ")}) {
    REQUIRE(read_binary_cloud_event(read.headers, "application/json", body, read.incoming));
    CHECK(read.incoming.events.at(0).data == body);
  }
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3: every attribute, extensions too, is mapped from a header of its own") {
  Binary read;
  auto& headers = read.headers;
  for (const auto& [name, value] : std::vector<AttributeHeader>{{"ce-subject", "sub"},
                                                                {"ce-time", "2026-01-31T08:00:00Z"},
                                                                {"ce-dataschema", "https://example.com/schema"},
                                                                {"ce-partitionkey", "pk"},
                                                                {"ce-one", "1"},
                                                                {"ce-two2", "x"}})
    headers.push_back({name, value});
  REQUIRE(read_binary_cloud_event(headers, "", "", read.incoming));
  const Event& event = read.incoming.events.at(0);
  CHECK(event.client_id == "i");
  CHECK(event.source == "/s");
  CHECK(event.type == "a.b");
  CHECK(event.subject == "sub");
  CHECK(event.time == "2026-01-31T08:00:00Z");
  CHECK(event.partition_key == "pk");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(event.extensions == Pairs{{"dataschema", "https://example.com/schema"}, {"one", "1"}, {"two2", "x"}});
  CHECK_FALSE(read.with("ce-one", "again"));
  CHECK_FALSE(read.with("ce-id", "again"));
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.1: names are the attributes' behind ce-, in any case") {
  Binary read;
  for (const char* name : {"ce-myext", "CE-MYEXT", "Ce-MyExt", "cE-mYeXt"}) {
    REQUIRE(read.with(name, "v"));
    CHECK(read.incoming.events.at(0).extensions.at(0).first == "myext");
  }
  for (const char* name : {"ce-", "ce-my-ext", "ce-my_ext", "ce-my.ext"}) CHECK_FALSE(read.with(name, "v"));
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: quoted strings are unescaped first") {
  Binary read;
  CHECK(read.subject(R"("a b")") == "a b");
  CHECK(read.subject(R"("a \"b\" c")") == R"(a "b" c)");
  CHECK(read.subject(R"("a\\b")") == R"(a\b)");
  CHECK(read.subject(R"("\a\b")") == "ab");
  CHECK(read.subject(R"("a%20b")") == "a b");
  CHECK(read.subject(R"("\%20")") == " ");  // unescaped before it is decoded
  CHECK(read.subject(R"(a "b" c)") == R"(a "b" c)");
  CHECK(read.subject(R"(a\b)") == R"(a\b)");
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: one round of percent-decoding, no more") {
  Binary read;
  CHECK(read.subject("%2541") == "%41");
  CHECK(read.subject("%25252525") == "%252525");
  CHECK(read.subject("%22a%22") == R"("a")");  // not unquoted again
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: what must be encoded is decoded: space, quote, percent, beyond ASCII") {
  Binary read;
  CHECK(read.subject("a%20b") == "a b");
  CHECK(read.subject("a%22b") == "a\"b");
  CHECK(read.subject("100%25") == "100%");
  CHECK(read.subject("%C3%A9") == "\xc3\xa9");
  CHECK(read.subject("Euro%20%E2%82%AC%20%F0%9F%98%80") == "Euro \xe2\x82\xac \xf0\x9f\x98\x80");
}

TEST_CASE(
    "CloudEvents HTTP 1.0.2, 3.1.3.2: a character beyond the basic plane is one of four bytes, not a surrogate pair") {
  Binary read;
  CHECK(read.subject("%F0%9F%98%80") == "\xf0\x9f\x98\x80");
  CHECK(read.subject("%ED%A0%BD%ED%B8%80") == "(refused)");
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: lower-case hexadecimal is accepted") {
  Binary read;
  CHECK(read.subject("%e2%82%ac") == "\xe2\x82\xac");
  CHECK(read.subject("%C3%a9%c3%A9") == "\xc3\xa9\xc3\xa9");
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: what was encoded without need is accepted") {
  Binary read;
  CHECK(read.subject("%61%62%63") == "abc");
  CHECK(read.subject("%2F%7e%2d") == "/~-");
  REQUIRE(read.with("ce-ext", "%30"));
  CHECK(read.incoming.events.at(0).extensions.at(0).second == "0");
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3.2: bytes that are no UTF-8 are refused, overlong forms too") {
  Binary read;
  for (const char* value :
       {"%C0%A0", "%C0%80", "%C1%BF", "%E0%80%80", "%E0%9F%BF", "%F0%80%80%80", "%80", "%BF", "%C3", "%C3%28", "%E2%82",
        "%FF", "%FE", "%F4%90%80%80", "%F8%88%80%80%80", "%ED%A0%80", "a%C0%A0b", "\xc0\xa0", "\xff"}) {
    CAPTURE(value);
    CHECK(read.subject(value) == "(refused)");
  }
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.2.3: in structured mode the payload alone has the attributes") {
  Binary read;  // the reader of that mode is not even given the headers
  REQUIRE(
      read_cloud_event(read.document, R"({"specversion":"1.0","id":"in","source":"/in","type":"in"})", read.incoming));
  CHECK(read.incoming.events.at(0).client_id == "in");
  CHECK_FALSE(read_cloud_event(read.document, R"({"specversion":"1.0","source":"/in","type":"in"})", read.incoming));
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.3: a batch of the JSON batch format is supported") {
  Binary read;
  REQUIRE(read_cloud_event_batch(read.document,
                                 R"([{"specversion":"1.0","id":"1","source":"/s","type":"a","data":1},
                                     {"specversion":"1.0","id":"2","source":"/s","type":"b","data_base64":"AA=="}])",
                                 10, read.incoming));
  REQUIRE(read.incoming.events.size() == 2);
  CHECK(read.incoming.events[0].data == "1");
  CHECK(read.incoming.events[1].data == std::string(1, '\0'));
}

TEST_CASE(
    "CloudEvents HTTP 1.0.2, 3.3.2: a batch may be empty; all have one specversion; other attributes may differ") {
  Binary read;
  REQUIRE(read_cloud_event_batch(read.document, "[]", 10, read.incoming));
  CHECK(read.incoming.events.empty());
  REQUIRE(read_cloud_event_batch(
      read.document,
      R"([{"specversion":"1.0","id":"1","source":"/s","type":"a","datacontenttype":"text/plain","data":"x"},
          {"specversion":"1.0","id":"2","source":"/t","type":"b","datacontenttype":"application/json","data":"x","more":1}])",
      10, read.incoming));
  CHECK(read.incoming.events[0].data == "x");
  CHECK(read.incoming.events[1].data == "\"x\"");
  const auto mixed = read_cloud_event_batch(read.document,
                                            R"([{"specversion":"1.0","id":"1","source":"/s","type":"a"},
                                                {"specversion":"0.3","id":"2","source":"/s","type":"a"}])",
                                            10, read.incoming);
  REQUIRE_FALSE(mixed);
  CHECK(mixed.error().pointer == "/1/specversion");
}
