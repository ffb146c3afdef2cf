#include "common/json/json.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace certes;
using Json = nlohmann::json;

std::string nested(const std::string& front, const std::string& behind, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += front;
  text += "1";
  for (int i = 0; i < times; ++i) text += behind;
  return text;
}

std::string why(const Result<Json>& parsed) { return parsed ? "" : parsed.error().message; }

}  // namespace

TEST_CASE("parse_json: takes JSON, and says where it goes wrong") {
  CHECK(parse_json<Json>(R"({"a":[1,"x",null]})"));
  CHECK(why(parse_json<Json>("{\"a\":}")) == "not JSON: wrong at byte 6");
  CHECK_FALSE(parse_json<Json>(""));
  CHECK_FALSE(parse_json<Json>("\"\xff\""));
  CHECK_FALSE(parse_json<Json>("1e999"));
  CHECK(why(parse_json<Json>(std::string_view("{}\0", 3))) == "not JSON: wrong at byte 3");
  CHECK_FALSE(parse_json<Json>(std::string_view("{}\0{", 4)));
  CHECK(json_or_null<Json>("nothing").is_null());
}

TEST_CASE("parse_json: what is nested too deep becomes no tree, however deep and of whatever kind") {
  for (const auto& [front, behind] : {std::pair{"[", "]"}, {"{\"a\":", "}"}, {"[{\"a\":", "}]"}, {"[ \"]\" , ", "]"}}) {
    CAPTURE(std::string(front));
    CHECK(parse_json<Json>(nested(front, behind, 100)));
    for (const int times : {300, 80'000})
      CHECK(why(parse_json<Json>(nested(front, behind, times))).find("deeper") != std::string::npos);
  }
  CHECK(why(parse_json<Json>(std::string(1'000'000, '['))).find("deeper") != std::string::npos);
  CHECK(parse_json<Json>("[\"" + std::string(1'000, '[') + "\"]"));
  CHECK(parse_json<Json>(R"(["\"[[[[[[[[[[","\\"])", {.depth = 1}));
  CHECK_FALSE(parse_json<Json>("[[1]]", {.depth = 1}));
}

TEST_CASE("parse_json: bounds bytes, and members that stand twice where that is asked for") {
  CHECK(why(parse_json<Json>("[1,2,3]", {.bytes = 6})).find("6 bytes") != std::string::npos);
  const char* twice = R"({"a":1,"b":{"c":1,"c":2}})";
  CHECK(parse_json<Json>(twice));
  CHECK(why(parse_json<Json>(twice, {.unique_members = true})) == "the member \"c\" stands there twice");
  CHECK(parse_json<Json>(R"([{"a":1},{"a":1}])", {.unique_members = true}));
}
