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
    checkpoint(process);
    put();
    put();
  }
  Result<Skip> plan(std::optional<std::int64_t> to) { return plan_skip(*log, 0, cluster->committed(0), to); }
  // What the next owner has to deliver.
  Offsets open_after(Skip& skip) {
    const auto commit = write_skip(*log, 0, skip, "a", 99);
    REQUIRE(commit);
    cluster->commit_foreign(0, *commit);
    OwnerOptions options;
    options.group = "a";
    Process next(cluster, clock, 2, options);
    next.poll();
    CHECK(next.disbelieved == 0);
    CHECK(next.others.empty());
    CHECK(next.unreadable.empty());
    if (next.open(3)) tried = next.tried(3);
    CHECK(next.index->watermark() == (next.open().empty() ? 6 : next.open().front()));
    return next.open();
  }
  std::unique_ptr<log::Log> log = log::memory::make(cluster, 9);
  book::Tried tried;  // of record 3
};

}  // namespace

TEST_CASE("Skip: what is not finished below is over, and what stands above is as it was") {
  Waiting waiting;
  auto skip = waiting.plan(3);
  REQUIRE(skip);
  CHECK(skip->from == 1);
  CHECK(skip->unfinished == 2);
  CHECK(skip->group == "a");
  CHECK(waiting.open_after(*skip) == Offsets{3, 4, 5});
  CHECK(waiting.tried.attempts == 2);
  CHECK(waiting.tried.due == 54'321);
}

TEST_CASE("Skip: to the end, what was never read is skipped too") {
  Waiting waiting;
  auto skip = waiting.plan(std::nullopt);
  REQUIRE(skip);
  CHECK(skip->to == 6);
  CHECK(skip->unfinished == 5);
  CHECK(waiting.open_after(*skip).empty());
}

TEST_CASE("Skip: to where it stands already, nothing changes") {
  Waiting waiting;
  auto skip = waiting.plan(1);
  REQUIRE(skip);
  CHECK(skip->unfinished == 0);
  CHECK(waiting.open_after(*skip) == Offsets{1, 2, 3, 4, 5});
}

TEST_CASE("Skip: back to what is finished, or beyond the end, is refused") {
  Waiting waiting;
  for (const std::int64_t to : {0, 7}) {
    auto skip = waiting.plan(to);
    REQUIRE_FALSE(skip);
    CHECK(skip.error().code == Code::invalid);
  }
  CHECK_FALSE(plan_skip(*waiting.log, 1, {}, std::nullopt));
}

TEST_CASE("Skip: goes by the newest checkpoint where another program has committed") {
  Waiting waiting;
  waiting.cluster->commit_foreign(0, {5, ""});
  auto skip = waiting.plan(2);
  REQUIRE(skip);
  CHECK(skip->from == 1);
  CHECK(waiting.open_after(*skip) == Offsets{2, 3, 4, 5});
}

TEST_CASE("Skip: goes by the checkpoint before where the committed one is unreadable") {
  Waiting waiting;
  {
    OwnerOptions options;
    options.group = "a";
    Process process(waiting.cluster, waiting.clock, 2, options);
    process.poll();
    waiting.checkpoint(process);
  }
  const auto note = decode_note(waiting.cluster->committed(0).metadata);
  REQUIRE(note);
  REQUIRE(note->previous >= 0);
  waiting.cluster->corrupt(log::Topic::progress, 0, note->manifest);
  auto skip = waiting.plan(3);
  REQUIRE(skip);
  CHECK(skip->unfinished == 2);
  CHECK(waiting.open_after(*skip) == Offsets{3, 4, 5});
  CHECK(waiting.tried.attempts == 2);
}

TEST_CASE("Skip: under another group's name takes the partition over, and the former group learns of it") {
  Waiting waiting;
  const log::Committed former = waiting.cluster->committed(0);
  auto skip = waiting.plan(1);
  REQUIRE(skip);
  const auto commit = write_skip(*waiting.log, 0, *skip, "b", 99);
  REQUIRE(commit);
  const auto given = [&](std::string group, const log::Committed& committed, std::uint64_t id) {
    waiting.cluster->commit_foreign(0, committed);  // each group has commits of its own
    OwnerOptions options;
    options.group = std::move(group);
    Process process(waiting.cluster, waiting.clock, id, options);
    process.poll();
    return std::pair(process.index ? process.open() : Offsets{}, process.others);
  };
  CHECK(given("a", former, 2) == std::pair(Offsets{}, std::vector<std::string>{"b"}));
  CHECK(given("b", *commit, 3) == std::pair(Offsets{1, 2, 3, 4, 5}, std::vector<std::string>{}));
}

TEST_CASE("Skip: of a partition that nobody has worked on") {
  Fixture f(3);
  const auto log = log::memory::make(f.cluster, 9);
  auto skip = plan_skip(*log, 0, {}, 2);
  REQUIRE(skip);
  CHECK(skip->unfinished == 2);
  const auto commit = write_skip(*log, 0, *skip, "", 99);
  REQUIRE(commit);
  f.cluster->commit_foreign(0, *commit);
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.given() == Offsets{2});
}

}  // namespace certes::dispatcher::testing
