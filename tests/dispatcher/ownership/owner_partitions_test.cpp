// Partitions that appear while an owner runs, and those that come back to it.

#include <doctest/doctest.h>

#include "dispatcher/ownership/commit_note.hpp"
#include "dispatcher/ownership/outcome_records.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"
#include "tests/fakes/counting_log.hpp"

namespace certes::dispatcher::testing {
namespace {

// A log whose topics do not all have the partitions that the group gives out.
struct Growing final : fakes::CountingLog {
  using CountingLog::CountingLog;
  std::int32_t partitions() const override { return count; }
  std::int32_t count = 1;
};

struct Watched final : OwnerHandler {
  void on_running(std::int32_t, book::OpenIndex&) override {}
  void on_record(log::RecordPtr record) override { records.push_back(std::move(record)); }
  void on_revoked(std::int32_t partition) override { revoked.insert(partition); }
  void on_lost(std::int32_t partition) override { lost.insert(partition); }
  void on_log_lost(std::int32_t, std::int64_t) override {}
  std::vector<log::RecordPtr> records;
  std::set<std::int32_t> revoked, lost;
};

struct World {
  World() {
    for (std::int32_t partition = 0; partition < 2; ++partition) {
      log::Record record;
      record.headers.add(log::names::kId, "evt");
      cluster->put(log::Topic::events, partition, std::move(record));
    }
  }
  void poll() {
    for (int round = 0; round < 20; ++round) REQUIRE(owner.poll(100));
  }
  ManualClock clock;
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({.partitions = 2, .clock = &clock});
  std::unique_ptr<log::Log> inner = log::memory::make(cluster, 1);
  Growing log{*inner};
  Watched handler;
  Owner owner{log, handler, clock, {}, [] {}};
};

TEST_CASE("Owner: a partition that not all topics have is left unread until they do") {
  World world;
  world.poll();
  REQUIRE(world.handler.records.size() == 1);
  CHECK(world.handler.records[0]->partition == 0);
  CHECK_FALSE(world.owner.may_act(1));
  world.log.count = 2;
  world.poll();
  REQUIRE(world.handler.records.size() == 2);
  CHECK(world.handler.records[1]->partition == 1);
  CHECK(world.owner.may_act(1));
}

TEST_CASE("Owner: an unread partition that is revoked is let go, and not taken later") {
  World world;
  world.poll();
  world.owner.leave();
  world.poll();
  CHECK(world.handler.revoked == std::set<std::int32_t>{0});
  world.owner.let_go(0);
  world.poll();
  CHECK(world.owner.left());
  world.log.count = 2;
  world.poll();
  CHECK(world.handler.records.size() == 1);
}

// A process whose partition the group takes back, and gives again.
struct Returning {
  Returning() {
    for (int i = 0; i < 6; ++i) f.put();
    process.poll();
    process.deliver({0, 1});
    process.attempt(3, "retry", 2, 5'000);
    process.poll();
    f.checkpoint(process);
    process.attempt(4, "retry", 1, 7'000);  // no checkpoint shows it but that of the revoke
    process.poll();
  }
  void let_go() {
    f.cluster->rebalance();
    process.poll();
    REQUIRE(process.revoked.contains(0));
    process.revoked.clear();
    process.owner->let_go(0);
    for (int round = 0; round < 10 && !process.owner->partitions().empty(); ++round) process.poll(1, 0);
    REQUIRE(process.owner->partitions().empty());
  }
  // Where everything is read anew, three: the manifest, too.
  std::size_t readers_for_its_return() {
    const std::size_t before = log->readers;
    process.poll(20);
    REQUIRE(process.owner->may_act(0));
    return log->readers - before;
  }
  void check_known() {
    CHECK(process.open() == Offsets{2, 3, 4, 5});
    CHECK(process.tried(3).attempts == 2);
    CHECK(process.tried(4).due == 7'000);
    CHECK(process.given() == Offsets{0, 1, 2, 3, 4, 5});
    std::vector<book::OpenPlace> due;
    process.index->take_due(8'000, 100, due);
    CHECK(due.size() == 2);
  }
  Fixture f;
  std::unique_ptr<log::Log> inner = log::memory::make(f.cluster, 1);
  std::unique_ptr<fakes::CountingLog> counting = std::make_unique<fakes::CountingLog>(*inner);
  fakes::CountingLog* log = counting.get();
  Process process{std::move(counting), f.clock, {}};
};

TEST_CASE("Owner: a partition that comes back, and nobody else has had, is known: only the tails are read on") {
  Returning here;
  for (int times = 0; times < 3; ++times) {
    const int running = here.process.running;
    here.let_go();
    CHECK(here.readers_for_its_return() == kTailCount);
    CHECK(here.process.running == running + 1);
    here.check_known();
  }
  here.process.deliver({2, 3, 4, 5});
  here.f.checkpoint(here.process);
  CHECK(here.f.cluster->committed(0).offset == 6);
}

TEST_CASE("Owner: what was in doubt when a partition was let go is known when it comes back") {
  Returning here;
  here.f.cluster->rebalance();
  here.process.poll(1, 0);
  here.process.attempt(2, "delivered", 1);
  here.process.owner->flush();  // lands, and is not heard of
  here.process.owner->let_go(0);
  CHECK(here.readers_for_its_return() == kTailCount);
  CHECK(here.process.open() == Offsets{3, 4, 5});
}

TEST_CASE("Owner: a partition that comes back after a minute is read anew, and so is one that another has had") {
  Returning here;
  here.let_go();
  SUBCASE("a minute") { here.f.clock.advance(Millis{60'000}); }
  SUBCASE("another's") {
    log::Committed committed = here.f.cluster->committed(0);
    auto note = decode_note(committed.metadata);
    REQUIRE(note);
    ++note->term;
    committed.metadata = encode(*note);
    here.f.cluster->commit_foreign(0, committed);
  }
  CHECK(here.readers_for_its_return() > kTailCount);
  here.check_known();
}

}  // namespace
}  // namespace certes::dispatcher::testing
