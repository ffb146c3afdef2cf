// Commits that the owner's group did not make.

#include <doctest/doctest.h>

#include "dispatcher/ownership/checkpoint_search.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"

namespace certes::dispatcher::testing {
namespace {

// Record 0 is done, 1 waits for a retry, 2 and 3 are open: in a checkpoint; 4 was not read yet.
struct Left : Fixture {
  Left() : Fixture(4) {
    Process process(cluster, clock);
    process.poll();
    process.attempt(0, "delivered", 1);
    process.attempt(1, "retry", 3, 12'345);
    process.poll();
    process.owner->finish({0, 0});
    checkpoint(process);
    put();
  }
  // The offsets that the next owner gives, and what it knows of record 1.
  void check_nothing_lost() {
    Process next(cluster, clock, 2);
    next.poll();
    REQUIRE(next.records.size() == 4);
    CHECK(next.records.front()->offset == 1);
    CHECK(next.known[1].at("dlv_1").attempts == 3);
    CHECK(next.known[1].at("dlv_1").next_at == 12'345);
    disbelieved += next.disbelieved;
    CHECK(decode_note(cluster->committed(0).metadata));
    CHECK(cluster->committed(0).offset == 1);
    CHECK(disbelieved == 1);
  }
  int disbelieved = 0;
};

TEST_CASE("Owner: a commit that another program made does not count, the newest checkpoint does") {
  Left left;
  SUBCASE("at the end of the log") { left.cluster->commit_foreign(0, {5, ""}); }
  SUBCASE("at its begin") { left.cluster->commit_foreign(0, {0, ""}); }
  SUBCASE("with metadata of its own") { left.cluster->commit_foreign(0, {5, "spring"}); }
  SUBCASE("with the metadata that was there") {
    left.cluster->commit_foreign(0, {5, left.cluster->committed(0).metadata});
  }
  SUBCASE("none any more") { left.cluster->commit_foreign(0, {}); }
  left.check_nothing_lost();
}

TEST_CASE("Owner: nor does it for the owner after one that ended before its first checkpoint") {
  Left left;
  left.cluster->commit_foreign(0, {5, left.cluster->committed(0).metadata});
  {
    Process short_lived(left.cluster, left.clock, 3);
    short_lived.poll(2, 0);
    left.disbelieved = short_lived.disbelieved;
  }
  left.check_nothing_lost();
}

TEST_CASE("Owner: where another program committed and there is no checkpoint, the log is read from its begin") {
  Fixture f(3);
  f.cluster->commit_foreign(0, {3, ""});
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.records.size() == 3);
  CHECK(process.disbelieved == 1);
}

TEST_CASE("Owner: a first start is no commit of another program") {
  Fixture f(1);
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.records.size() == 1);
  CHECK(process.disbelieved == 0);
}

TEST_CASE("Owner: what another group has worked on is left to it, and told once a minute") {
  Fixture f(3);
  const auto of = [&](std::string group, std::uint64_t id) {
    OwnerOptions options;
    options.group = std::move(group);
    return std::make_unique<Process>(f.cluster, f.clock, id, options);
  };
  {
    const auto first = of("a", 1);
    first->poll();
    f.checkpoint(*first);
  }
  const log::Committed committed = f.cluster->committed(0);
  f.cluster->commit_foreign(0, {});  // each group has commits of its own
  {
    const auto other = of("b", 2);
    other->poll();
    CHECK(other->records.empty());
    CHECK_FALSE(other->owner->owns(0));
    CHECK(other->others == std::vector<std::string>{"a"});
    f.clock.advance(Millis{60'001});
    other->poll();
    CHECK(other->others.size() == 2);
  }
  CHECK(f.cluster->committed(0).offset == log::kNoOffset);
  f.cluster->commit_foreign(0, committed);
  const auto again = of("a", 3);
  again->poll();
  CHECK(again->records.size() == 3);
}

TEST_CASE("CheckpointSearch: finds the last that is complete, of the highest term, between what others left") {
  std::vector<log::StoredRecord> stored;
  const auto put = [&](std::int64_t term, std::int64_t watermark, std::uint64_t id, std::size_t most = 2) {
    Progress progress;
    progress.term = term;
    progress.watermark = progress.position = watermark;
    auto records = checkpoint_records(progress, id);
    for (std::size_t i = 0; i < std::min(most, records.size()); ++i) {
      log::StoredRecord& record = stored.emplace_back();
      record.topic = log::Topic::progress;
      record.offset = static_cast<std::int64_t>(stored.size()) + 99;
      record.value = records[i].value;
    }
  };
  const auto found = [&] {
    CheckpointSearch search;
    for (const log::StoredRecord& record : stored) search.add(record);
    return search.newest();
  };
  CHECK_FALSE(found());
  put(1, 10, 1);
  put(2, 20, 2);
  put(2, 30, 3);
  put(1, 40, 4);     // void
  put(2, 50, 5, 1);  // its end never came
  stored.emplace_back().value = "no checkpoint at all";
  REQUIRE(found());
  CHECK(found()->offset == 30);
  CHECK(found()->first == 104);
  CHECK(found()->last == 105);
  CHECK(found()->term == 2);
}

}  // namespace
}  // namespace certes::dispatcher::testing
