// What a process says of itself: written and read, added to what others say, and cut to what is named.
#include "common/questions/overview.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/questions/by_tenant.hpp"
#include "common/questions/codec.hpp"

using namespace certes;
using namespace certes::questions;

namespace {

constexpr auto kNormal = static_cast<std::size_t>(registry::Priority::normal);

EndpointLine line(std::string endpoint, std::uint64_t waiting, UnixMillis failing_since = 0) {
  EndpointLine made;
  made.tenant = "default";
  made.endpoint = std::move(endpoint);
  made.waiting = waiting;
  made.attempts.failing_since = failing_since;
  if (failing_since != 0) made.attempts.last_failure = failing_since + 1'000;
  return made;
}

ProcessOverview full() {
  ProcessOverview overview;
  overview.started = 1'000;
  overview.gateway = overview.dispatcher = overview.log_away = overview.reading_stopped = true;
  overview.accepting.accepted = {10, 2, 1};
  overview.accepting.duplicates = 3;
  overview.accepting.refused = 4;
  overview.accepting.append.count(Millis{7});
  overview.delivering.delivered = 9;
  overview.delivering.dead_lettered = 1;
  overview.delivering.cancelled = 2;
  overview.delivering.unmatched = 5;
  overview.delivering.attempts.retry = 6;
  overview.delivering.attempt.count(Millis{80});
  overview.delivering.age.count(Millis{90});
  overview.classes[kNormal] = {1, 2, 3, 4, 500};
  overview.in_flight = 8;
  overview.endpoints = {line("billing", 7, 900)};
  overview.endpoints[0].retrying = 2;
  overview.endpoints[0].in_flight = 1;
  overview.endpoints[0].oldest = 400;
  overview.endpoints[0].error = "500";
  overview.endpoints[0].standing = Standing::tripped;
  overview.failing = 1;
  overview.open = 2;
  return overview;
}

std::vector<std::string> names(const std::vector<EndpointLine>& lines) {
  std::vector<std::string> all;
  for (const EndpointLine& one : lines) all.push_back(one.endpoint);
  return all;
}

}  // namespace

TEST_CASE("ProcessOverview: comes back as it was written") {
  CHECK(process_overview_of(to_json(full())) == full());
  CHECK(process_overview_of(to_json(ProcessOverview{})) == ProcessOverview{});
}

TEST_CASE(
    "ProcessOverview: what is missing is none, what is not known is passed over, what is something else is refused") {
  CHECK(process_overview_of("{}") == ProcessOverview{});
  CHECK(process_overview_of(R"({"mood":"good","endpoints":[{"standing":"melted"}]})")->endpoints.size() == 1);
  CHECK(process_overview_of(R"({"accepting":{"append":{"counts":[1,2],"sum_us":9}}})") == ProcessOverview{});
  for (const char* bad :
       {"", "[]", R"({"started":-1})", R"({"gateway":1})", R"({"accepting":[]})", R"({"accepting":{"event":"1"}})",
        R"({"accepting":{"append":7}})", R"({"accepting":{"append":{"counts":{}}}})", R"({"delivering":{"age":[]}})",
        R"({"delivering":{"attempts":7}})", R"({"classes":[]})", R"({"endpoints":{}})", R"({"endpoints":[7]})",
        R"({"endpoints":[{"waiting":-1}]})", R"({"endpoints":[{"error":7}]})"})
    CHECK_FALSE_MESSAGE(process_overview_of(bad), bad);
}

