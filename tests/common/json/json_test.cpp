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

TEST_CASE("parse_json: gives what the library gives, in the order of the text where that is asked for") {
  for (const char* text : {"1", "-1", "1.5", "true", "null", "\"x\"", "[]", "{}", R"([1,[2,{"a":[]}],{}])",
                           R"({"b":1,"a":{"d":[1,2],"c":null},"z":"\u00fc"})", R"({"a":1,"b":2,"a":{"x":3}})"}) {
    CAPTURE(text);
    const auto sorted = parse_json<Json>(text);
    REQUIRE(sorted);
    CHECK(sorted->dump() == Json::parse(text).dump());
    const auto ordered = parse_json<nlohmann::ordered_json>(text);
    REQUIRE(ordered);
    CHECK(ordered->dump() == nlohmann::ordered_json::parse(text).dump());
  }
}

namespace {

// {"0":0,"1":1,…}, with one member more than once.
std::string members(int count, const std::string& last) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += "\"" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  return text + "\"" + last + "\":-1}";
}

}  // namespace

TEST_CASE("parse_json: of many members the last of a name counts, where it was first") {
  for (const int count : {5, 16, 17, 18, 1'000}) {
    CAPTURE(count);
    for (const int twice : {0, 4, count - 1}) {
      const auto ordered = parse_json<nlohmann::ordered_json>(members(count, std::to_string(twice)));
      REQUIRE(ordered);
      REQUIRE(ordered->size() == static_cast<std::size_t>(count));
      CHECK(ordered->begin().key() == "0");
      CHECK((*ordered)[std::to_string(twice)] == -1);
      CHECK(why(parse_json<Json>(members(count, std::to_string(twice)), {.unique_members = true}))
                .find("stands there twice") != std::string::npos);
      CHECK_FALSE(parse_json<nlohmann::ordered_json>(members(count, std::to_string(twice)), {.unique_members = true}));
    }
    CHECK(parse_json<Json>(members(count, "other"), {.unique_members = true})->size() ==
          static_cast<std::size_t>(count) + 1);
  }
}

// With the square of the members each of these takes minutes.
TEST_CASE("parse_json: many members, and many objects in an array, take no longer each than few") {
  const auto many = parse_json<nlohmann::ordered_json>(members(400'000, "other"));
  REQUIRE(many);
  CHECK(many->size() == 400'001);
  std::string objects = "[";
  for (int i = 0; i < 400'000; ++i) objects += "{},";
  const auto array = parse_json<Json>(objects + "[]]", {.unique_members = true});
  REQUIRE(array);
  CHECK(array->size() == 400'001);
}
