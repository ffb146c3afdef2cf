#include "common/base/clock.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("clock: RFC 3339 is written as it is read") {
  for (const UnixMillis at : {0LL, 1'614'265'330'123LL, 4'102'444'799'999LL})
    CHECK(parse_rfc3339(format_rfc3339(at)) == at);
  CHECK(format_rfc3339(1'614'265'330'123) == "2021-02-25T15:02:10.123Z");
}

TEST_CASE("clock: RFC 3339 offsets and fractions are understood") {
  CHECK(parse_rfc3339("1970-01-01T01:00:00+01:00") == 0);
  CHECK(parse_rfc3339("1969-12-31T23:30:00-00:30") == 0);
  CHECK(parse_rfc3339("1970-01-01T00:00:00.1234567Z") == 123);
}

TEST_CASE("clock: what is no RFC 3339 time is refused") {
  for (const auto* text :
       {"", "2021-02-30T00:00:00Z", "2021-02-25", "2021-02-25T15:02:10", "2021-02-25T25:00:00Z",
        "2021-02-25T15:02:10.Z", "2021-02-25T15:02:10+25:00", "2021-02-25T15:02:10Zx", "21-02-25T15:02:10Z"})
    CHECK(parse_rfc3339(text) == -1);
}
