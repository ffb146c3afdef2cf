// Schemas and data made to cost: each ends within its budget, one way or another.
#include <doctest/doctest.h>

#include "common/event/json_schema.hpp"
#include "common/schema/compatibility.hpp"
#include "common/schema/schema.hpp"

namespace {

using namespace certes;
using schema::Verdict;

std::string number(int i) { return std::to_string(i); }
std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}
std::string nested(const std::string& front, const std::string& inner, const std::string& behind, int times) {
  return repeated(front, times) + inner + repeated(behind, times);
}

// "$defs" 0…count-1 by `make(i)`, which refers to the one before.
template <class Make>
std::string definitions(int count, Make make) {
  std::string all = R"("$defs":{"0":{"type":["object","null","integer"]})";
  for (int i = 1; i < count; ++i) all += ",\"" + number(i) + "\":" + make(i);
  return all + "}";
}
std::string ref(int i) { return R"({"$ref":"#/$defs/)" + number(i) + "\"}"; }

std::string chain(int count) {
  const auto one = [](int i) { return R"({"allOf":[)" + ref(i - 1) + "]}"; };
  return "{" + definitions(count, one) + R"(,"properties":{"a":)" + ref(count - 1) + "}}";
}

// How a schema says two things of one value.
std::string doubled(int count, const std::string& keyword) {
  const auto one = [&](int i) {
    if (keyword == "if") return R"({"if":)" + ref(i - 1) + R"(,"then":)" + ref(i - 1) + "}";
    if (keyword == "dependentSchemas")
      return R"({"dependentSchemas":{"a":)" + ref(i - 1) + R"(,"b":)" + ref(i - 1) + "}}";
    if (keyword == "not") return R"({"not":)" + ref(i - 1) + R"(,"allOf":[{"not":)" + ref(i - 1) + "}]}";
    return "{\"" + keyword + "\":[" + ref(i - 1) + "," + ref(i - 1) + "]}";
  };
  return "{" + definitions(count, one) + R"(,"properties":{"x":)" + ref(count - 1) + "}}";
}

struct Outcome {
  Verdict verdict = Verdict::holds;
  std::int64_t taken = 0;
  std::vector<event::Violation> violations;
};

Outcome validate(const std::string& schema, const std::string& data, std::int64_t steps = schema::Budget::kOfRequest) {
  const auto made = event::JsonSchema::make(schema);
  REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
  event::JsonDocument document;
  REQUIRE(document.parse(data));
  schema::Budget budget(steps);
  Outcome outcome;
  outcome.verdict = (*made)->validate(document.root(), budget, 32, outcome.violations);
  outcome.taken = steps - budget.left();
  return outcome;
}

std::string place_of_refusal(const std::string& schema) {
  const auto checked = schema::check_schema(schema);
  return checked ? "taken" : checked.error().pointer;
}

}  // namespace

TEST_CASE("Schemas: a chain of more than 32 references is refused where it is declared, with its place") {
  CHECK(place_of_refusal(chain(32)) == "taken");
  CHECK(place_of_refusal(chain(33)).starts_with("/"));
  CHECK(place_of_refusal(chain(200)).starts_with("/"));
  const std::string plain =
      R"({"properties":{"a":)" + ref(99) + "}," + definitions(100, [](int i) { return ref(i - 1); }) + "}";
  CHECK(place_of_refusal(plain).starts_with("/"));
}

TEST_CASE("Schemas: what grows beyond 10,000 schemas at one value is refused where it is declared, with its place") {
  for (const std::string keyword : {"allOf", "anyOf", "oneOf", "if", "not", "dependentSchemas"}) {
    CAPTURE(keyword);
    CHECK(place_of_refusal(doubled(10, keyword)) == "taken");
    CHECK(place_of_refusal(doubled(26, keyword)).starts_with("/$defs/"));
  }
}

TEST_CASE("Schemas: circles of several schemas are refused, those that go into the value are not") {
  CHECK(
      place_of_refusal(
          R"({"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}})") !=
      "taken");
  CHECK(place_of_refusal(R"({"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/b"}},
    "b":{"additionalProperties":{"$ref":"#/$defs/a"}}}})") == "taken");
}

TEST_CASE("Schemas: patterns have a bound of instructions together") {
  std::string many = R"({"allOf":[{"pattern":"a"})";
  for (int i = 0; i < 100; ++i) many += R"(,{"pattern":"[a-z]{900}"})";
  CHECK(place_of_refusal(many + "]}").starts_with("/allOf/"));
}

