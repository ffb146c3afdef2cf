// Going on behind records that are not finished, and what the next owner makes of it.

#include <doctest/doctest.h>

#include "dispatcher/ownership/commit_note.hpp"
#include "dispatcher/ownership/skip.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"

namespace certes::dispatcher::testing {
namespace {

// Record 0 is done, 1 and 3 wait for a retry, 2 is open: in a checkpoint; 4 and 5 were not read yet.
struct Waiting : Fixture {
  Waiting() : Fixture(4) {
    OwnerOptions options;
    options.group = "a";
    Process process(cluster, clock, 1, options);
    process.poll();
    process.attempt(0, "delivered", 1);
    process.attempt(1, "retry", 3, 12'345);
    process.attempt(3, "retry", 2, 54'321);
    process.poll();
    process.owner->finish({0, 0});
    checkpoint(process);
    put();
    put();
  }
  Result<Skip> plan(std::optional<std::int64_t> to) { return plan_skip(*log, 0, cluster->committed(0), to); }
  std::vector<std::int64_t> given_after(const Skip& skip) {
    const auto commit = write_skip(*log, 0, skip, 99);
    REQUIRE(commit);
    cluster->commit_foreign(0, *commit);
    OwnerOptions options;
    options.group = "a";
    Process next(cluster, clock, 2, options);
    next.poll();
    CHECK(next.disbelieved == 0);
    CHECK(next.others.empty());
    known = next.known;
    std::vector<std::int64_t> offsets;
    for (const auto& record : next.records) offsets.push_back(record->offset);
    return offsets;
  }
  std::unique_ptr<log::Log> log = log::memory::make(cluster, 9);
  std::map<std::int64_t, DeliveryStates> known;
};

}  // namespace

TEST_CASE("Skip: what is not finished below is over, and what stands above is as it was") {
  Waiting waiting;
  const auto skip = waiting.plan(3);
  REQUIRE(skip);
  CHECK(skip->from == 1);
  CHECK(skip->unfinished == 2);
  CHECK(skip->group == "a");
  CHECK(waiting.given_after(*skip) == std::vector<std::int64_t>{3, 4, 5});
  CHECK(waiting.known[3].at("dlv_3").attempts == 2);
  CHECK(waiting.known[3].at("dlv_3").next_at == 54'321);
}

TEST_CASE("Skip: to the end, what was never read is skipped too") {
  Waiting waiting;
  const auto skip = waiting.plan(std::nullopt);
  REQUIRE(skip);
  CHECK(skip->to == 6);
  CHECK(skip->unfinished == 5);
  CHECK(waiting.given_after(*skip).empty());
}

TEST_CASE("Skip: to where it stands already, nothing changes") {
  Waiting waiting;
  const auto skip = waiting.plan(1);
  REQUIRE(skip);
  CHECK(skip->unfinished == 0);
  CHECK(waiting.given_after(*skip) == std::vector<std::int64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("Skip: back to what is finished, or beyond the end, is refused") {
  Waiting waiting;
  for (const std::int64_t to : {0, 7}) {
    const auto skip = waiting.plan(to);
    REQUIRE_FALSE(skip);
    CHECK(skip.error().code == Code::invalid);
  }
  CHECK_FALSE(plan_skip(*waiting.log, 1, {}, std::nullopt));
}

TEST_CASE("Skip: goes by the newest checkpoint where another program has committed") {
  Waiting waiting;
  waiting.cluster->commit_foreign(0, {5, ""});
  const auto skip = waiting.plan(2);
  REQUIRE(skip);
  CHECK(skip->from == 1);
  CHECK(waiting.given_after(*skip) == std::vector<std::int64_t>{2, 3, 4, 5});
}

TEST_CASE("Skip: under another group's name takes the partition over, and the former group learns of it") {
  Waiting waiting;
  const log::Committed former = waiting.cluster->committed(0);
  auto skip = waiting.plan(1);
  REQUIRE(skip);
  skip->progress.group = "b";
  const auto commit = write_skip(*waiting.log, 0, *skip, 99);
  REQUIRE(commit);
  const auto given = [&](std::string group, const log::Committed& committed, std::uint64_t id) {
    waiting.cluster->commit_foreign(0, committed);  // each group has commits of its own
    OwnerOptions options;
    options.group = std::move(group);
    Process process(waiting.cluster, waiting.clock, id, options);
    process.poll();
    return std::pair(process.records.size(), process.others);
  };
  CHECK(given("a", former, 2) == std::pair(std::size_t{0}, std::vector<std::string>{"b"}));
  CHECK(given("b", *commit, 3) == std::pair(std::size_t{5}, std::vector<std::string>{}));
}

TEST_CASE("Skip: of a partition that nobody has worked on") {
  Fixture f(3);
  const auto log = log::memory::make(f.cluster, 9);
  const auto skip = plan_skip(*log, 0, {}, 2);
  REQUIRE(skip);
  CHECK(skip->unfinished == 2);
  const auto commit = write_skip(*log, 0, *skip, 99);
  REQUIRE(commit);
  f.cluster->commit_foreign(0, *commit);
  Process next(f.cluster, f.clock, 2);
  next.poll();
  REQUIRE(next.records.size() == 1);
  CHECK(next.records.front()->offset == 2);
}

}  // namespace certes::dispatcher::testing
