#include "common/schema/schema.hpp"

#include <doctest/doctest.h>

#include "common/schema/formats.hpp"

namespace {

using namespace certes::schema;

struct Refused {
  const char* schema;
  const char* pointer;
};

constexpr Refused kRefused[] = {
    {R"([])", ""},
    {R"({"unevaluatedProperties":false})", "/unevaluatedProperties"},
    {R"({"properties":{"a":{"$dynamicRef":"#x"}}})", "/properties/a/$dynamicRef"},
    {R"({"patternProperties":{"^a":{}}})", "/patternProperties"},
    {R"({"minContains":2})", "/minContains"},
    {R"({"$ref":"https://example.com/a.json"})", "/$ref"},
    {R"({"$ref":"#/$defs/none"})", "/$ref"},
    {R"({"$ref":"#anchor"})", "/$ref"},
    {R"({"$ref":"#/required","required":["a"]})", "/$ref"},
    {R"({"$ref":"#"})", ""},
    {R"({"allOf":[{"anyOf":[{"$ref":"#"}]}]})", ""},
    {R"({"format":"hostname"})", "/format"},
    {R"x({"pattern":"(?=a)"})x", "/pattern"},
    {R"x({"pattern":"("})x", "/pattern"},
    {R"({"type":"text"})", "/type"},
    {R"({"type":[]})", "/type"},
    {R"({"enum":[]})", "/enum"},
    {R"({"enum":[18446744073709551615]})", "/enum/0"},
    {R"({"minimum":"5"})", "/minimum"},
    {R"({"multipleOf":0})", "/multipleOf"},
    {R"({"minLength":-1})", "/minLength"},
    {R"({"minLength":1.5})", "/minLength"},
    {R"({"required":["a","a"]})", "/required"},
    {R"({"properties":{"a~b/c":5}})", "/properties/a~0b~1c"},
    {R"({"properties":{"a\u0000":{}}})", "/properties/a\0"},
    {R"({"anyOf":[]})", "/anyOf"},
    {R"({"additionalItems":false})", "/additionalItems"},
    {R"({"then":{}})", "/then"},
    {R"({"properties":{"a":{"$id":"x"}}})", "/properties/a/$id"},
    {R"({"$schema":"http://json-schema.org/draft-04/schema#"})", "/$schema"},
    {R"({"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/x","minimum":1}},
         "definitions":{"x":{}}})",
     "/properties/a/minimum"},
};

}  // namespace

TEST_CASE("Schema: what cannot be decided is refused by name and place") {
  for (const Refused& refused : kRefused) {
    CAPTURE(std::string(refused.schema));
    const auto checked = check_schema(refused.schema);
    REQUIRE_FALSE(checked);
    CHECK(std::string_view(checked.error().pointer).starts_with(refused.pointer));
    CHECK(checked.error().code == certes::Code::invalid);
  }
}

TEST_CASE("Schema: everything that is documented is taken") {
  CHECK(check_schema(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"urn:x","title":"t","x-own":1,
    "type":"object","$defs":{"a":{"type":["string","null"],"minLength":1,"maxLength":9,"pattern":"^[a-z]+$"}},
    "properties":{"a":{"$ref":"#/$defs/a","description":"d"},"b":{"prefixItems":[true],"items":false,"contains":{},
    "minItems":1,"maxItems":2,"uniqueItems":true},"c":{"multipleOf":0.01,"minimum":0,"exclusiveMaximum":5},
    "d":{"format":"date-time"},"e":{"enum":[1,"a",null]},"f":{"const":{}}},"required":["a"],"minProperties":1,
    "additionalProperties":{"type":"integer"},"propertyNames":{"maxLength":9},"dependentRequired":{"a":["b"]},
    "dependentSchemas":{"b":{"required":["c"]}},"if":{"required":["d"]},"then":{"required":["e"]},"else":true,
    "not":{"required":["z"]},"anyOf":[true],"oneOf":[true],"allOf":[{}]})"));
  CHECK(check_schema(R"({"properties":{"next":{"$ref":"#"}}})"));
}

TEST_CASE("Formats: accept and refuse") {
  struct Case {
    const char *format, *good, *bad;
  };
  const Case cases[] = {{"date-time", "2024-02-29T23:59:60Z", "2023-02-29T00:00:00Z"},
                        {"date-time", "2024-01-01t00:00:00.5+01:30", "2024-01-01 00:00:00Z"},
                        {"date", "2000-02-29", "1900-02-29"},
                        {"time", "12:00:00z", "12:00:00"},
                        {"uuid", "00000000-0000-0000-0000-00000000000A", "00000000000000000000000000000000"},
                        {"email", "a.b@example.com", "a@b@c"},
                        {"email", "a@localhost", "a b@c"},
                        {"ipv4", "127.0.0.1", "127.0.0.256"},
                        {"ipv6", "::1", "1.2.3.4"},
                        {"uri", "urn:a:b", "/relative"},
                        {"uri", "https://a/%20?b#c", "https://a/ b"}};
  for (const Case& one : cases) {
    CAPTURE(std::string(one.good));
    CHECK(known_format(one.format));
    CHECK(has_format(one.format, one.good));
    CHECK_FALSE(has_format(one.format, one.bad));
  }
}

TEST_CASE("Formats: multiples within a double's precision") {
  CHECK(is_multiple(0.07, 0.01));
  CHECK(is_multiple(1e15, 0.5));
  CHECK_FALSE(is_multiple(0.075, 0.01));
  CHECK_FALSE(is_multiple(5.5, 5));
}