TEST_CASE("JsonSchema: a stored schema that could not be declared today neither ends nor holds up the process") {
  const std::string deep = nested("{\"a\":", "{}", "}", 250);
  CHECK(validate(chain(200), deep).verdict != Verdict::exhausted);
  const auto endless = validate(
      R"({"properties":{"a":{"allOf":[{"$ref":"#"},{"$ref":"#/$defs/x"}]}},"$defs":{"x":{"anyOf":[{"$ref":"#/$defs/x"}]}}})",
      deep);
  CHECK(endless.verdict == Verdict::breaks);
  REQUIRE_FALSE(endless.violations.empty());
  CHECK(endless.violations.front().detail.find("deeper") != std::string::npos);
  for (const std::string keyword : {"allOf", "anyOf", "oneOf", "if", "not", "dependentSchemas"}) {
    CAPTURE(keyword);
    const auto outcome = validate(doubled(26, keyword), R"({"x":{"a":1,"b":2}})");
    CHECK(outcome.taken <= schema::Budget::kOfRequest);
  }
}

TEST_CASE("JsonSchema: a recursive schema follows data as deep as JSON may be") {
  const std::string tree =
      R"({"type":"object","properties":{"a":{"anyOf":[{"type":"null"},{"$ref":"#"}]}},"additionalProperties":false})";
  CHECK(validate(tree, nested("{\"a\":", "null", "}", 255)).verdict == Verdict::holds);
  const auto wrong = validate(tree, nested("{\"a\":", "5", "}", 255));
  CHECK(wrong.verdict == Verdict::breaks);
}

