// What was read a moment ago, and what becomes of it as deliveries wait on the log.
#include "dispatcher/loading/recent.hpp"

#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

log::RecordPtr record(std::int64_t offset, std::int32_t partition = 0, std::size_t bytes = 100) {
  auto made = std::make_shared<log::StoredRecord>();
  made->partition = partition;
  made->offset = offset;
  made->value = std::string(bytes, 'x');
  return made;
}

struct Bench {
  bool has(std::int64_t offset, std::int32_t partition = 0) {
    const auto found = recent.take(partition, offset);
    return found != nullptr && found->offset == offset && found->partition == partition;
  }
  Budget memory;
  RecentRecords recent{memory, 10'000};
};

StateBuilder slow_ones(int count) {
  StateBuilder state;
  for (int i = 0; i < count; ++i) {
    const std::string id = "slow" + std::to_string(i);
    state.endpoint(id, [](auto& endpoint) { endpoint.concurrency = 1; });
    state.subscription("s" + std::to_string(i), id, "#");
  }
  return state;
}

// Sends all, and gives how often the log was asked.
std::size_t runs_to_send_all(World& world, std::size_t deliveries) {
  std::size_t runs = 0;
  world.picks_at_once = false;
  for (std::size_t sent = 0; sent < deliveries;) {
    world.core->run();
    runs += world.asked.size();
    world.serve_asked();
    world.core->run();
    while (!world.flying.empty()) {
      const std::string& url = world.flying.front().url;
      world.answer(url.substr(url.rfind('/') + 1), 200);
      ++sent;
    }
  }
  return runs;
}

}  // namespace

TEST_CASE("RecentRecords: are here for as many deliveries as wait, and count as memory for as long") {
  Bench bench;
  for (const std::int64_t offset : {3, 4, 4, 7}) bench.recent.add(record(offset));
  bench.recent.add(record(4, 1));
  CHECK_FALSE(bench.has(5));
  CHECK_FALSE(bench.has(3, 1));
  CHECK(bench.has(4));
  CHECK(bench.has(4));
  CHECK_FALSE(bench.has(4));
  CHECK(bench.has(4, 1));
  CHECK(bench.has(7));
  CHECK(bench.memory.held() > 0);
  CHECK(bench.has(3));
  CHECK(bench.memory.held() == 0);
}

TEST_CASE("RecentRecords: the oldest leave when there are too many bytes, of whatever partition they are") {
  Bench bench;
  for (int i = 0; i < 1'000; ++i) bench.recent.add(record(i, i % 3, 400));
  CHECK(bench.memory.held() <= 10'000);
  CHECK_FALSE(bench.has(900, 0));
  for (int i = 990; i < 1'000; ++i) CHECK(bench.has(i, i % 3));
  int dropped = 0;
  while (bench.recent.drop_oldest()) ++dropped;
  CHECK(dropped > 0);
  CHECK(bench.memory.held() == 0);
}

TEST_CASE("RecentRecords: one that nobody takes does not keep places of those behind it for ever") {
  Bench bench;
  bench.recent.add(record(0));
  for (int i = 1; i < 100'000; ++i) {
    bench.recent.add(record(i));
    REQUIRE(bench.has(i));
    REQUIRE(bench.memory.held() <= 10'000);
  }
  CHECK_FALSE(bench.has(0));
}

TEST_CASE("RecentRecords: of a partition that has left nothing is here") {
  Bench bench;
  bench.recent.add(record(1));
  bench.recent.add(record(1, 1));
  bench.recent.leave(0);
  CHECK_FALSE(bench.has(1));
  CHECK(bench.has(1, 1));
  CHECK(bench.memory.held() == 0);
}

TEST_CASE("Loading: what was read a moment ago is not read again, for several endpoints neither") {
  World world;
  world.use(slow_ones(3));
  world.give(200, "x");
  CHECK(runs_to_send_all(world, 600) == 0);
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Loading: a lane whose first records were read long ago goes on in its order") {
  CoreOptions options;
  options.memory_bytes = 400'000;
  World world(options);
  world.use(slow_ones(1));
  EventText text;
  text.type = "x";
  text.body = std::string(2'000, 'x');
  for (; text.offset < 300; ++text.offset) {
    text.id = "evt_" + std::to_string(text.offset);
    world.give(text);
    world.core->run();
  }
  std::vector<std::string> sent;
  for (world.core->run(); !world.flying.empty(); world.core->run()) {
    sent.push_back(World::header(world.flying[0], "webhook-id"));
    world.answer("slow0", 200);
  }
  REQUIRE(sent.size() == 300);
  for (int i = 0; i < 300; ++i) CHECK(sent[static_cast<std::size_t>(i)] == "evt_" + std::to_string(i));
  CHECK(world.core->gauges().memory_bytes == 0);
}
