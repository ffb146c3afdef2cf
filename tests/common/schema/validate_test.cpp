#include <doctest/doctest.h>

#include "common/event/json_schema.hpp"

namespace {

using namespace certes;

std::vector<event::Violation> broken(const std::string& schema, const std::string& data) {
  const auto made = event::JsonSchema::make(schema);
  REQUIRE_MESSAGE(made, (made ? "" : made.error().message + made.error().pointer));
  event::JsonDocument document;
  REQUIRE(document.parse(data));
  REQUIRE(document.exact());
  std::vector<event::Violation> found;
  schema::Budget budget;
  const auto verdict = (*made)->validate(document.root(), budget, 8, found);
  if (verdict == schema::Verdict::exhausted) found.push_back({"", "takes too many steps"});
  CHECK((verdict == schema::Verdict::holds) == found.empty());
  return found;
}

std::string quoted(std::size_t characters) {
  std::string text(characters + 2, 'a');
  text.front() = text.back() = '"';
  return text;
}

struct Case {
  const char *schema, *good, *bad, *pointer;
};

constexpr Case kCases[] = {
    {R"({"type":"integer"})", "1.0", "1.5", ""},
    {R"({"type":"integer"})", "18446744073709551615", "\"1\"", ""},
    {R"({"type":["string","null"]})", "null", "0", ""},
    {R"({"minimum":5})", "\"text\"", "4.9", ""},
    {R"({"exclusiveMaximum":5})", "4.9", "5", ""},
    {R"({"multipleOf":5})", "10", "5.5", ""},
    {R"({"multipleOf":0.01})", "0.07", "0.075", ""},
    {R"({"multipleOf":5})", "\"7\"", "7", ""},
    {R"({"minLength":2})", R"("ab")", R"("ü")", ""},
    {R"({"maxLength":3})", R"("äöü")", R"("ab\u0000cd")", ""},
    {R"({"minLength":2})", R"("aaaaaaaa")", R"("𝄞")", ""},
    {R"({"minLength":3})", R"("𝄞𝄞𝄞")", R"("𝄞𝄞")", ""},
    {R"({"maxLength":2})", R"("𝄞𝄞")", R"("𝄞𝄞𝄞")", ""},
    {R"({"maxLength":2})", R"("")", R"("aaaaaaaaa")", ""},
    {R"({"pattern":"^a+$"})", R"("aaa")", R"("aab")", ""},
    {R"({"format":"uuid"})", R"("00000000-0000-0000-0000-000000000000")", R"("x")", ""},
    {R"({"enum":[1,{"a":[1,2]}]})", R"({"a":[1,2]})", R"({"a":[2,1]})", ""},
    {R"({"const":1})", "1.0", "2", ""},
    {R"({"items":{"type":"integer"}})", "[1,2]", R"([1,"a"])", "/1"},
    {R"({"prefixItems":[{"type":"string"}],"items":false})", R"(["a"])", R"(["a",1])", "/1"},
    {R"({"items":[{"type":"string"}],"additionalItems":{"type":"null"}})", R"(["a",null])", R"(["a",1])", "/1"},
    {R"({"prefixItems":[{"type":"string"}]})", R"(["a",1])", "[1]", "/0"},
    {R"({"minItems":1,"maxItems":2})", "[1]", "[1,2,3]", ""},
    {R"({"uniqueItems":true})", R"([1,"1",{"a":1},{"a":2}])", R"([{"a":1,"b":2},{"b":2,"a":1}])", ""},
    {R"({"uniqueItems":true})", "[9007199254740992,9007199254740993]", "[1,1.0]", ""},
    {R"({"contains":{"const":2}})", "[1,2]", "[1]", ""},
    {R"({"properties":{"a":{"properties":{"b~/c":{"type":"string"}}}}})", R"({"a":{"b~/c":"x"}})",
     R"({"a":{"b~/c":1}})", "/a/b~0~1c"},
    {R"({"required":["a"]})", R"({"a":1})", R"({"b":1})", ""},
    {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1})", R"({"a":1,"b":1})", "/b"},
    {R"({"properties":{"a":false}})", R"({"b":1})", R"({"a":1})", "/a"},
    {R"({"additionalProperties":{"type":"integer"}})", R"({"a":1})", R"({"a":"x"})", "/a"},
    {R"({"propertyNames":{"maxLength":2,"pattern":"^a"}})", R"({"ab":1})", R"({"abc":1})", ""},
    {R"({"propertyNames":false})", "{}", R"({"a":1})", ""},
    {R"({"$ref":"#/$defs/o","$defs":{"o":{"type":"object","propertyNames":{"enum":["a"]}}}})", R"({"a":1})",
     R"({"a":1,"b":1})", ""},
    {R"({"$ref":"#/$defs/o","$defs":{"o":{"propertyNames":false}}})", "{}", R"({"a":1})", ""},
    {R"({"minProperties":1,"maxProperties":2})", R"({"a":1})", "{}", ""},
    {R"({"dependentRequired":{"a":["b"]}})", R"({"b":1})", R"({"a":1})", ""},
    {R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"a":1,"b":1})", R"({"a":1})", ""},
    {R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})", R"({"c":1,"d":1})", R"({"c":1})", ""},
    {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "2", "4", ""},
    {R"({"anyOf":[{"type":"string"},{"minimum":3}]})", "3", "2", ""},
    {R"({"oneOf":[{"minimum":3},{"maximum":5}]})", "6", "4", ""},
    {R"({"not":{"type":"string"}})", "1", R"("a")", ""},
    {R"({"if":{"minimum":5},"then":{"multipleOf":5},"else":{"maximum":2}})", "10", "6", ""},
    {R"({"if":{"minimum":5},"then":{"multipleOf":5},"else":{"maximum":2}})", "2", "3", ""},
    {R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}})", R"("a")", "1", ""},
    {R"({"$ref":"#/$defs/a","maxLength":1,"$defs":{"a":{"type":"string"}}})", R"("a")", R"("ab")", ""},
    {R"({"type":"object","properties":{"next":{"$ref":"#"}}})", R"({"next":{"next":{}}})", R"({"next":{"next":1}})",
     "/next/next"},
    {R"({"properties":{"a":{"$ref":"#/properties/b"},"b":{"type":"integer"}}})", R"({"a":1})", R"({"a":"x"})", "/a"},
};

}  // namespace

