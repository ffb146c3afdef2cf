#include "gateway/stream/positions.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace certes::gateway::stream;

TEST_CASE("Positions: an id says them, whatever they are") {
  const Positions all[] = {{0}, {35, 36, 0}, {std::numeric_limits<std::int64_t>::max(), 1}};
  for (const Positions& positions : all) {
    CAPTURE(to_id(positions));
    const auto read = parse_id(to_id(positions), positions.size());
    REQUIRE(read);
    CHECK(*read == positions);
  }
  CHECK(to_id({35, 36, 0}) == "pz-10-0");
}

TEST_CASE("Positions: partitions that were added since begin at the start") {
  CHECK(parse_id("pz-1", 4) == Positions{35, 1, 0, 0});
}

TEST_CASE("Positions: anything else is no id") {
  for (const char* text :
       {"", "p", "z", "7", "p1-", "p-1", "p--1", "p1--2", "p1 ", "p 1", "p1-2-3", "p1_2", "pzzzzzzzzzzzzzzzzzzzz"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_id(text, 2));
  }
}
