#include "common/base/seconds.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("Seconds: are taken to the nearest millisecond") {
  CHECK(millis_of(0.29) == Millis{290});
  CHECK(millis_of(1.001) == Millis{1'001});
  CHECK(millis_of(1.0006) == Millis{1'001});
  CHECK(millis_of(1.0004) == Millis{1'000});
}

TEST_CASE("Seconds: come back from milliseconds as they were") {
  for (const double seconds : {0.0, 0.001, 0.29, 1.001, 2.5, 8'640'000.123, 3'162'240'000.0})
    CHECK(seconds_of(millis_of(seconds)) == seconds);
}