TEST_CASE("JsonSchema: keywords accept and refuse, with the place") {
  for (const Case& one : kCases) {
    CAPTURE(std::string(one.schema));
    const auto good = broken(one.schema, one.good);
    CHECK_MESSAGE(good.empty(), (good.empty() ? "" : good.front().detail));
    const auto bad = broken(one.schema, one.bad);
    REQUIRE_FALSE(bad.empty());
    CHECK(bad.front().pointer == one.pointer);
  }
}

TEST_CASE("JsonSchema: tells all that is wrong, up to a limit, each once") {
  const auto all = broken(R"({"type":"object","required":["id"],"properties":{"a":{"type":"string"},"b":{"items":
    {"minimum":3}}}})",
                          R"({"a":1,"b":[1,5,2]})");
  REQUIRE(all.size() == 4);
  std::set<std::string> places;
  for (const auto& one : all) places.insert(one.pointer);
  CHECK(places == std::set<std::string>{"", "/a", "/b/0", "/b/2"});
  CHECK(broken(R"({"items":false})", "[1,2,3,4,5,6,7,8,9,10,11,12]").size() <= 8);
}

TEST_CASE("JsonSchema: a member that stands twice breaks every schema") {
  const auto few = broken("{}", R"({"a":[{"b":1,"c":2,"b":3}]})");
  REQUIRE(few.size() == 1);
  CHECK(few.front().pointer == "/a/0/b");
  std::string many = "{";
  for (int i = 0; i < 40; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  CHECK(broken("{}", many + "\"k40\":1}").empty());
  CHECK(broken("{}", many + "\"k30\":1}").front().pointer == "/k30");
}

TEST_CASE("JsonSchema: neither long texts nor entangled schemas hold it up") {
  CHECK(broken(R"x({"pattern":"^(a|b)*$"})x", quoted(900'000)).empty());
  CHECK(broken(R"x({"pattern":"^[A-Za-z0-9+/]*={0,2}$"})x", quoted(900'000)).empty());
  CHECK(broken(R"x({"pattern":"(a+)+$"})x", R"("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")").size() == 1);
  const auto states = broken(R"x({"pattern":"a[ab]{30}c"})x", quoted(900'000));
  REQUIRE(states.size() == 1);  // 2^30 of them
  CHECK(states.front().detail.find("steps") != std::string::npos);
  std::string data = "[";
  for (int i = 0; i < 100'000; ++i) data += std::to_string(i) + ",";
  CHECK(broken(R"({"uniqueItems":true})", data + "-1]").empty());
  const char* both = R"({"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["b"]},
    {"properties":{"a":{"$ref":"#"}},"required":["c"]}]})";
  std::string deep = "0";
  for (int i = 0; i < 100; ++i) deep = "{\"a\":" + deep + "}";
  const auto given_up = broken(both, deep);
  REQUIRE(given_up.size() == 1);
  CHECK(given_up.front().detail.find("steps") != std::string::npos);
}

TEST_CASE("JsonSchema: what is no schema here is not prepared") {
  CHECK_FALSE(event::JsonSchema::make(R"({"unevaluatedItems":false})"));
  CHECK_FALSE(event::JsonSchema::make("nothing"));
}