TEST_CASE("JsonSchema: every kind of work counts") {
  const std::string numbers = "[" + repeated("1,", 250'000) + "2]";
  CHECK(validate(R"({"items":{"type":"integer"}})", numbers).verdict == Verdict::exhausted);
  CHECK(validate(R"({"contains":{"const":3}})", numbers).verdict == Verdict::exhausted);
  std::string names = "{\"a\":1";
  for (int i = 0; i < 100'000; ++i) names += ",\"" + number(i) + "\":1";
  names += "}";
  CHECK(validate(R"({"propertyNames":{"pattern":"^[0-9a]{1,9}$"}})", names).verdict == Verdict::exhausted);
  CHECK(validate(R"({"additionalProperties":{"multipleOf":0.01}})", names).verdict == Verdict::exhausted);
  std::string listed = R"({"items":{"not":{"enum":[{"x":0})";
  for (int i = 0; i < 2'000; ++i) listed += "," + number(i);
  const std::string large = "{\"y\":\"" + std::string(2'000, 'y') + "\"}";
  CHECK(validate(listed + "]}}}", "[" + repeated(large + ",", 8'000) + "1]").verdict == Verdict::exhausted);
  const std::string text = std::string(900'000, 'a');
  CHECK(validate(R"x({"pattern":"(a|b)*c(a|b){12}$"})x", '"' + text + '"').verdict == Verdict::exhausted);
  std::string missing = R"({"dependentRequired":{"a":[)";
  for (int i = 0; i < 3'000; ++i) missing += (i == 0 ? "\"" : ",\"") + number(i) + "\"";
  CHECK(validate(missing + "]}}", names).verdict == Verdict::exhausted);
}

TEST_CASE("JsonSchema: to say where something is wrong counts, however often it is said") {
  std::string breaches;
  for (int i = 0; i < 1'300; ++i) breaches += (i == 0 ? "" : ",") + std::string(R"({"$ref":"#/$defs/s"})");
  const std::string schema =
      R"({"if":{"type":"object"},"then":{"additionalProperties":{"$ref":"#"}},"else":{"allOf":[)" + breaches +
      R"(]},"$defs":{"s":{"type":"string"}}})";
  const std::string data = nested("{\"" + std::string(200, 'n') + "\":", "1", "}", 250);
  CHECK(validate(schema, data, schema::Budget::kAtOnce).verdict == Verdict::exhausted);
  CHECK(validate(schema, data).verdict == Verdict::exhausted);
}

TEST_CASE("JsonSchema: a pattern counts at texts of nothing too") {
  const std::string texts = "[" + repeated("\"\",", 20'000) + "\"\"]";
  CHECK(validate(R"x({"items":{"pattern":"(x?){900}(y?){900}"}})x", texts).verdict == Verdict::exhausted);
  CHECK(validate(R"x({"items":{"pattern":"^a*$"}})x", texts, schema::Budget::kAtOnce).verdict == Verdict::exhausted);
}

TEST_CASE("JsonSchema: what breaks a schema and uses up the budget is looked at again, with more") {
  const std::string data = "[\"x\"," + repeated("1,", 12'000) + "\"y\"]";
  CHECK(validate(R"({"items":{"type":"integer"}})", data, schema::Budget::kAtOnce).verdict == Verdict::exhausted);
  const auto whole = validate(R"({"items":{"type":"integer"}})", data);
  CHECK(whole.verdict == Verdict::breaks);
  CHECK(whole.violations.size() == 2);
}

TEST_CASE("JsonSchema: multiples of whole numbers are exact, and the same for who compares schemas") {
  CHECK(validate(R"({"multipleOf":1})", "1000000000000000.5").verdict == Verdict::breaks);
  CHECK(validate(R"({"multipleOf":2})", "4503599627370497").verdict == Verdict::breaks);
  CHECK(validate(R"({"multipleOf":6.0})", "9007199254740997").verdict == Verdict::breaks);
  CHECK(validate(R"({"multipleOf":0.01})", "0.07").verdict == Verdict::holds);
  CHECK_FALSE(schema::check_backward(R"({"enum":[4503599627370497]})", R"({"multipleOf":2})"));
}

TEST_CASE("JsonSchema: equal items are found whatever their number and their order of members") {
  std::string items;
  for (int i = 0; i < 10'000; ++i) items += R"({"b":[)" + number(i) + R"(],"a":{"c":"x"}},)";
  CHECK(validate(R"({"uniqueItems":true})", "[" + items + "1]").verdict == Verdict::holds);
  CHECK(validate(R"({"uniqueItems":true})", "[" + items + R"({"a":{"c":"x"},"b":[777]}])").verdict == Verdict::breaks);
  const std::string deep = nested("[", nested("{\"a\":", "1", "}", 100), "]", 100);
  CHECK(validate(R"({"uniqueItems":true})", "[" + deep + "," + deep + "]").verdict == Verdict::breaks);
}

TEST_CASE("JsonSchema: a batch shares one budget, and small ones end early") {
  const auto small =
      validate(R"({"items":{"type":"integer"}})", "[" + repeated("1,", 20'000) + "2]", schema::Budget::kAtOnce);
  CHECK(small.verdict == Verdict::exhausted);
  CHECK(small.violations.empty());
  CHECK(validate(R"({"items":{"type":"integer"}})", "[1,2,3]", schema::Budget::kAtOnce).verdict == Verdict::holds);
}

TEST_CASE("Compatibility: what takes too long is not decided, and says so") {
  for (const std::string keyword : {"anyOf", "oneOf"}) {
    std::string older, newer;
    for (int i = 0; i < 60; ++i) {
      const std::string one =
          R"({"properties":{"k)" + number(i) + R"(":{"enum":[)" + number(i) + R"(,"x"]},"z":{"$ref":"#"}}})";
      const std::string other =
          R"({"properties":{"k)" + number(i) + R"(":{"enum":[)" + number(i) + R"(,"y"]},"z":{"$ref":"#"}}})";
      older += (i == 0 ? "" : ",") + one;
      newer += (i == 0 ? "" : ",") + other;
    }
    const std::string first = "{\"" + keyword + "\":[" + older + "]}", second = "{\"" + keyword + "\":[" + newer + "]}";
    REQUIRE(schema::check_schema(first));
    const auto backward = schema::check_backward(first, second), forward = schema::check_forward(first, second);
    REQUIRE_FALSE(backward);
    CHECK(backward.error().message.find("decided") != std::string::npos);
    REQUIRE_FALSE(forward);
    CHECK(forward.error().message.find("decided") != std::string::npos);
  }
}

TEST_CASE("Compatibility: schemas that could not be declared today are compared within the budget too") {
  for (const std::string keyword : {"allOf", "anyOf", "oneOf", "if", "not", "dependentSchemas"}) {
    CAPTURE(keyword);
    const bool decided = schema::check_backward(doubled(26, keyword), doubled(25, keyword)).has_value();
    CHECK((decided || !decided));  // it ends
    (void)schema::check_forward(chain(200), chain(150));
  }
}

TEST_CASE("Compatibility: a schema of a thousand members is decided") {
  std::string members;
  for (int i = 0; i < 700; ++i) members += (i == 0 ? "\"m" : ",\"m") + number(i) + R"(":{"type":"string"})";
  const std::string older = R"({"type":"object","additionalProperties":false,"properties":{)" + members + "}}";
  const std::string newer =
      R"({"type":"object","additionalProperties":false,"properties":{)" + members + R"(,"new":{"type":"integer"}}})";
  const auto backward = schema::check_backward(older, newer);
  CHECK_MESSAGE(backward, (backward ? "" : backward.error().message));
}
