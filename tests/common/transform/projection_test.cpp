#include "tests/common/transform/fixture.hpp"

namespace certes::transform {
namespace {

std::string body(std::string_view pattern, std::string_view payload, const Lines& headers = {}) {
  return made(R"({"project":{"body":)" + std::string(pattern) + "}}", stored_event(payload, headers));
}

std::string header(std::string_view value, std::string_view payload, const Lines& more = {}) {
  const auto made =
      run(R"({"project":{"headers":{"X-Made":)" + std::string(value) + "}}}", stored_event(payload, more));
  if (!made) return std::string(to_string(made.error().why)) + ": " + made.error().text;
  CHECK(made->body == nullptr);
  REQUIRE(made->headers.size() == 1);
  CHECK(made->headers[0].first == "X-Made");
  return made->headers[0].second.value_or("taken away");
}

}  // namespace

TEST_CASE("Projection: a value is copied as it is written, whatever it is") {
  for (const char* value : {"1", "-0", "1.10", "9223372036854775807", "18446744073709551615", "1e400",
                            "0.1000000000000000055511151231257827", "\"Gr\\u00f6\\u00dfe\"", "null", "true",
                            "[ 1,\n2 ]", R"({"b":1, "a":{"x":[]}, "b":2})", "{ }", "[]"}) {
    CAPTURE(value);
    CHECK(body(R"("${/data}")", value) == value);
    CHECK(body(R"({"v":"${/data/in/1}"})", R"({ "in" : [ 0, )" + std::string(value) + " ,[2] ] , \"z\":{}}") ==
          "{\"v\":" + std::string(value) + "}");
  }
}

TEST_CASE("Projection: constants, arrays and objects stand as they were declared") {
  CHECK(body(R"({"n":12345678901234567,"t":"a\nb","l":[1,{"x":null}],"e":{},"f":false})", "{}") ==
        R"({"n":12345678901234567,"t":"a\u000ab","l":[1,{"x":null}],"e":{},"f":false})");
  CHECK(body("7", "no JSON") == "7");
}

TEST_CASE("Projection: texts take values as text, and all else as JSON") {
  const char* payload = R"({"id":7,"name":"Gr\u00f6\"ße","tags":["a", "b"],"no":null})";
  CHECK(body(R"("Order ${/data/id} of ${/data/name}")", payload) == R"("Order 7 of Grö\"ße")");
  CHECK(body(R"("${/data/tags} ${/data/no}")", payload) == R"("[\"a\", \"b\"] null")");
  CHECK(body(R"("$${/data/id} is ${/data/id}$")", payload) == R"("${/data/id} is 7$")");
  CHECK(body(R"("${/data/id}${/data/id}")", payload) == R"("77")");
}

TEST_CASE("Projection: what is not there is left out, null in an array, or what is said behind the bar") {
  CHECK(body(R"({"a":"${/data/x}","b":"${/data/y}"})", R"({"y":1})") == R"({"b":1})");
  CHECK(body(R"(["${/data/x}","${/data/y/0}"])", R"({"y":{"0":3}})") == "[null,3]");
  CHECK(body(R"({"a":"${/data/x|nobody}"})", "{}") == R"({"a":"nobody"})");
  CHECK(body(R"("by ${/data/x|}!")", "{}") == R"("by !")");
  CHECK(body(R"({"t":"by ${/data/x/y}"})", R"({"x":1})") == "missing: there is nothing at /data/x/y");
}

TEST_CASE("Projection: what stands twice in its object is not guessed, unless it is not looked at") {
  const char* payload = R"({"a":{"n":1},"b":1,"a":{"m":2}})";
  for (const char* pointer : {"/data/a", "/data/a/n", "/data/a/m"})
    CHECK(body("\"${" + std::string(pointer) + "}\"", payload).starts_with("member_twice: " + std::string(pointer)));
  CHECK(body(R"("${/data/b}")", payload) == "1");
  CHECK(body(R"({"all":"${/data}"})", payload) == R"({"all":)" + std::string(payload) + "}");
}

