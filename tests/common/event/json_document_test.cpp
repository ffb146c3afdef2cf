#include "common/event/json_document.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace certes;
using namespace certes::event;
using namespace std::string_literals;

TEST_CASE("JsonDocument: the error says what is wrong") {
  JsonDocument document;
  CHECK(document.parse("").error().message == "the body is empty");
  CHECK(document.parse("\"\xff\"").error().message == "the body is not valid UTF-8");
  CHECK(document.parse(std::string(300, '[') + std::string(300, ']')).error().message ==
        "the JSON is nested deeper than 256");
  CHECK(document.parse("{").error().message.starts_with("the body is not JSON: "));
}

TEST_CASE("JsonDocument: text_at finds scalars by JSON pointer") {
  const std::string body = R"({"action": "opened", "n": 12345678901234567890123, "f": 1.50, "t": true, "no": null,
    "o": {"a/b": {"~": "x\u0041\"\\"}, "": "empty"}, "l": [1, [2, "three"], {"k": "v"}], "d": 1, "d": 2, "q\u0031": "esc"})";
  JsonDocument document;
  REQUIRE(document.parse(body));
  const std::pair<const char*, const char*> found[] = {{"/action", "opened"},
                                                       {"/n", "12345678901234567890123"},
                                                       {"/f", "1.50"},
                                                       {"/t", "true"},
                                                       {"/o/a~1b/~0", "xA\"\\"},
                                                       {"/o/", "empty"},
                                                       {"/l/0", "1"},
                                                       {"/l/1/1", "three"},
                                                       {"/l/2/k", "v"},
                                                       {"/q1", "esc"}};
  for (const auto& [pointer, text] : found) {
    CAPTURE(pointer);
    CHECK(document.text_at(pointer) == std::string(text));
  }
  for (const char* absent : {"", "/", "/no", "/o", "/l", "/x", "/action/x", "/l/3", "/l/-", "/l/01", "/l/x", "action",
                             "/o/~2", "/o/~", "/d", "/t/0"}) {
    CAPTURE(absent);
    CHECK_FALSE(document.text_at(absent));
  }
}

TEST_CASE("JsonDocument: text_at reads a document that is just a scalar") {
  CHECK(json_text_at(" \"x\" ", "") == std::string("x"));
  CHECK(json_text_at(" 15 ", "") == std::string("15"));
  CHECK_FALSE(json_text_at("{", ""));
}

TEST_CASE("JsonDocument: one that failed to parse holds nothing") {
  JsonDocument document;
  REQUIRE(document.parse(R"({"a":"b"})"));
  CHECK_FALSE(document.parse("{"));
  CHECK_FALSE(document.text_at("/a"));
}
