#include "common/event/json_document.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace certes;
using namespace certes::event;
using namespace std::string_literals;

TEST_CASE("JsonDocument: accepts what RFC 8259 says is JSON") {
  const std::string good[] = {"[]",
                              "{}",
                              "[[]]",
                              "[[],[[]]]",
                              "null",
                              "true",
                              "false",
                              "0",
                              "-0",
                              "\"\"",
                              "\"a\"",
                              " [1] ",
                              "\t[1]\n\r ",
                              "[1,2 , 3]",
                              "[1.5]",
                              "[-1.5e10]",
                              "[1E+2]",
                              "[1e-2]",
                              "[0.5]",
                              "[0e1]",
                              "[0e+1]",
                              "[123e65]",
                              "[-0.0]",
                              "[123456789012345678]",
                              "[123456789012345678901234567890]",
                              "[-99999999999999999999999999]",
                              "[1e400]",
                              "[-1e+9999]",
                              "[0.4e00669999999999999999999999999999999999999999999999999969999999006]",
                              "[1.5e-99999]",
                              "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
                              R"(["\"\\\/\b\f\n\r\t"])",
                              R"(["\u0041\u00e9\u20ac"])",
                              R"(["\ud83d\ude00"])",
                              R"(["\uD801\udc37"])",
                              R"(["\u0000"])",
                              R"(["\\u0000"])",
                              R"(["\\\""])",
                              "[\"\x7f\"]",
                              "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"]",
                              "[\"\xef\xbf\xbf\"]",
                              "[\"\xe2\x80\xa8\"]",
                              R"(["a/*b*/c"])",
                              R"({"a":1,"a":2})",
                              R"({"":0})",
                              R"({"a\u0062":[{}]})",
                              R"({"a":{"b":{}}})",
                              "{\"a\":\n[\n1\n]\n}",
                              R"(["]}{[,:"])",
                              "[null,1,\"1\",{}]",
                              "[true,false]",
                              R"({"min":-1.0e+28,"max":1.0e+28})",
                              std::string(200, '[') + std::string(200, ']')};
  JsonDocument document;
  for (const auto& text : good) {
    CAPTURE(text);
    const auto parsed = document.parse(text);
    CAPTURE((parsed ? "" : parsed.error().message));
    CHECK(parsed);
  }
}

TEST_CASE("JsonDocument: refuses all else") {
  const std::string bad[] = {"",
                             " ",
                             "[",
                             "]",
                             "{",
                             "}",
                             "[1",
                             "[1,",
                             "[1,]",
                             "[,1]",
                             "[,]",
                             "[1,,2]",
                             "[1 2]",
                             "[\"a\"",
                             "[\"a",
                             "\"",
                             "\"a",
                             "[1]]",
                             "[1]x",
                             "[1]1",
                             "[][]",
                             "{}{}",
                             "{}}",
                             "1 2",
                             "true false",
                             "nul",
                             "nulll",
                             "tru",
                             "True",
                             "NaN",
                             "[NaN]",
                             "[Infinity]",
                             "[-Infinity]",
                             "[+1]",
                             "[01]",
                             "[-01]",
                             "[00]",
                             "[1.]",
                             "[.5]",
                             "[-]",
                             "[-.5]",
                             "[--1]",
                             "[1e]",
                             "[1e+]",
                             "[1.e5]",
                             "[0x1]",
                             "[1_0]",
                             "[1a]",
                             "[1e400x]",
                             "[1e1.5]",
                             "[- 1]",
                             "[1 000]",
                             "[2.e3]",
                             "[0e]",
                             "[1eE2]",
                             "[012345678901234567890]",
                             "[1e400 2]",
                             "[1e400\"a\"]",
                             "[1234567890123456789012345.]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\" 1}",
                             "{\"a\":1,}",
                             "{,}",
                             "{,\"a\":1}",
                             "{a:1}",
                             "{'a':1}",
                             "{1:1}",
                             "{null:1}",
                             "{\"a\":1 \"b\":2}",
                             "{\"a\"::1}",
                             "{\"a\":1,,\"b\":2}",
                             "{\"a\":\"b\"]",
                             "[\"a\":1]",
                             "{\"b\":}}",
                             "[}",
                             "{]",
                             "['a']",
                             "[a]",
                             "[\"\t\"]",
                             "[\"\n\"]",
                             "[\"\x01\"]",
                             "[\"a\0b\"]"s,
                             "[\"\\q\"]",
                             "[\"\\x41\"]",
                             "[\"\\u12\"]",
                             "[\"\\u12g4\"]",
                             "[\"\\\"]",
                             "[\"\\",
                             "[\"\\ud800\"]",
                             "[\"\\udc00\"]",
                             "[\"\\ud800\\u0041\"]",
                             "[\"\\a\"]",
                             "[\"\\'\"]",
                             "[\"\\\0\"]"s,
                             "[\"\xff\"]",
                             "[\"\xc0\x80\"]",
                             "[\"\xe0\x80\x80\"]",
                             "[\"\xed\xa0\x80\"]",
                             "[\"\xf4\x90\x80\x80\"]",
                             "[\"\xc3\"]",
                             "[\"\x80\"]",
                             "\xc3\xa4",
                             "[\xc2\xa0 1]",
                             "[1]\0"s,
                             "\0"s,
                             "[\f1]",
                             "[1\v]",
                             "\xef\xbb\xbf{}",
                             "\xef\xbb\xbf",
                             "\xff\xfe[\0]\0"s,
                             "/* */[]",
                             "[1]//x",
                             "[1/**/]",
                             "[1]#",
                             "{\"a\":1}/",
                             "<null>",
                             "*",
                             "\\u005b]",
                             "@",
                             std::string(300, '[') + std::string(300, ']'),
                             std::string(100'000, '['),
                             std::string(50'000, '{')};
  JsonDocument document;
  for (const auto& text : bad) {
    CAPTURE(text.substr(0, 60));
    const auto parsed = document.parse(text);
    CHECK_FALSE(parsed);
    if (!parsed) CHECK(parsed.error().code == Code::invalid);
  }
  CHECK(document.parse("{}"));
}

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
