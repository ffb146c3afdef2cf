#include "common/questions/gathering.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::questions;

namespace {

Answer answer(std::string from, std::vector<std::int32_t> partitions, std::string value = "{}") {
  return {"qst_1", std::move(from), std::move(partitions), std::move(value)};
}

}  // namespace

TEST_CASE("Gathering: is complete once every partition is spoken for") {
  Gathering gathering(3);
  CHECK_FALSE(gathering.complete());
  CHECK(gathering.take(answer("a", {0, 2})));
  CHECK(gathering.covered() == 2);
  CHECK_FALSE(gathering.complete());
  CHECK(gathering.take(answer("idle", {})));
  CHECK(gathering.take(answer("b", {1})));
  CHECK(gathering.covered() == 3);
  CHECK(gathering.all() == 3);
  CHECK(gathering.complete());
  CHECK(gathering.answers().size() == 3);
}

TEST_CASE("Gathering: of a question about some partitions it is complete once these are spoken for") {
  Gathering gathering(3, {1});
  CHECK(gathering.take(answer("a", {0, 2})));
  CHECK_FALSE(gathering.complete());
  CHECK_FALSE(gathering.covers(1));
  CHECK(gathering.take(answer("b", {1})));
  CHECK(gathering.complete());
  CHECK(gathering.covers(1));
  // There is no such partition: nobody will speak for it.
  CHECK_FALSE(Gathering(3, {3}).complete());
  CHECK_FALSE(Gathering(3).covers(-1));
}

TEST_CASE("Gathering: a second answer of one process takes the place of its first") {
  Gathering gathering(3);
  CHECK(gathering.take(answer("a", {0, 1}, R"({"n":1})")));
  CHECK(gathering.take(answer("a", {1, 2}, R"({"n":2})")));
  REQUIRE(gathering.answers().size() == 1);
  CHECK(gathering.answers()[0].value == R"({"n":2})");
  CHECK(gathering.covered() == 2);
  CHECK(gathering.take(answer("b", {0})));
  CHECK(gathering.complete());
}

TEST_CASE("Gathering: what another process has spoken for is not counted twice") {
  Gathering gathering(3);
  CHECK(gathering.take(answer("a", {0, 1})));
  CHECK_FALSE(gathering.take(answer("b", {1, 2})));
  CHECK(gathering.covered() == 2);
  CHECK(gathering.answers().size() == 1);
  // Nor by one that has answered before: its first answer stays.
  CHECK(gathering.take(answer("b", {2})));
  CHECK_FALSE(gathering.take(answer("b", {1})));
  CHECK(gathering.complete());
}

TEST_CASE("Gathering: partitions that there are not, and more processes than there can be, are left out") {
  Gathering gathering(2);
  CHECK_FALSE(gathering.take(answer("a", {0, 2})));
  CHECK_FALSE(gathering.take(answer("a", {-1})));
  CHECK(gathering.covered() == 0);
  for (std::size_t i = 0; i < Gathering::kMostAnswers; ++i) REQUIRE(gathering.take(answer(std::to_string(i), {})));
  CHECK_FALSE(gathering.take(answer("one more", {0})));
  CHECK(gathering.take(answer("7", {0})));
}
