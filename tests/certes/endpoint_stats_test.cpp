#include "certes/commands/endpoint_stats.hpp"

#include <doctest/doctest.h>

using namespace certes::command;

namespace {

constexpr const char* kStats = R"({"endpoint":"billing","state":"active","standing":"resting",
"at":"2026-01-31T08:00:10.000Z",
"waiting":{"total":3,"by_priority":{
  "critical":{"total":0,"first":{"memory":0,"log":0},"retry":{"memory":0,"log":0},"oldest":null},
  "high":{"total":3,"first":{"memory":1,"log":0},"retry":{"memory":0,"log":2},
          "oldest":{"at":"2026-01-31T07:48:10.000Z","age_seconds":720}}}},
"in_flight":2,"next_retry_at":"2026-01-31T08:00:15.000Z","failing_since":null,
"last_success":"2026-01-31T08:00:08.500Z","last_failure":null,
"attempts":{"since":"2026-01-31T05:00:10.000Z","delivered":7,"retry":2,"awaiting":0,"dead_lettered":0,"cancelled":0},
"ordering":{"mode":"key","keys":5,"blocked":2,"blocked_since":"2026-01-31T07:48:10.000Z"},
"limits":{"concurrency":64,"rate_per_second":null},"partitions":{"covered":6,"all":12},
"answered_by":[{"process":"worker-1","partitions":6,"standing":"resting","in_flight":2,
  "limits":{"concurrency":64,"rate_per_second":2.5},"resting_until":"2026-01-31T08:00:12.000Z"}]})";

}  // namespace

TEST_CASE("certes endpoints stats: times have their ages beside them, and only classes with something are shown") {
  CHECK(
      endpoint_stats_text(kStats) ==
      "endpoint      billing\n"
      "state         active, resting\n"
      "waiting       3\n"
      "in flight     2\n"
      "next retry    2026-01-31T08:00:15.000Z (in 5 s)\n"
      "failing since -\n"
      "last success  2026-01-31T08:00:08.500Z (1.5 s ago)\n"
      "last failure  -\n"
      "attempts      7 delivered, 2 retry, since 2026-01-31T05:00:10.000Z (3 h ago)\n"
      "ordering      key: 5 keys open, 2 wait for one that fails since 2026-01-31T07:48:10.000Z (12 min ago)\n"
      "partitions    6 of 12\n"
      "\n"
      "PRIORITY  IN MEMORY  ON THE LOG  RETRIES IN MEMORY  RETRIES ON THE LOG  OLDEST\n"
      "high      1          0           0                  2                   2026-01-31T07:48:10.000Z (12 min ago)\n"
      "\n"
      "DISPATCHER  PARTITIONS  IN FLIGHT  OF  A SECOND  STANDING\n"
      "worker-1    6           2          64  2.5       resting until 2026-01-31T08:00:12.000Z (in 2 s)\n");
  CHECK(endpoint_stats_remark(kStats) ==
        "the dispatchers have answered for 6 of 12 partitions: what is in the others is not counted");
}

TEST_CASE("certes endpoints stats: several workers are a table of their own") {
  const std::string text = endpoint_stats_text(
      R"({"endpoint":"a","state":"active","standing":"open","at":"2026-01-31T08:00:10.000Z","workers":[)"
      R"({"url":"http://one:8080/","standing":"open","in_flight":3},)"
      R"({"url":"http://two:8080/","standing":"tripped","in_flight":0,"resting_until":"2026-01-31T08:00:15.000Z"}]})");
  CHECK(text.find("\n"
                  "WORKER            IN FLIGHT  STANDING\n"
                  "http://one:8080/  3          open\n"
                  "http://two:8080/  0          tripped until 2026-01-31T08:00:15.000Z (in 5 s)\n") !=
        std::string::npos);
}

TEST_CASE("certes endpoints stats: an answer without dispatchers, or of another server, is shown as far as it goes") {
  const std::string text = endpoint_stats_text(
      R"({"endpoint":"a","state":"disabled","disabled_by":"certes","disabled_at":"2026-01-31T08:00:00.000Z",)"
      R"("standing":"disabled","at":"2026-01-31T08:00:10.000Z","partitions":{"covered":0,"all":3},"answered_by":[]})");
  CHECK(text.find("state         disabled by certes at 2026-01-31T08:00:00.000Z (10 s ago)\n") != std::string::npos);
  CHECK(text.find("partitions    0 of 3\n") != std::string::npos);
  CHECK(text.find("DISPATCHER") == std::string::npos);
  CHECK(endpoint_stats_text("no json").empty());
  CHECK(endpoint_stats_remark("{}").empty());
  CHECK(endpoint_stats_remark(R"({"partitions":{"covered":3,"all":3}})").empty());
}
