// Endpoints with an order: of a partition key's events one is sent after the other has ended, through retries, changes,
// restarts and whatever leaves memory; other keys wait for nothing.
#include <doctest/doctest.h>

#include "common/base/random.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using registry::Ordering;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

StateBuilder ordered(Ordering ordering = Ordering::key, int concurrency = 64) {
  StateBuilder state;
  state.endpoint("e", [=](auto& endpoint) {
    endpoint.ordering = ordering;
    endpoint.concurrency = concurrency;
  });
  state.subscription("s1", "e", "x.#");
  for (const Priority priority : {Priority::critical, Priority::high, Priority::low, Priority::bulk}) {
    const std::string name(to_string(priority));
    state.subscription(name, "e", name + ".#", priority);
  }
  return state;
}

void use(World& world, StateBuilder& state, Ordering ordering) {
  world.use(state.change("default/e", [=](auto& endpoint) { endpoint.ordering = ordering; }));
}

// The next of the log, of that key.
void give(World& world, const std::string& key, const std::string& type = "x.y") {
  EventText text;
  text.offset = world.next_offset++;
  text.id = "evt_" + std::to_string(text.offset);
  text.type = type;
  if (!key.empty()) text.headers.emplace_back("ce_partitionkey", key);
  world.give(text);
}

std::vector<std::string> flying(const World& world) {
  std::vector<std::string> ids;
  for (const auto& transfer : world.flying) ids.push_back(World::header(transfer, "webhook-id").substr(4));
  return ids;
}
using Ids = std::vector<std::string>;

// That one ends.
void answer(World& world, const std::string& id, int status) {
  const auto found = std::ranges::find_if(
      world.flying, [&](const auto& one) { return World::header(one, "webhook-id") == "evt_" + id; });
  REQUIRE(found != world.flying.end());
  http::TransferResult result;
  result.id = found->id;
  result.status = status;
  world.flying.erase(found);
  world.core->on_result(std::move(result));
  world.core->run();
}

void take_over(World& next, World& before) {
  next.stored = before.stored;
  next.clock.elapsed = before.clock.elapsed;
  next.next_offset = before.next_offset;
  for (auto& [partition, index] : before.indexes) next.run(partition, std::move(index)).rebuild_calendar();
}

CoreOptions from_the_log() {
  CoreOptions options;
  options.recent_bytes = 0;
  return options;
}

}  // namespace

TEST_CASE("Ordering: of a key one is out, the next goes once it has ended; other keys and events without one go on") {
  World world;
  world.use(ordered());
  give(world, "a");
  give(world, "a");
  give(world, "b");
  give(world, "");
  give(world, "");
  world.core->run();
  CHECK(flying(world) == Ids{"0", "2", "3", "4"});
  answer(world, "0", 200);
  CHECK(flying(world) == Ids{"2", "3", "4", "1"});
  CHECK(world.answer_all(200) == 4);
  CHECK(world.finished.size() == 5);
}

