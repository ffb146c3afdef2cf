#include "common/event/payload_text.hpp"

#include <doctest/doctest.h>

using certes::event::PayloadText;

TEST_CASE("PayloadText: of JSON the names and the values, as they are meant") {
  PayloadText reader;
  CHECK(reader.text_of(R"({"name":"M\u00fcller","no":17,"deep":[{"x":"y z"},1.5,true,null]})", 1'000) ==
        "name Müller no 17 deep x y z 1.5");
  CHECK(reader.text_of(R"("alone")", 1'000) == "alone");
  CHECK(reader.text_of("42", 1'000) == "42");
}

TEST_CASE("PayloadText: of what else is UTF-8 all, of other bytes nothing") {
  PayloadText reader;
  CHECK(reader.text_of("order=17&who=Anna", 1'000) == "order=17&who=Anna");
  CHECK(reader.text_of("{\"cut", 1'000) == "{\"cut");
  CHECK(reader.text_of("a\xff\xfe", 1'000).empty());
  CHECK(reader.text_of("", 1'000).empty());
}

TEST_CASE("PayloadText: at most so many bytes, and whole characters") {
  PayloadText reader;
  CHECK(reader.text_of("äöü", 3) == "ä");
  CHECK(reader.text_of("äöü", 1).empty());
  CHECK(reader.text_of(R"(["abc","def","ghi"])", 7) == "abc def");
  CHECK(reader.text_of(R"(["abc","äöü"])", 5) == "abc ");
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  CHECK(reader.text_of(deep, 10'000) == deep);  // deeper than an event's data may be: as text
  CHECK(reader.text_of(R"({"after":"that"})", 100) == "after that");
}
