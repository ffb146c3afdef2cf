#include "api/merge_patch.hpp"

#include <doctest/doctest.h>

#include "common/json/json.hpp"

using namespace certes;

namespace {

std::string patched(const char* resource, const char* patch) {
  auto json = json_or_null<registry::Json>(resource);
  api::merge_patch(json, json_or_null<registry::Json>(patch));
  return json.dump();
}

}  // namespace

TEST_CASE("Merge patch: objects merge, null removes, all else takes the place of what was there") {
  CHECK(patched(R"({"a":{"b":1,"c":2},"d":[1,2]})", R"({"a":{"b":null,"e":3},"d":[4]})") ==
        R"({"a":{"c":2,"e":3},"d":[4]})");
  CHECK(patched(R"({"a":1})", R"({"a":null,"b":null,"c":{"d":{"e":null,"f":1}}})") == R"({"c":{"d":{"f":1}}})");
  CHECK(patched(R"({"a":1})", R"({"a":{"b":2}})") == R"({"a":{"b":2}})");
}

TEST_CASE("Merge patch: null is a value of a breaker") {
  CHECK(patched(R"({"a":1,"breaker":{"failures":3}})", R"({"breaker":null})") == R"({"a":1,"breaker":null})");
  CHECK(patched(R"({"a":1})", R"({"breaker":null})") == R"({"a":1,"breaker":null})");
  CHECK(patched(R"({"breaker":null})", R"({"breaker":{"failures":3}})") == R"({"breaker":{"failures":3}})");
  CHECK(patched(R"({"breaker":{"failures":3,"ratio":1}})", R"({"breaker":{"failures":null}})") ==
        R"({"breaker":{"ratio":1}})");
}

TEST_CASE("Merge patch: a schema, a filter and a transform are values") {
  for (const std::string name : {"schema", "filter", "transform"}) {
    const auto with = [&](const char* value) { return R"({"a":1,")" + name + "\":" + value + "}"; };
    const std::string before = with(R"({"a":{"x":1},"b":2})");
    CHECK(patched(before.c_str(), with(R"({"a":{"y":null}})").c_str()) == with(R"({"a":{"y":null}})"));
    CHECK(patched(before.c_str(), with(R"("text")").c_str()) == with(R"("text")"));
    CHECK(patched(before.c_str(), with("null").c_str()) == R"({"a":1})");
    const std::string after = R"({"a":2,")" + name + R"(":{"a":{"x":1},"b":2}})";
    CHECK(patched(before.c_str(), R"({"a":2})") == after);
  }
  // Deeper down a member of that name is one like others.
  CHECK(patched(R"({"a":{"schema":{"x":1}}})", R"({"a":{"schema":{"y":2}}})") == R"({"a":{"schema":{"x":1,"y":2}}})");
}
