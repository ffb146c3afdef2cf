#include "common/registry/slices.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace certes::registry;

namespace {

std::string text_of(const std::optional<std::vector<Slice>>& parts) {
  if (!parts) return "none";
  std::string text;
  for (const Slice& part : *parts) text.append(part.name).append("=").append(part.value).append("|");
  return text;
}

}  // namespace

TEST_CASE("Slices: members and items are given byte for byte, whatever is in them") {
  CHECK(text_of(members_of(R"({"a":1,"b":{"c":[1,{"d":"}]"}]},"e":"\"\\"})")) ==
        R"(a=1|b={"c":[1,{"d":"}]"}]}|e="\"\\"|)");
  CHECK(text_of(members_of(" { \"a\" : 1.50 , \"b\" : null } ")) == "a=1.50 |b=null |");
  CHECK(text_of(items_of(R"([1,"a,b",[2,3],{}])")) == R"(=1|="a,b"|=[2,3]|={}|)");
  CHECK(text_of(members_of("{}")).empty());
  CHECK(text_of(items_of(" [ ] ")).empty());
}

TEST_CASE("Slices: what does not fit together has none") {
  for (const char* wrong : {"", "{", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":1", "{\"a\":\"}",
                            "{a:1}", "{\"a\":[}", "{\"a\":\"\\"})
    CHECK_MESSAGE(text_of(members_of(wrong)) == "none", wrong);
  for (const char* wrong : {"", "[", "{}", "[1,]", "[1", "[[1]", "[\"]"})
    CHECK_MESSAGE(text_of(items_of(wrong)) == "none", wrong);
}

TEST_CASE("Slices: what comes behind the most that are wanted is not looked at") {
  CHECK(text_of(items_of("[1,2,3]", 3)) == "=1|=2|=3|");
  CHECK(text_of(items_of("[1,2,3,4,nothing", 3)) == "=1|=2|=3|=4|");
  CHECK(text_of(items_of("[1,2", 3)) == "none");
}
