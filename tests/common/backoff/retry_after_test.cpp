#include "common/backoff/retry_after.hpp"

#include <doctest/doctest.h>

using namespace certes;
using backoff::parse_retry_after;

namespace {
constexpr UnixMillis kNow = 784'111'770'000;  // Sun, 06 Nov 1994 08:49:30 GMT
}

TEST_CASE("RetryAfter: seconds") {
  CHECK(parse_retry_after("0", kNow) == Millis{0});
  CHECK(parse_retry_after(" 120 ", kNow) == Millis{120'000});
  CHECK(parse_retry_after("99999999999999999999999", kNow) == std::chrono::hours{100 * 366 * 24});
}

TEST_CASE("RetryAfter: dates in all three forms") {
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kNow) == Millis{7'000});
  CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", kNow) == Millis{7'000});
  CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", kNow) == Millis{7'000});
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", kNow) == Millis{0});
}

TEST_CASE("RetryAfter: junk is nothing") {
  for (const auto* junk : {"", " ", "soon", "-5", "1.5", "5s", "Sun, 06 Nov 1994", "1e3", "0x10",
                           "Sun, 06 Nov 1994 08:49:37 GMT and later"})
    CHECK_FALSE(parse_retry_after(junk, kNow).has_value());
}
