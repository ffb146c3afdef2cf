#include "certes/commands/fields.hpp"

#include <doctest/doctest.h>

#include "certes/commands/console.hpp"

using namespace certes::command;

TEST_CASE("Fields: values are JSON where they are, else strings, and dots nest") {
  CHECK(
      *json_of_fields("", "a", {"n=8", "s=x y", "t=true", "l=[1,2]", "verify.scheme=github", "verify.secret=\"1\""}) ==
      R"({"id":"a","n":8,"s":"x y","t":true,"l":[1,2],"verify":{"scheme":"github","secret":"1"}})");
  CHECK(*json_of_fields("", "7", {}) == R"({"id":"7"})");
  CHECK(*json_of_fields(R"({"url":"x"})", "", {"url=y"}) == R"({"url":"y"})");
  CHECK(*json_of_fields("", "", {"pattern=#", "url=http://x/?a=b"}) == R"({"pattern":"#","url":"http://x/?a=b"})");
}

TEST_CASE("Fields: what is no field is refused by name") {
  CHECK(json_of_fields("", "", {"novalue"}).error().message.find("novalue") != std::string::npos);
  CHECK_FALSE(json_of_fields("[]", "", {}).has_value());
  CHECK_FALSE(json_of_fields("", "", {"a=1", "a.b=2"}).has_value());
}

TEST_CASE("Tables: columns are as wide as their widest value") {
  CHECK(table({"ID", "B"}, {{"long-one", "x"}, {"s", ""}}) == "ID        B\nlong-one  x\ns\n");
}
