#include "common/json/json_text.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("add_raw_member: text goes into an object byte for byte") {
  std::string object = "{}";
  add_raw_member(object, "a", "1.50");
  add_raw_member(object, "b", " [ 1 ]\n");
  CHECK(object == "{\"a\":1.50,\"b\": [ 1 ]\n}");
  object = R"({"x":"}"})";
  add_raw_member(object, "y", "{}");
  CHECK(object == R"({"x":"}","y":{}})");
}

TEST_CASE("raw_member: a member as it is written, of the outermost object alone") {
  const char* object = R"( { "a" : {"data":1,"x":"}"} , "data" : 12345678901234567890123 ,"e":[ ] } )";
  CHECK(raw_member(object, "a") == R"({"data":1,"x":"}"})");
  CHECK(raw_member(object, "data") == "12345678901234567890123");
  CHECK(raw_member(object, "e") == "[ ]");
  CHECK(raw_member(object, "none").empty());
  CHECK(raw_member("[1]", "a").empty());
  CHECK(raw_member("", "a").empty());
  CHECK(raw_member(R"({"a":1,"a":"\"}"})", "a") == R"("\"}")");
}

TEST_CASE("compact_json: no space but in strings, and nothing else is another") {
  CHECK(compact_json(" { \"a b\" : [ 1.50 ,\n12345678901234567890123 ] , \"c\\\" \": null }\n") ==
        R"({"a b":[1.50,12345678901234567890123],"c\" ":null})");
}

TEST_CASE("indented_json: the same JSON on lines of their own, however deep") {
  CHECK(indented_json(R"({"a":[1, 2.50,{}],"b":"x, y: {\"[","c":[ ]})") ==
        "{\n  \"a\": [\n    1,\n    2.50,\n    {}\n  ],\n  \"b\": \"x, y: {\\\"[\",\n  \"c\": []\n}");
  CHECK(indented_json("5") == "5");
  CHECK(indented_json(std::string(500, '[') + std::string(500, ']')).size() > 1'000);
}