TEST_CASE("ProcessOverview: it is never larger than an answer may be, whatever its endpoints are called") {
  ProcessOverview overview = full();
  for (int i = 0; i < 200; ++i) {
    overview.endpoints.push_back(line(std::string(128, 'x') + std::to_string(i), 1, 5));
    overview.endpoints.back().error = std::string(5'000, '"') + "\xff";
  }
  const std::string written = to_json(overview);
  CHECK(written.size() <= kMostValueBytes);
  const auto read = process_overview_of(written);
  REQUIRE(read);
  CHECK(read->endpoints.size() >= 40);
  CHECK(read->endpoints[1].error.size() == ProcessOverview::kMostErrorBytes);
}

TEST_CASE("ProcessOverview: two parts of a process are one, and what both have counted is added") {
  ProcessOverview gateway, dispatcher;
  gateway.started = 1'000;
  gateway.gateway = true;
  gateway.accepting.accepted = {5, 0, 0};
  gateway.accepting.append.count(Millis{1});
  dispatcher.started = 1'010;
  dispatcher.dispatcher = true;
  dispatcher.delivering.delivered = 4;
  dispatcher.in_flight = 2;
  ProcessOverview both = gateway;
  both.add(dispatcher);
  CHECK(both.started == 1'000);
  CHECK((both.gateway && both.dispatcher));
  CHECK_FALSE(both.log_away);
  both.add(full());
  CHECK(both.accepting.accepted == std::array<std::uint64_t, 3>{15, 2, 1});
  CHECK(both.accepting.append.all() == 2);
  CHECK(both.delivering.delivered == 13);
  CHECK(both.in_flight == 10);
  CHECK(both.classes[kNormal] == full().classes[kNormal]);
  CHECK(both.log_away);
}

TEST_CASE("EndpointLine: of one endpoint with several dispatchers there is one line") {
  EndpointLine here = line("billing", 3, 900), there = line("billing", 4, 700), other = line("billing", 9);
  here.error = "500";
  there.error = "timeout";
  here.oldest = 50;
  there.oldest = 40;
  here.standing = Standing::open;
  there.standing = Standing::tripped;
  other.tenant = "acme";
  std::vector<EndpointLine> lines = {here, other, there};
  fold(lines);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].tenant == "acme");
  CHECK(lines[1].waiting == 7);
  CHECK(lines[1].oldest == 40);
  CHECK(lines[1].error == "500");  // its failure is the later one
  CHECK(lines[1].standing == Standing::tripped);
  CHECK(lines[1].attempts.failing_since == 700);
}

TEST_CASE("EndpointLine: a success on one dispatcher ends what failed on another before it") {
  EndpointLine fails = line("billing", 3, 900), works = line("billing", 0);
  works.attempts.last_success = 5'000;
  fails.add(works);
  CHECK_FALSE(fails.fails());
}

TEST_CASE("choose: those with most waiting first; where not all are named, half of the room is for such that fail") {
  std::vector<EndpointLine> lines = {line("a", 5), line("b", 9),     line("c", 1, 10),
                                     line("d", 9), line("e", 0, 10), line("f", 3, 10)};
  auto all = lines;
  choose(all, 6);
  CHECK(names(all) == std::vector<std::string>{"b", "d", "a", "f", "c", "e"});
  auto four = lines;
  choose(four, 4);
  CHECK(names(four) == std::vector<std::string>{"b", "d", "f", "c"});
  auto one = lines;
  choose(one, 1);
  CHECK(names(one) == std::vector<std::string>{"b"});
}

TEST_CASE("OverviewSubject: comes back as it was written, and nothing else is one") {
  for (const bool all : {false, true}) {
    const auto subject = OverviewSubject::parse(OverviewSubject{all, 7}.text());
    REQUIRE(subject);
    CHECK(subject->all_tenants == all);
    CHECK(subject->endpoints == 7);
  }
  for (const char* bad :
       {"", "own", "own/", "own/0", "own/51", "own/-1", "own/7x", "some/7", "all/999999999999999999999"})
    CHECK_FALSE_MESSAGE(OverviewSubject::parse(bad), bad);
}

TEST_CASE("ByTenant: each has its own, and beyond the most that are kept nobody does, while the sum holds all") {
  ByTenant<Accepting> counted;
  constexpr std::size_t kMore = ByTenant<Accepting>::kMostTenants + 5;
  for (std::size_t i = 0; i < kMore; ++i) ++counted.of("tenant-" + std::to_string(i)).refused;
  counted.of("tenant-3").refused += 10;
  counted.of("").refused += 100;
  CHECK(counted.only("tenant-3").refused == 11);
  CHECK(counted.only("tenant-" + std::to_string(kMore - 1)).refused == 0);
  CHECK(counted.only("").refused == 0);
  CHECK(counted.all().refused == kMore + 110);
}
