#include "common/log/scan.hpp"

#include <doctest/doctest.h>

#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::log {
namespace {

// One partition of a log, and what a scan of it has visited.
struct World {
  std::shared_ptr<memory::Cluster> cluster = memory::make_cluster({});
  std::unique_ptr<Log> log = memory::make(cluster);
  std::vector<std::int64_t> visited;
  std::int64_t next = kLogStart;

  void put(int count) {
    for (int i = 0; i < count; ++i) cluster->put(Topic::dead_letters, 1, Record());
  }
  void trim(std::int64_t before) { REQUIRE(log->trim(Topic::dead_letters, 1, before, Millis(0))); }

  // Has enough with the record at `last`.
  Result<bool> scan(std::int64_t end, const GiveUp& give_up, std::int64_t last = -1) {
    const auto visit = [this, last](const RecordPtr& record) {
      visited.push_back(record->offset);
      return record->offset != last;
    };
    return log::scan(*log, {Topic::dead_letters, 1, end, 3}, next, visit, give_up);
  }
};

std::optional<Error> never(bool) { return std::nullopt; }
std::optional<Error> at_once(bool) { return Error(Code::timeout, "enough waited"); }

using Offsets = std::vector<std::int64_t>;

TEST_CASE("Scan: visits in order what stands before the end, page after page, and nothing behind it") {
  World world;
  world.put(9);
  std::vector<bool> came;
  const auto enough = world.scan(7, [&](bool any) {
    came.push_back(any);
    return never(any);
  });
  CHECK(enough == false);
  CHECK(world.visited == Offsets{0, 1, 2, 3, 4, 5, 6});
  CHECK(world.next == 7);
  CHECK(came == std::vector<bool>{true, true});  // not after the last page
}

TEST_CASE("Scan: goes on behind the record that was enough") {
  World world;
  world.put(6);
  CHECK(world.scan(6, never, 1) == true);
  CHECK(world.next == 2);
  CHECK(world.scan(6, never) == false);
  CHECK(world.visited == Offsets{0, 1, 2, 3, 4, 5});
}

TEST_CASE("Scan: nothing is read where there is nothing") {
  World world;
  world.put(3);
  world.next = 3;
  CHECK(world.scan(3, at_once) == false);
  CHECK(world.next == 3);
  CHECK(world.visited.empty());
}

TEST_CASE("Scan: waits for records that are still to come") {
  World world;
  world.put(2);
  const auto enough = world.scan(4, [&](bool came) {
    if (!came) world.put(1);
    return never(came);
  });
  CHECK(enough == false);
  CHECK(world.visited == Offsets{0, 1, 2, 3});
}

TEST_CASE("Scan: giving up keeps what was visited") {
  World world;
  world.put(2);
  const auto enough = world.scan(4, [](bool came) { return came ? never(came) : at_once(came); });
  REQUIRE_FALSE(enough);
  CHECK(enough.error().code == Code::timeout);
  CHECK(enough.error().message == "enough waited");
  CHECK(world.next == 2);
}

TEST_CASE("Scan: ends where the last offsets hold nothing") {
  World world;
  world.put(5);
  world.trim(5);
  CHECK(world.scan(5, at_once) == false);  // the reader stands at the end
  CHECK(world.next == 5);

  world.put(2);
  world.next = kLogStart;
  CHECK(world.scan(3, at_once) == false);  // the first record that there is stands behind it
  CHECK(world.next == 3);
  CHECK(world.visited.empty());
}

TEST_CASE("Scan: a log that cannot be read is unavailable") {
  World world;
  world.put(5);
  world.trim(3);
  world.next = 1;
  const auto enough = world.scan(5, never);
  REQUIRE_FALSE(enough);
  CHECK(enough.error().code == Code::unavailable);
  CHECK(enough.error().message.find("below the log's start") != std::string::npos);
  CHECK(world.next == 1);
}

TEST_CASE("Scan: one record is read where it stands, and what is not there is nothing") {
  World world;
  world.put(3);
  const auto at = [&](std::int64_t offset) {
    return read_at(*world.log, Topic::dead_letters, 1, offset, Millis(1'000));
  };
  const auto second = at(1);
  REQUIRE(second);
  REQUIRE(*second != nullptr);
  CHECK((*second)->offset == 1);
  world.trim(2);
  for (const int gone : {-1, 0, 1, 3, 99}) {
    const auto none = at(gone);
    REQUIRE(none);
    CHECK(*none == nullptr);
  }
  CHECK((*at(2))->offset == 2);
}

}  // namespace
}  // namespace certes::log
