#include "api/history/text.hpp"

#include <doctest/doctest.h>

using namespace certes::api::history;

TEST_CASE("Text: what is sought is words, whatever stands in it") {
  const std::string tenant = "tenant : \"" + tenant_word("acme") + "\" AND words : (";
  CHECK(match_of("acme", "one two") == tenant + R"("one" AND "two"))");
  CHECK(match_of("acme", "  A-17\tmü* ") == tenant + R"("A-17" AND "mü" *))");
  CHECK(match_of("acme", R"(a" OR tenant:x NOT ( NEAR)") ==
        tenant + R"("a""" AND "OR" AND "tenant:x" AND "NOT" AND "NEAR"))");
  CHECK_FALSE(match_of("acme", ""));
  CHECK_FALSE(match_of("acme", " - * \" "));
}

TEST_CASE("Text: tenants have words of their own, whatever they are called") {
  CHECK(tenant_word("a") != tenant_word("A"));
  CHECK(tenant_word("a-b") != tenant_word("a.b"));
  for (const char c : tenant_word("x-~9.Z")) CHECK((c >= 'a' && c <= 't'));
}
