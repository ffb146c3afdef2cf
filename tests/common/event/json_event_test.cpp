#include "common/event/json_event.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::event;

namespace {

struct Read {
  JsonDocument document;
  Incoming incoming;
  Result<void> operator()(std::string_view body, std::size_t max_events = 1'000) {
    return read_plain_json(document, body, max_events, incoming);
  }
};

}  // namespace

TEST_CASE("Plain JSON: all members are read") {
  Read read;
  REQUIRE(read(R"({"type":"order.created","data":{"a":1},"id":"i","source":"/s","subject":"sub",
    "time":"2026-01-31T08:00:00+01:00","partition_key":"pk","conversation_id":"c","cause_id":"cc"})"));
  CHECK_FALSE(read.incoming.batch);
  REQUIRE(read.incoming.events.size() == 1);
  const auto& event = read.incoming.events[0];
  CHECK(event.type == "order.created");
  CHECK(event.client_id == "i");
  CHECK(event.client_gave_id);
  CHECK(event.source == "/s");
  CHECK(event.subject == "sub");
  CHECK(event.time == "2026-01-31T08:00:00+01:00");
  CHECK(event.partition_key == "pk");
  CHECK(event.conversation_id == "c");
  CHECK(event.cause_id == "cc");
  CHECK(event.data == R"({"a":1})");
  CHECK(event.data_content_type == "application/json");
}

TEST_CASE("Plain JSON: data is carried byte for byte") {
  for (const std::string data :
       {R"({ "b" : 1,  "a":1.50e+0 , "b":2 })", R"("x\u0041\"}]\\")", "null", "-0", "1E400", "[ ]", "{\n\t}", "false",
        R"([{"type":"x"},"\\",{"data":[[["]"]]]}])", "123456789012345678901234567890", R"("\\\"")", "\"\xc3\xa4\""}) {
    Read read;
    CAPTURE(data);
    REQUIRE(read(R"({"type":"a", "data" : )" + data + " }"));
    CHECK(read.incoming.events[0].data == data);
    REQUIRE(read(R"({"data":)" + data + R"(,"type":"a"})"));
    CHECK(read.incoming.events[0].data == data);
    REQUIRE(read(R"( [ {"type":"a","data":)" + data + R"(} , {"data":)" + data + R"( ,"type":"b"}])"));
    REQUIRE(read.incoming.events.size() == 2);
    CHECK(read.incoming.events[0].data == data);
    CHECK(read.incoming.events[1].data == data);
    CHECK(read.incoming.events[1].type == "b");
  }
}

TEST_CASE("Plain JSON: escaped member names are the names they spell") {
  Read read;
  REQUIRE(read(R"({"typ\u0065":"a","d\u0061ta":"\u0041"})"));
  CHECK(read.incoming.events[0].type == "a");
  CHECK(read.incoming.events[0].data == R"("\u0041")");
}

TEST_CASE("Plain JSON: without an id the client gave none") {
  Read read;
  REQUIRE(read(R"({"type":"a","data":null})"));
  CHECK_FALSE(read.incoming.events[0].client_gave_id);
}

TEST_CASE("Plain JSON: each mistake has its pointer") {
  const std::string long_id(1024, 'x');
  const std::pair<std::string, std::string> rows[] = {
      {R"({"data":1})", "/type"},
      {R"({"type":"a"})", "/data"},
      {R"({"typ":"a","data":1})", "/typ"},
      {R"({"type":"a","data":1,"Type":"b"})", "/Type"},
      {R"({"type":"a","data":1,"a/b~c":1})", "/a~1b~0c"},
      {R"({"type":"a","data":1,"priority":"high"})", "/priority"},
      {R"({"type":"a","data":1,"type":"b"})", "/type"},
      {R"({"type":"a","data":1,"dat\u0061":2})", "/data"},
      {R"({"type":1,"data":1})", "/type"},
      {R"({"type":null,"data":1})", "/type"},
      {R"({"type":"","data":1})", "/type"},
      {R"({"type":"a..b","data":1})", "/type"},
      {R"({"type":"a b","data":1})", "/type"},
      {R"({"type":"a","data":1,"id":7})", "/id"},
      {R"({"type":"a","data":1,"id":""})", "/id"},
      {R"({"type":"a","data":1,"id":")" + long_id + "\"}", "/id"},
      {R"({"type":"a","data":1,"id":"a\nb"})", "/id"},
      {R"({"type":"a","data":1,"id":"a\u0000b"})", "/id"},
      {R"({"type":"a","data":1,"source":"x\r"})", "/source"},
      {R"({"type":"a","data":1,"subject":["x"]})", "/subject"},
      {R"({"type":"a","data":1,"time":"today"})", "/time"},
      {R"({"type":"a","data":1,"partition_key":{}})", "/partition_key"},
      {R"({"type":"a","data":1,"conversation_id":true})", "/conversation_id"},
      {R"({"type":"a","data":1,"cause_id":""})", "/cause_id"},
      {R"([{"type":"a","data":1},{"type":"a","data":1},{"type":"a","data":1},{"typ":"a","data":1}])", "/3/typ"},
      {R"([{"type":"a","data":1},{"data":1}])", "/1/type"},
      {R"([{"type":"a","data":1},7])", "/1"},
      {R"([[]])", "/0"},
      {R"("x")", ""},
      {R"(7)", ""},
      {R"({"type":"a","data":1)", ""},
      {R"({"type":"a","data":tru})", ""},
      {"{\"type\":\"a\",\"data\":\"\xff\"}", ""},
      {"not json", ""},
      {"", ""},
  };
  Read read;
  for (const auto& [body, pointer] : rows) {
    CAPTURE(body);
    const auto done = read(body);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Code::invalid);
    CHECK(done.error().pointer == pointer);
    CHECK_FALSE(done.error().message.empty());
  }
}

TEST_CASE("Plain JSON: a batch is bounded, and may be empty") {
  Read read;
  const auto body = [](int n) {
    std::string text = "[";
    for (int i = 0; i < n; ++i) text += R"({"type":"a","data":1},)";
    text.back() = ']';
    return text;
  };
  CHECK(read(body(1'000)));
  CHECK(read.incoming.events.size() == 1'000);
  CHECK(read(body(1'001)).error().code == Code::too_large);
  REQUIRE(read("[]"));
  CHECK(read.incoming.batch);
  CHECK(read.incoming.events.empty());
}
