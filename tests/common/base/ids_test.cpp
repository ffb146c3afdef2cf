#include "common/base/ids.hpp"

#include <doctest/doctest.h>

using namespace certes;

namespace {
struct FixedClock final : Clock {
  UnixMillis at = 1'469'918'176'385;
  SteadyTime now() const override { return {}; }
  UnixMillis unix_millis() const override { return at; }
};
}  // namespace

TEST_CASE("ids: a ULID carries its time in its first ten characters") {
  FixedClock clock;
  IdGenerator ids(clock, 1);
  const std::string id = ids.next("evt_");
  CHECK(id.size() == 30);
  CHECK(id.substr(0, 14) == "evt_01ARYZ6S41");  // the time of the ULID specification's example
}

TEST_CASE("ids: they increase within a millisecond and when the clock goes back") {
  FixedClock clock;
  IdGenerator ids(clock, 2);
  std::string last = ids.next("");
  for (int i = 0; i < 1000; ++i) {
    if (i == 500) clock.at -= 60'000;
    std::string next = ids.next("");
    CHECK(next > last);
    last = std::move(next);
  }
}
