// What is beyond the limits is refused when it is created, or fails when it is evaluated.
#include "common/filter/limits.hpp"
#include "tests/common/filter/fixture.hpp"

namespace certes::filter {
namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

TEST_CASE("Filter limits: length") {
  const std::string most = "true //" + std::string(kMaxFilterBytes - 7, 'x');
  CHECK(refusal(most) == "");
  CHECK(refusal(most + "x") == "the filter is longer than 8192 bytes");
  const std::string object = R"({"data":{"a":")" + std::string(kMaxFilterBytes, 'x') + "\"}}";
  CHECK(compile(object).error().message == "the filter is longer than 8192 bytes");
}

TEST_CASE("Filter limits: nodes") {
  CHECK(refusal("true" + repeated("||true", kMaxNodes - 2)) == "");
  CHECK(refusal("true" + repeated("||true", kMaxNodes)).ends_with("more than 1000 values and operators"));
}

TEST_CASE("Filter limits: depth, however it is made") {
  CHECK(refusal(repeated("(", kMaxDepth - 1) + "true" + repeated(")", kMaxDepth - 1)) == "");
  for (const std::string& text :
       {repeated("(", 8'000), repeated("[", 8'000), repeated("has(", 1'500), repeated("{\"a\":", 1'200),
        repeated("(", kMaxDepth) + "true" + repeated(")", kMaxDepth), "true" + repeated("?true:true", 100),
        "data" + repeated(".a", 60), "data" + repeated("[0]", 60), "1" + repeated("+1", 60) + " == 1",
        "data" + repeated(".all(x, data", 60), repeated("!(", 60) + "true" + repeated(")", 60)}) {
    CAPTURE(text.substr(0, 80));
    CHECK(refusal(text).ends_with("nested deeper than 50"));
  }
  CHECK(refusal(repeated("!", 8'000) + "true") == "");  // no depth
  CHECK(compile(repeated(R"({"$not":)", 500) + "{}" + repeated("}", 500)).error().message.find("deep") !=
        std::string::npos);
}

TEST_CASE("Filter limits: regular expressions") {
  CHECK(refusal("data.a.matches(\"" + std::string(kMaxPatternBytes, 'a') + "\")") == "");
  CHECK(refusal("data.a.matches(\"" + std::string(kMaxPatternBytes + 1, 'a') + "\")")
            .ends_with("a regular expression is longer than 1000 bytes"));
  CHECK(refusal("data.a.matches(\"(((a{100}){100}){100})\")").find("regular expression") != std::string::npos);
  CHECK(refusal("data.a.matches(\"[ab]{1000}c{1000}\")")
            .ends_with("a regular expression of more than 2000 instructions"));
  std::string many = "data.a.matches(\"a\")";
  for (std::size_t i = 1; i < kMaxPatterns; ++i) many += " || data.a.matches(\"b\")";
  CHECK(refusal(many) == "");
  CHECK(refusal(many + " || data.a.matches(\"c\")").ends_with("more than 16 regular expressions"));
}

TEST_CASE("Filter limits: the cost of one evaluation, whatever absorbs failures") {
  const std::string payload = "{\"l\":[" + repeated("1,", 999) + "1],\"t\":\"" + std::string(600'000, 'a') + "\"}";
  for (const char* text :
       {"data.l.all(x, data.l.all(y, y == 1))", "data.l.all(x, data.l.all(y, y == 1)) || true",
        "data.l.exists(x, data.l.all(y, y == 1) && false)", "data.l.exists_one(x, data.l.exists(y, y == 2))",
        "data.l.all(x, data.l == data.l)", "data.l.all(x, data.t + \"a\" != \"b\")",
        "data.l.all(x, !data.t.matches(\"b\"))", "data.l.all(x, !data.t.contains(\"b\"))",
        "data.l.all(x, !(2 in data.l))", "data.l.all(x, data.t.size() > 5)"}) {
    CAPTURE(text);
    CHECK(said(text, payload) == "cost");
  }
  CHECK(said("data.l.all(x, x == 1)", payload) == "true");
}

}  // namespace
}  // namespace certes::filter