TEST_CASE("Ordering: a key whose first fails waits for it, however often it is tried; a dead letter lets the next go") {
  World world;
  world.use(ordered());
  give(world, "a");
  give(world, "a");
  give(world, "b");
  world.core->run();
  answer(world, "2", 200);
  give(world, "b");
  world.core->run();
  for (int attempt = 1; attempt <= 5; ++attempt) {
    CHECK(flying(world) == (attempt == 1 ? Ids{"0", "3"} : Ids{"0"}));
    answer(world, "0", 500);
    if (attempt == 1) answer(world, "3", 200);
    if (attempt < 5) {
      CHECK(world.core->gauges().blocked_keys == 1);
      world.pass(Millis{9'000});
      CHECK(world.flying.empty());
      world.pass(Millis{1'100});
    }
  }
  CHECK(world.letters.size() == 1);
  CHECK(flying(world) == Ids{"1"});
  CHECK(world.core->gauges().blocked_keys == 0);
}

TEST_CASE("Ordering: the next goes when the end is acknowledged, not when it is known") {
  World world;
  world.acknowledge_at_once = false;
  world.use(ordered());
  give(world, "a");
  give(world, "a");
  world.core->run();
  answer(world, "0", 200);
  CHECK(world.flying.empty());
  world.acknowledge_all();
  world.core->run();
  CHECK(flying(world) == Ids{"1"});
}

TEST_CASE("Ordering: all, whatever the key") {
  World world;
  world.use(ordered(Ordering::all));
  for (const char* key : {"a", "", "b", ""}) give(world, key);
  world.core->run();
  for (const char* id : {"0", "1", "2", "3"}) {
    CHECK(flying(world) == Ids{id});
    answer(world, id, 200);
  }
}

TEST_CASE("Ordering: a key stands at the highest class that it has, before other keys of lower ones") {
  World world(from_the_log());
  world.use(ordered(Ordering::key, 1));
  give(world, "z", "critical.x");
  world.core->run();  // takes the only slot
  for (int i = 0; i < 200; ++i) give(world, "k" + std::to_string(i), "low.x");
  give(world, "k150", "critical.x");
  give(world, "k160", "high.x");
  world.core->run();
  answer(world, "0", 200);
  CHECK(flying(world) == Ids{"151"});
  answer(world, "151", 200);
  CHECK(flying(world) == Ids{"201"});
  answer(world, "201", 200);
  CHECK(flying(world) == Ids{"161"});
  CHECK(world.answer_all(200) == 200);
  CHECK(world.finished.size() == 203);
}

TEST_CASE("Ordering: what is loaded of a tenant that may have no high class is no more than of others") {
  World world(from_the_log());
  StateBuilder state = ordered(Ordering::key, 1);
  state.tenant("default", [](auto& tenant) { tenant.max_priority = Priority::low; });
  world.use(state);
  for (int i = 0; i < 500; ++i) give(world, "k" + std::to_string(i), "critical.x");
  for (int i = 0; i < 20; ++i) world.core->run();
  const CoreGauges gauges = world.core->gauges();
  CHECK(gauges.waiting_in_memory[static_cast<std::size_t>(Priority::critical)] <= 16);
  CHECK(world.answer_all(200) == 500);
}

TEST_CASE("Ordering: a restart in the midst of retries keeps it, and loads no more than it needs") {
  World before;
  before.use(ordered());
  for (int i = 0; i < 600; ++i) give(before, "k" + std::to_string(i % 3));
  before.core->run();
  answer(before, "0", 500);
  answer(before, "1", 200);
  World world(from_the_log());
  world.use(ordered());
  take_over(world, before);
  world.core->run();
  CHECK(flying(world) == Ids{"2", "4"});  // 4 was out when the process ended
  world.pass(Millis{11'000});
  CHECK(flying(world) == Ids{"2", "4", "0"});
  std::map<int, int> last;
  int runs_before = world.runs;
  for (; !world.flying.empty(); world.core->run()) {
    const int id = std::stoi(flying(world)[0]);
    CHECK(last[id % 3] <= id);
    last[id % 3] = id;
    answer(world, std::to_string(id), 200);
  }
  CHECK(world.finished.size() == 600);
  CHECK(world.runs - runs_before < 100);
}

TEST_CASE("Ordering: switched on, what came before ends first; switched off, what came with it keeps its order") {
  World world;
  StateBuilder state = ordered(Ordering::none);
  world.use(state);
  give(world, "a");
  give(world, "a");
  world.core->run();
  CHECK(flying(world) == Ids{"0", "1"});
  use(world, state, Ordering::key);
  give(world, "a");
  give(world, "a");
  world.core->run();
  CHECK(flying(world) == Ids{"0", "1"});
  answer(world, "1", 200);
  CHECK(flying(world) == Ids{"0"});
  answer(world, "0", 500);
  CHECK(world.flying.empty());
  world.pass(Millis{10'100});
  CHECK(flying(world) == Ids{"0"});
  answer(world, "0", 200);
  CHECK(flying(world) == Ids{"2"});
  use(world, state, Ordering::none);
  give(world, "a");
  world.core->run();
  CHECK(flying(world) == Ids{"2", "4"});
  answer(world, "2", 200);
  CHECK(flying(world) == Ids{"4", "3"});
}

TEST_CASE("Ordering: from keys to all and back, while much waits") {
  World world;
  StateBuilder state = ordered();
  world.use(state);
  for (int i = 0; i < 40; ++i) give(world, "k" + std::to_string(i % 4));
  world.core->run();
  CHECK(flying(world) == Ids{"0", "1", "2", "3"});
  use(world, state, Ordering::all);
  world.core->run();
  answer(world, "2", 200);
  answer(world, "3", 200);
  answer(world, "1", 200);
  CHECK(flying(world) == Ids{"0"});
  answer(world, "0", 200);
  CHECK(flying(world) == Ids{"4"});
  use(world, state, Ordering::key);
  world.core->run();
  CHECK(flying(world) == Ids{"4", "5", "6", "7"});
  CHECK(world.answer_all(200) == 36);
}

TEST_CASE("Ordering: paused, resumed, deleted, purged") {
  World world;
  StateBuilder state = ordered();
  world.use(state);
  for (int i = 0; i < 10; ++i) give(world, "a", i % 2 == 0 ? "x.y" : "low.y");
  world.core->run();
  world.use(state.in_state("e", EndpointState::paused, world.clock.unix_millis()));
  answer(world, "0", 500);
  world.pass(Millis{20'000});
  CHECK(world.flying.empty());
  world.use(state.in_state("e", EndpointState::active, world.clock.unix_millis()));
  world.pass(Millis{1});
  CHECK(flying(world) == Ids{"0"});
  answer(world, "0", 200);
  CHECK(flying(world) == Ids{"1"});
  world.pass(Millis{1});
  registry::Purge low;
  low.classes = {"low"};
  world.use(state.purge("e", world.clock.unix_millis(), low));
  world.core->run();
  answer(world, "1", 500);  // purged: it ends
  CHECK(world.outcomes("cancelled") == 5);
  CHECK(flying(world) == Ids{"2"});
  answer(world, "2", 200);
  CHECK(flying(world) == Ids{"4"});
  world.use(state.remove_endpoint("e"));
  world.core->run();
  answer(world, "4", 200);
  for (int i = 0; i < 10; ++i) world.core->run();
  CHECK(world.finished.size() == 10);
}

TEST_CASE("Ordering: an event that is not on the log any more does not hold up its key, nor who waits for the others") {
  World before;
  StateBuilder state = ordered(Ordering::none);
  before.use(state);
  before.acting = false;
  give(before, "a");
  before.core->run();
  use(before, state, Ordering::key);
  give(before, "a");
  give(before, "a");
  before.core->run();
  World world(from_the_log());
  world.use(ordered());
  take_over(world, before);
  world.stored.erase({0, 0});
  world.stored.erase({0, 1});
  for (int i = 0; i < 5; ++i) world.core->run();
  CHECK(world.lost_count == 2);
  CHECK(flying(world) == Ids{"2"});
}

TEST_CASE("Ordering: with next to no memory, and whatever the answers, each key is received in its order, all of it") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    CAPTURE(seed);
    Random random(seed);
    CoreOptions options = from_the_log();
    options.memory_bytes = 200'000;
    auto world = std::make_unique<World>(options);
    world->use(ordered(seed % 2 == 0 ? Ordering::all : Ordering::key));
    std::map<std::string, std::string> keys;  // of ids
    std::map<std::string, std::int64_t> received;
    constexpr int kEvents = 800;
    int given = 0;
    const auto note = [&](const std::string& id) {
      const std::string key = seed % 2 == 0 ? "one" : keys.at(id);
      const std::int64_t number = std::stoll(id);
      const auto last = received.find(key);
      if (last != received.end()) CHECK(number >= last->second);
      received[key] = std::max(received[key], number);
    };
    for (int step = 0; step < 60'000 && (given < kEvents || world->finished.size() < kEvents); ++step) {
      const auto dice = random.bits() % 100;
      if (dice < 10 && given < kEvents) {
        for (int i = 0; i < 20 && given < kEvents; ++i, ++given) {
          const std::string key = "k" + std::to_string(random.bits() % 7);
          keys[std::to_string(world->next_offset)] = key;
          const char* const types[] = {"x.y", "low.y", "critical.y", "bulk.y"};
          give(*world, key, types[random.bits() % 4]);
        }
      } else if (dice < 80 && !world->flying.empty()) {
        const auto ids = flying(*world);
        const std::string& id = ids[random.bits() % ids.size()];
        note(id);
        answer(*world, id, random.bits() % 4 == 0 ? 500 : 200);
      } else if (dice < 81) {
        world->core->run();
        auto next = std::make_unique<World>(options);
        next->use(ordered(seed % 2 == 0 ? Ordering::all : Ordering::key));
        take_over(*next, *world);
        world = std::move(next);
      } else if (dice < 90) {
        world->pass(Millis{static_cast<std::int64_t>(random.bits() % 20'000)});
      } else {
        world->core->run();
      }
      const auto ids = flying(*world);
      std::set<std::string> out;
      for (const auto& id : ids) CHECK(out.insert(seed % 2 == 0 ? "one" : keys.at(id)).second);
    }
    CHECK(world->finished.size() == kEvents);
  }
}