TEST_CASE("Projection: names are compared unescaped, and pointers escaped as RFC 6901 has it") {
  CHECK(body(R"(["${/data/a~1b}","${/data/c~0d}","${/data/}","${/data/ö}"])", R"({"a/b":1,"c~d":2,"":3,"\u00f6":4})") ==
        "[1,2,3,4]");
  CHECK(body(R"(["${/data/0}","${/data/2}","${/data/00}","${/data/-}"])", "[5,6,7]") == "[5,7,null,null]");
}

TEST_CASE("Projection: attributes, forwarded headers, the query and the payload as text") {
  const Lines more = {{"ce_subject", "7\"8"},       {"ce_partitionkey", "k"},       {"ce_region", "eu"},
                      {"certes-h-x-event", "push"}, {"certes-h-x-event", "second"}, {"certes-query", "a=1%202&a=3"}};
  CHECK(body(R"(["${/event/id}","${/event/type}","${/event/subject}","${/event/partition_key}","${/event/region}"])",
             "", more) == R"(["evt_1","order.created","7\"8","k","eu"])");
  CHECK(body(R"("${/headers/x-event} ${/query/a} ${/event/tenant}")", "", more) == R"("push 1 2 default")");
  CHECK(body(R"({"xml":"${/payload}"})", "<a b=\"c\"/>") == R"({"xml":"<a b=\"c\"/>"})");
  CHECK(body(R"({"xml":"${/payload}","data":"${/data}"})", "\xff") == "{}");
}

TEST_CASE("Projection: a form is an object of strings, of each name the first") {
  CHECK(body(R"(["${/data}","${/data/a}"])", "a=1+2&b=%22&a=3",
             {{"content-type", "application/x-www-form-urlencoded"}}) == R"([{"a":"1 2","b":"\""},"1 2"])");
}

TEST_CASE("Projection: without a body the payload is kept, with one it is JSON") {
  CHECK(made(R"({"project":{}})", stored_event("x")) == "kept");
  CHECK(run(R"({"project":{"body":1}})", stored_event("x"))->content_type == "application/json");
  const auto typed = run(R"({"project":{"headers":{"Content-Type":"text/${/event/type}"}}})", stored_event("x"));
  REQUIRE(typed.has_value());
  CHECK(typed->content_type == "text/order.created");
  CHECK(typed->headers.empty());
}

TEST_CASE("Projection: a header's value is one line, or the attempt has failed") {
  CHECK(header(R"("order-${/data/id}")", R"({"id":7})") == "order-7");
  CHECK(header("null", "{}") == "taken away");
  for (const char* text : {"a\\r\\nwebhook-id: 1", "a\\nb", "\\u0000", "\\u007f"})
    CHECK(header(R"("${/data/t}")", R"({"t":")" + std::string(text) + "\"}") ==
          "header: header X-Made would hold a control character");
  CHECK(header(R"("${/data/t}")", R"({"t":")" + std::string(8'193, 'a') + "\"}")
            .starts_with("header: header X-Made would be longer"));
  CHECK(header(R"("${/data/t}")", "{}") == "missing: there is nothing at /data/t");
}

TEST_CASE("Projection: the body is bounded while it is made") {
  const std::string payload = R"({"t":")" + std::string(1'000, 'a') + "\"}";
  const char* twice = R"({"project":{"body":["${/data/t}","${/data/t}"]}})";
  CHECK(made(twice, stored_event(payload), {2'100}).size() == 2'007);
  CHECK(made(twice, stored_event(payload), {2'000}) == "output: the body is longer than 2000 bytes");
  CHECK(made(R"({"project":{"body":"${/data/t} ${/data/t}"}})", stored_event(payload), {2'000}) ==
        "output: the body is longer than 2000 bytes");
}

}  // namespace certes::transform
