// Partitions that appear while an owner runs.

#include <doctest/doctest.h>

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

}  // namespace
}  // namespace certes::dispatcher::testing
