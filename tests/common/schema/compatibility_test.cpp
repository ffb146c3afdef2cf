// Pairs of schemas with what may follow what. B: the newer accepts all of the older; F: the older all of the newer.
#include "common/schema/compatibility.hpp"

#include <doctest/doctest.h>

#include "common/schema/schema.hpp"

namespace {

using namespace certes::schema;

struct Pair {
  const char* what;
  const char* older;
  const char* newer;
  bool backward, forward;
};

constexpr Pair kPairs[] = {
    // Types
    {"the same", R"({"type":"object"})", R"({"type":"object"})", true, true},
    {"annotations", R"({"type":"string","title":"a"})", R"({"description":"b","type":"string"})", true, true},
    {"any to object", R"({})", R"({"type":"object"})", false, true},
    {"object to any", R"({"type":"object"})", R"({})", true, false},
    {"integer to number", R"({"type":"integer"})", R"({"type":"number"})", true, false},
    {"number to integer", R"({"type":"number"})", R"({"type":"integer"})", false, true},
    {"a type more", R"({"type":"string"})", R"({"type":["string","null"]})", true, false},
    {"another type", R"({"type":"string"})", R"({"type":"integer"})", false, false},
    {"types in another order", R"({"type":["null","string"]})", R"({"type":["string","null"]})", true, true},
    // Literals
    {"a value more", R"({"enum":["a","b"]})", R"({"enum":["a","b","c"]})", true, false},
    {"a value less", R"({"enum":["a","b"]})", R"({"enum":["a"]})", false, true},
    {"enum to its type", R"({"enum":["a","b"]})", R"({"type":"string"})", true, false},
    {"const to enum", R"({"const":1})", R"({"enum":[1,2]})", true, false},
    {"const to const", R"({"const":1})", R"({"const":2})", false, false},
    {"enum within a length", R"({"enum":["ab","abc"]})", R"({"type":"string","maxLength":3})", true, false},
    {"enum beyond a length", R"({"enum":["ab","abcd"]})", R"({"type":"string","maxLength":3})", false, false},
    {"enum by a pattern", R"({"enum":["a1","b2"]})", R"({"pattern":"^[a-z][0-9]$"})", true, false},
    {"enum of objects", R"({"enum":[{"a":1}]})", R"({"type":"object","required":["a"]})", true, false},
    {"booleans as enum", R"({"type":"boolean"})", R"({"enum":[true,false]})", true, true},
    {"null as const", R"({"type":"null"})", R"({"const":null})", true, true},
    // Numbers
    {"a lower minimum", R"({"type":"number","minimum":5})", R"({"type":"number","minimum":1})", true, false},
    {"a higher minimum", R"({"type":"number","minimum":1})", R"({"type":"number","minimum":5})", false, true},
    {"a new maximum", R"({"type":"number"})", R"({"type":"number","maximum":5})", false, true},
    {"exclusive to inclusive", R"({"type":"number","exclusiveMinimum":0})", R"({"type":"number","minimum":0})", true,
     false},
    {"whole numbers above 0", R"({"type":"integer","minimum":1})", R"({"type":"integer","exclusiveMinimum":0})", true,
     true},
    {"bounds between whole numbers", R"({"type":"integer","minimum":0.5})", R"({"type":"integer","minimum":1})", true,
     true},
    {"multiples of 10 are multiples of 5", R"({"type":"integer","multipleOf":10})",
     R"({"type":"integer","multipleOf":5})", true, false},
    {"whole numbers are multiples of 0.5", R"({"type":"integer"})", R"({"type":"integer","multipleOf":0.5})", true,
     true},
    {"bounds do not matter to strings", R"({"type":"string"})", R"({"type":"string","minimum":5})", true, true},
    // Strings
    {"a longer maxLength", R"({"type":"string","maxLength":5})", R"({"type":"string","maxLength":9})", true, false},
    {"a new minLength", R"({"type":"string"})", R"({"type":"string","minLength":1})", false, true},
    {"the same pattern", R"({"pattern":"^a"})", R"({"pattern":"^a","title":"x"})", true, true},
    {"another pattern", R"({"pattern":"^ab"})", R"({"pattern":"^a"})", false, false},
    {"a pattern dropped", R"({"type":"string","pattern":"^a"})", R"({"type":"string"})", true, false},
    {"a new format", R"({"type":"string"})", R"({"type":"string","format":"uuid"})", false, true},
    {"another format", R"({"format":"uuid"})", R"({"format":"email"})", false, false},
    // Arrays
    {"items widened", R"({"type":"array","items":{"type":"integer"}})", R"({"type":"array","items":{"type":"number"}})",
     true, false},
    {"items introduced", R"({"type":"array"})", R"({"type":"array","items":{"type":"string"}})", false, true},
    {"more items", R"({"type":"array","maxItems":3})", R"({"type":"array","maxItems":4})", true, false},
    {"items that cannot be", R"({"type":"array","maxItems":0})", R"({"type":"array","items":{"type":"string"}})", true,
     false},
    {"a tuple as a list", R"({"prefixItems":[{"type":"string"},{"type":"string"}],"items":false})",
     R"({"items":{"type":"string"}})", true, false},
    {"tuples of both drafts", R"({"items":[{"type":"string"}],"additionalItems":false})",
     R"({"prefixItems":[{"type":"string"}],"items":false})", true, true},
    {"unique items", R"({"type":"array","uniqueItems":true})", R"({"type":"array"})", true, false},
    {"one item is unique", R"({"type":"array","maxItems":1})", R"({"type":"array","maxItems":1,"uniqueItems":true})",
     true, true},
    {"contains, by each item", R"({"type":"array","items":{"type":"integer"},"minItems":1})",
     R"({"type":"array","contains":{"type":"number"}})", true, false},
    {"contains widened", R"({"contains":{"const":1}})", R"({"contains":{"enum":[1,2]}})", true, false},
    // Objects
    {"an optional property more, in an open object", R"({"type":"object","properties":{"a":{"type":"string"}}})",
     R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}})", false, true},
    {"an optional property more, in a closed object",
     R"({"properties":{"a":{"type":"string"}},"additionalProperties":false})",
     R"({"properties":{"a":{"type":"string"},"b":{"type":"string"}},"additionalProperties":false})", true, false},
    {"closing an object", R"({"properties":{"a":{}}})", R"({"properties":{"a":{}},"additionalProperties":false})",
     false, true},
    {"a required property more", R"({"properties":{"a":{}}})", R"({"properties":{"a":{}},"required":["a"]})", false,
     true},
    {"a required property less", R"({"required":["a","b"]})", R"({"required":["b"]})", true, false},
    {"a property widened", R"({"properties":{"a":{"type":"integer"}}})", R"({"properties":{"a":{"type":"number"}}})",
     true, false},
    {"a property's type changed", R"({"properties":{"a":{"type":"integer"}}})",
     R"({"properties":{"a":{"type":"string"}}})", false, false},
    {"additional properties of a type", R"({"additionalProperties":{"type":"integer"}})",
     R"({"properties":{"a":{"type":"number"}},"additionalProperties":{"type":"integer"}})", true, false},
    {"a forbidden property allowed", R"({"properties":{"a":false}})", R"({"properties":{"a":{"type":"string"}}})", true,
     false},
    {"minProperties by required", R"({"type":"object","required":["a","b"]})", R"({"type":"object","minProperties":2})",
     true, false},
    {"maxProperties by a closed object",
     R"({"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false})",
     R"({"type":"object","maxProperties":2})", true, false},
    {"names of a closed object", R"({"type":"object","properties":{"ab":{}},"additionalProperties":false})",
     R"({"type":"object","propertyNames":{"maxLength":2}})", true, false},
    {"names widened", R"({"propertyNames":{"maxLength":2}})", R"({"propertyNames":{"maxLength":3}})", true, false},
    {"a dependency by required", R"({"required":["a","b"]})", R"({"dependentRequired":{"a":["b"]}})", true, false},
    {"a dependency dropped", R"({"dependentRequired":{"a":["b"]}})", R"({})", true, false},
    {"dependencies of both drafts", R"({"dependencies":{"a":["b"]}})", R"({"dependentRequired":{"a":["b"]}})", true,
     true},
    {"an impossible object", R"({"type":["object","null"],"required":["a"],"properties":{"a":false}})",
     R"({"type":"null"})", true, true},
    // Choices
    {"anyOf and types", R"({"anyOf":[{"type":"string"},{"type":"null"}]})", R"({"type":["string","null"]})", true,
     true},
    {"a branch more", R"({"anyOf":[{"type":"string"}]})", R"({"anyOf":[{"type":"string"},{"type":"integer"}]})", true,
     false},
    {"branches in another order", R"({"anyOf":[{"type":"string"},{"type":"integer","minimum":3}]})",
     R"({"anyOf":[{"type":"integer","minimum":1},{"type":"string"}]})", true, false},
    {"oneOf, apart by type", R"({"type":"string"})", R"({"oneOf":[{"type":"string"},{"type":"integer"}]})", true,
     false},
    {"oneOf, apart by a tag", R"({"type":"object","required":["k"],"properties":{"k":{"const":"a"}}})",
     R"({"oneOf":[{"required":["k"],"properties":{"k":{"const":"a"}}},{"required":["k"],"properties":{"k":{"const":"b"}}}]})",
     true, false},
    {"oneOf, not apart", R"({"type":"integer","minimum":0})", R"({"oneOf":[{"type":"integer"},{"minimum":5}]})", false,
     false},
    {"the same oneOf", R"({"oneOf":[{"type":"integer"},{"minimum":5}]})",
     R"({"oneOf":[{"type":"integer"},{"minimum":5}],"title":"x"})", true, true},
    {"allOf and its parts", R"({"allOf":[{"minimum":1},{"maximum":5}],"type":"number"})",
     R"({"type":"number","minimum":1,"maximum":5})", true, true},
    {"not a type", R"({"type":"string"})", R"({"not":{"type":"integer"}})", true, false},
    {"not, unknown", R"({"type":"object"})", R"({"type":"object","not":{"required":["a"]}})", false, true},
    {"the same condition", R"({"if":{"required":["a"]},"then":{"required":["b"]}})",
     R"({"title":"x","if":{"required":["a"]},"then":{"required":["b"]}})", true, true},
    {"a condition that holds anyway", R"({"type":"object","required":["b"]})",
     R"({"type":"object","if":{"required":["a"]},"then":{"required":["b"]}})", true, false},
    {"parts of two conditions", R"({"allOf":[{"if":{"required":["a"]},"then":{"required":["x"]}},
       {"if":{"required":["c"]},"then":{"required":["b"]}}]})",
     R"({"if":{"required":["a"]},"then":{"required":["b"]}})", false, false},
    // References
    {"a reference and its target", R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}})", R"({"type":"string"})",
     true, true},
    {"definitions moved", R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}})",
     R"({"$ref":"#/definitions/b","definitions":{"b":{"type":"string"}}})", true, true},
    {"a tree", R"({"type":"object","properties":{"next":{"$ref":"#"},"v":{"type":"integer"}}})",
     R"({"type":"object","properties":{"next":{"$ref":"#"},"v":{"type":"number"}}})", true, false},
    {"a tree with a choice", R"({"$ref":"#/$defs/t","$defs":{"t":{"anyOf":[{"type":"null"},
       {"type":"object","properties":{"l":{"$ref":"#/$defs/t"},"v":{"type":"integer"}}}]}}})",
     R"({"$ref":"#/$defs/t","$defs":{"t":{"anyOf":[{"type":"null"},
       {"type":"object","properties":{"l":{"$ref":"#/$defs/t"},"v":{"type":["integer","null"]}}}]}}})",
     true, false},
    {"a choice behind a reference, twice", R"({"allOf":[{"$ref":"#/$defs/c"},{"anyOf":[{"$ref":"#/$defs/c"}]}],
       "$defs":{"c":{"anyOf":[{"type":"string"},{"type":"integer"}]}}})",
     R"({"type":"string"})", false, true},
};

}  // namespace

