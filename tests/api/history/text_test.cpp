#include "api/history/text.hpp"

#include <doctest/doctest.h>

using namespace certes::api::history;

TEST_CASE("Text: of JSON the names and the values, as they are meant") {
  TextReader reader;
  CHECK(reader.text_of(R"({"name":"M\u00fcller","no":17,"deep":[{"x":"y z"},1.5,true,null]})", 1'000) ==
        "name Müller no 17 deep x y z 1.5");
  CHECK(reader.text_of(R"("alone")", 1'000) == "alone");
  CHECK(reader.text_of("42", 1'000) == "42");
}

TEST_CASE("Text: of what else is UTF-8 all, of other bytes nothing") {
  TextReader reader;
  CHECK(reader.text_of("order=17&who=Anna", 1'000) == "order=17&who=Anna");
  CHECK(reader.text_of("{\"cut", 1'000) == "{\"cut");
  CHECK(reader.text_of("a\xff\xfe", 1'000).empty());
  CHECK(reader.text_of("", 1'000).empty());
}

TEST_CASE("Text: at most so many bytes, and whole characters") {
  TextReader reader;
  CHECK(reader.text_of("äöü", 3) == "ä");
  CHECK(reader.text_of("äöü", 1).empty());
  CHECK(reader.text_of(R"(["abc","def","ghi"])", 7) == "abc def");
  CHECK(reader.text_of(R"(["abc","äöü"])", 5) == "abc ");
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  CHECK(reader.text_of(deep, 10'000) == deep);  // deeper than an event's data may be: as text
  CHECK(reader.text_of(R"({"after":"that"})", 100) == "after that");
}

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
