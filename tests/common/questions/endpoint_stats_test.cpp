#include "common/questions/endpoint_stats.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::questions;

namespace {

constexpr auto kNormal = static_cast<std::size_t>(registry::Priority::normal);
constexpr auto kBulk = static_cast<std::size_t>(registry::Priority::bulk);

EndpointStats full() {
  EndpointStats stats;
  stats.classes[kNormal] = {1, 2, 3, 4, 1'000};
  stats.classes[kBulk] = {0, 9, 0, 0, 900};
  stats.attempts = {500, 10, 5, 1, 2, 3, 700, 800, 750};
  stats.next_retry = 2'000;
  stats.in_flight = 6;
  stats.keys = {40, 3, 600};
  stats.standing = Standing::resting;
  stats.resting_until = 1'500;
  stats.concurrency = 64;
  stats.rate_per_second = 2.5;
  stats.version = 4;
  stats.workers = {{3, false, 0}, {0, true, 1'600}};
  return stats;
}

}  // namespace

TEST_CASE("EndpointStats: come back as they were written") {
  CHECK(endpoint_stats_of(to_json(full())) == full());
  CHECK(endpoint_stats_of(to_json({})) == EndpointStats{});
}

TEST_CASE(
    "EndpointStats: what is missing is none, what is not known is passed over, what is something else is refused") {
  CHECK(endpoint_stats_of("{}") == EndpointStats{});
  CHECK(endpoint_stats_of(R"({"breaker":{"open":true},"standing":"melted"})") == EndpointStats{});
  for (const char* bad : {"", "[]", "7", R"({"in_flight":-1})", R"({"in_flight":1.5})", R"({"in_flight":"1"})",
                          R"({"classes":[]})", R"({"classes":{"normal":7}})", R"({"classes":{"normal":{"oldest":-5}}})",
                          R"({"attempts":[]})", R"({"attempts":{"delivered":null}})", R"({"standing":7})",
                          R"({"rate_per_second":"fast"})", R"({"keys":{"blocked":"x"}})", R"({"workers":{}})",
                          R"({"workers":[7]})", R"({"workers":[{"tripped":1}]})", R"({"workers":[{"in_flight":-1}]})"})
    CHECK_FALSE(endpoint_stats_of(bad));
}

TEST_CASE(
    "EndpointStats: no number that anybody may have written makes a sum overflow, or a time that cannot be shown") {
  const auto stats = endpoint_stats_of(
      R"({"in_flight":18446744073709551615,"next_retry":18446744073709551615,"rate_per_second":1e300})");
  REQUIRE(stats);
  EndpointStats sum;
  for (int i = 0; i < 1'024; ++i) sum.add(*stats);
  CHECK(sum.in_flight == stats->in_flight * 1'024);
  CHECK(format_rfc3339(stats->next_retry) == "9999-12-31T23:59:59.999Z");
  CHECK(stats->rate_per_second == 1e12);
}

TEST_CASE("EndpointStats: several are added, times by which is the earliest or the latest") {
  EndpointStats sum = full();
  EndpointStats other = full();
  other.classes[kNormal].oldest = 0;
  other.classes[kBulk].oldest = 800;
  other.next_retry = 1'900;
  other.keys = {2, 1, 500};
  sum.add(other);
  CHECK(sum.classes[kNormal] == ClassWaiting{2, 4, 6, 8, 1'000});
  CHECK(sum.classes[kBulk] == ClassWaiting{0, 18, 0, 0, 800});
  CHECK(sum.next_retry == 1'900);
  CHECK(sum.in_flight == 12);
  CHECK(sum.keys == OrderedKeys{42, 4, 500});
  CHECK(sum.attempts.delivered == 20);
  CHECK(sum.attempts.since == 500);
}

TEST_CASE("EndpointStats: an endpoint fails since the first failure after the last success of any process") {
  const auto added = [](Attempts one, const Attempts& other) {
    one.add(other);
    return one.failing_since;
  };
  Attempts fails, works, failed_before;
  fails.last_success = 100;
  fails.failing_since = 200;
  fails.last_failure = 300;
  works.last_success = 400;
  failed_before.failing_since = 50;
  failed_before.last_failure = 60;
  CHECK(added(fails, {}) == 200);
  CHECK(added({}, fails) == 200);
  CHECK(added(fails, works) == 0);
  CHECK(added(fails, failed_before) == 200);
  works.last_success = 250;  // in between
  CHECK(added(fails, works) == 250);
  CHECK(added(works, fails) == 250);
}
