#include "dispatcher/book/ages.hpp"

#include <doctest/doctest.h>

using certes::dispatcher::Ages;

TEST_CASE("Ages: the oldest of those that are there, however many have its time") {
  Ages ages;
  CHECK(ages.oldest() == 0);
  for (const certes::UnixMillis at : {7, 3, 3, 9}) ages.add(at);
  CHECK(ages.oldest() == 3);
  ages.remove(3);
  CHECK(ages.oldest() == 3);
  ages.remove(3);
  CHECK(ages.oldest() == 7);
  ages.remove(9);
  ages.remove(7);
  CHECK(ages.oldest() == 0);
}
