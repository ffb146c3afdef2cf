// What simulations can do with picks on the in-memory log: any order, faults, and what happens between asking and
// reading.

#include <doctest/doctest.h>

#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::log {
namespace {

struct World {
  World() {
    for (int i = 0; i < 10; ++i) {
      Record record;
      record.value = std::to_string(i);
      cluster->put(Topic::events, 0, std::move(record));
    }
  }
  void ask(std::uint64_t id, std::vector<OffsetRange> wanted) {
    PickRun run;
    run.id = id;
    run.wanted = std::move(wanted);
    REQUIRE(picker->ask(std::move(run)));
  }
  // "1:3r" a result: run, offset, fate.
  std::string polled() {
    std::vector<Picked> results;
    picker->poll(100, results);
    std::string text;
    for (const Picked& each : results)
      text += std::to_string(each.run) + ":" + std::to_string(each.offset) + "rgdA."[static_cast<int>(each.fate)] + " ";
    return text;
  }

  int woken = 0;
  std::shared_ptr<memory::Cluster> cluster = memory::make_cluster({.partitions = 1, .stepped = true});
  std::unique_ptr<Log> log = memory::make(cluster, 7);
  std::unique_ptr<Picker> picker = log->picker([this] { ++woken; });
};

}  // namespace

TEST_CASE("Memory log: a run is served when the test says so, in any order, with what is there then") {
  World world;
  world.ask(1, {{2, 4}});
  world.ask(2, {{6, 7}});
  CHECK(world.polled().empty());
  auto picks = world.cluster->picks();
  REQUIRE(picks.size() == 2);
  CHECK(picks[0].process == 7);
  world.cluster->serve(picks[1]);
  CHECK(world.woken == 1);
  CHECK(world.polled() == "2:6r 2:7. ");
  REQUIRE(world.log->trim(Topic::events, 0, 3, Millis{0}));
  world.cluster->serve(picks[0]);
  CHECK(world.polled() == "1:2g 1:3r 1:4. ");
  CHECK(world.cluster->picks().empty());
}

TEST_CASE("Memory log: a run fails behind as many results as the test says, or is never served") {
  World world;
  world.ask(1, {{2, 6}});
  world.cluster->fail_pick(world.cluster->picks()[0], 2);
  CHECK(world.polled() == "1:2r 1:3r 1:4A ");
  world.ask(2, {{2, 6}});
  world.cluster->fail_pick(world.cluster->picks()[0]);
  CHECK(world.polled() == "2:2A ");
  world.ask(3, {{2, 6}});
  world.picker->cancel(Topic::events, 0);
  CHECK(world.cluster->picks().empty());
  world.ask(4, {{2, 6}});
  world.picker.reset();
  CHECK(world.cluster->picks().empty());
}

TEST_CASE("Memory log: erased, spoiled and cut records are told apart") {
  World world;
  REQUIRE(world.log->erase(Topic::events, 0, {{1, 3}}, Millis{0}));
  world.cluster->spoil(Topic::events, 0, 4);
  world.cluster->cut(Topic::events, 0, 8);
  world.ask(1, {{0, 9}});
  world.cluster->serve(world.cluster->picks()[0]);
  CHECK(world.polled() == "1:0r 1:1g 1:2g 1:3r 1:4d 1:5r 1:6r 1:7r 1:8A ");
}

}  // namespace certes::log