TEST_CASE("Compatibility: pairs of schemas have their verdict in each direction") {
  CHECK(std::size(kPairs) >= 60);
  for (const Pair& pair : kPairs) {
    CAPTURE(std::string(pair.what));
    REQUIRE(check_schema(pair.older));
    REQUIRE(check_schema(pair.newer));
    const auto backward = check_backward(pair.older, pair.newer);
    const auto forward = check_forward(pair.older, pair.newer);
    CHECK_MESSAGE(bool(backward) == pair.backward, (backward ? "accepted" : backward.error().message));
    CHECK_MESSAGE(bool(forward) == pair.forward, (forward ? "accepted" : forward.error().message));
  }
}

TEST_CASE("Compatibility: no schema accepts everything") {
  CHECK(check_backward(R"({"type":"object"})", ""));
  CHECK_FALSE(check_forward(R"({"type":"object"})", ""));
  CHECK_FALSE(check_backward("", R"({"type":"object"})"));
}

TEST_CASE("Compatibility: a refusal points into the newer schema and says why") {
  const char* older = R"({"properties":{"total":{"type":"number"}}})";
  const char* newer = R"({"properties":{"total":{"type":"number","minimum":5}}})";
  const auto backward = check_backward(older, newer);
  REQUIRE_FALSE(backward);
  CHECK(backward.error().pointer == "/properties/total/minimum");
  CHECK(backward.error().message.find("narrower") != std::string::npos);
  const auto forward = check_forward(newer, older);
  REQUIRE_FALSE(forward);
  CHECK(forward.error().pointer == "/properties/total");
}

TEST_CASE("Compatibility: entangled schemas end, refused") {
  std::string older = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 40; ++i) {
    const std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + R"("})";
    older += R"("d)" + std::to_string(i) + R"(":{"anyOf":[{"properties":{"a":)" + next + R"(}},{"properties":{"b":)" +
             next + "}}]},";
  }
  older += R"("d40":{"type":"integer"}}})";
  REQUIRE(check_schema(older));
  CHECK_FALSE(check_backward(older, R"({"properties":{"a":{"type":"string"}}})"));
}
