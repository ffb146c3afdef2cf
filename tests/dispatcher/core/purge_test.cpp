// What becomes of what waits for an endpoint that is purged.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using registry::Priority;
using registry::Purge;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr std::size_t kFull = 64u << 20;  // so many bytes of outcomes that nothing more may be ended

StateBuilder one(int concurrency = 1) {
  StateBuilder state;
  state.endpoint("a", [&](auto& endpoint) { endpoint.concurrency = concurrency; }).subscription("s1", "a", "order.#");
  state.subscription("s2", "a", "bulk.#", Priority::bulk);
  return state;
}

void run(World& world, int rounds = 50) {
  for (int i = 0; i < rounds; ++i) world.core->run();
}

std::size_t purged(const World& world) {
  return static_cast<std::size_t>(std::ranges::count_if(
      world.attempts, [](const auto& each) { return each.outcome == "cancelled" && each.rule == "purged"; }));
}

// As of now.
void purge(World& world, StateBuilder& state, const Purge& asked = {}) {
  world.clock.elapsed += Millis{1};
  world.use(state.purge("a", world.clock.unix_millis(), asked));
}

}  // namespace

TEST_CASE(
    "Purge: what waits ends cancelled, in memory and on the log, what is out may still be delivered, and what "
    "comes later is sent") {
  World world;
  auto state = one();
  world.use(state);
  world.give(100, "order.created");
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  purge(world, state);
  run(world);
  CHECK(purged(world) == 99);
  CHECK(world.core->open_deliveries("default/a") == 1);
  CHECK(world.letters.empty());
  CHECK(world.answer("a", 200));
  run(world);
  CHECK(world.outcomes("delivered") == 1);
  world.give(3, "order.created");
  CHECK(world.answer_all(200) == 3);
  CHECK(world.core->open_deliveries("default/a") == 0);
}

TEST_CASE("Purge: what was out and fails ends with it, what was answered for good by the answer's rule") {
  World world;
  auto state = one(3);
  world.use(state);
  world.give(3, "order.created");
  world.core->run();
  purge(world, state);
  REQUIRE(world.answer("a", 500));
  CHECK(world.attempts.back().outcome == "cancelled");
  CHECK(world.attempts.back().rule == "purged");
  CHECK(world.attempts.back().attempt == 1);
  REQUIRE(world.answer("a", 508));
  CHECK(world.rules == std::vector<std::string>{"loop_detected"});
}

TEST_CASE("Purge: of a paused endpoint, and of what waits for its next attempt") {
  World world;
  auto state = one(5);
  world.use(state);
  world.give(5, "order.created");
  world.core->run();
  while (world.answer("a", 500)) {
  }
  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  world.give(5, "order.created");
  run(world);
  purge(world, state);
  run(world);
  CHECK(purged(world) == 10);
  CHECK(world.core->open_deliveries("default/a") == 0);
  CHECK(world.attempts.back().error == "it was purged");
}

TEST_CASE("Purge: classes, a pattern and a time narrow it") {
  World world;
  auto state = one();
  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  world.give(4, "order.created");
  world.give(3, "bulk.sent");
  world.clock.elapsed += Millis{10};
  const UnixMillis then = world.clock.unix_millis();
  world.give(2, "order.paid");
  run(world);
  SUBCASE("a class") {
    purge(world, state, {0, 0, {"bulk"}, "", ""});
    run(world);
    CHECK(purged(world) == 3);
  }
  SUBCASE("a pattern") {
    purge(world, state, {0, 0, {}, "order.paid", ""});
    run(world);
    CHECK(purged(world) == 2);
  }
  SUBCASE("a time") {
    purge(world, state, {0, then, {}, "", ""});
    run(world);
    CHECK(purged(world) == 7);
  }
  SUBCASE("one after the other") {
    purge(world, state, {0, 0, {"bulk"}, "", ""});
    purge(world, state, {0, 0, {}, "order.paid", ""});
    run(world);
    CHECK(purged(world) == 5);
  }
  CHECK(world.core->open_deliveries("default/a") == 9 - purged(world));
  world.use(state.in_state("a", EndpointState::active, world.clock.unix_millis()));
  CHECK(world.answer_all(200) == int(9 - purged(world)));
}

TEST_CASE("Purge: of two in one millisecond both are done") {
  World world;
  auto state = one();
  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  world.give(4, "order.created");
  world.give(3, "bulk.sent");
  world.clock.elapsed += Millis{1};
  const UnixMillis now = world.clock.unix_millis();
  for (const Purge& asked : {Purge{0, 0, {"bulk"}, "", ""}, Purge{0, 0, {}, "order.created", ""}}) {
    world.use(state.purge("a", now, asked));
    run(world);
  }
  CHECK(purged(world) == 7);
  CHECK(world.core->open_deliveries("default/a") == 0);
}

TEST_CASE("Purge: the next owner goes on with it, whatever the former had come to") {
  World world;
  auto state = one();
  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  world.give(300, "order.created");
  run(world);
  purge(world, state);
  run(world, 1);
  const std::size_t before = purged(world);
  CHECK(before > 0);
  CHECK(before < 300);
  World next;
  next.clock.elapsed = world.clock.elapsed;
  next.use(state.in_state("a", EndpointState::active, world.clock.unix_millis()));
  next.stored = world.stored;
  next.run(0, std::move(world.indexes.at(0)));
  run(next);
  CHECK(before + purged(next) == 300);
  CHECK(next.flying.empty());
  CHECK(next.core->open_deliveries("default/a") == 0);
}

TEST_CASE("Purge: what is read again later meets the same end, and so does what no subscription matches any more") {
  World world;
  auto state = one();
  world.clock.elapsed += Millis{5};
  const UnixMillis before = world.clock.unix_millis();
  world.clock.elapsed += Millis{5};
  world.use(state);
  purge(world, state);
  EventText text;
  text.offset = 1;
  world.give_record(tests::make_event(text, before));
  world.core->run();
  CHECK(purged(world) == 1);
  CHECK(world.flying.empty());

  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  text.offset = 2;
  world.give_record(tests::make_event(text, world.clock.unix_millis()));
  run(world);
  state.remove_subscription("s1");
  purge(world, state);
  run(world);
  CHECK(purged(world) == 2);
}

TEST_CASE("Purge: no more is ended than the log takes") {
  World world;
  auto state = one(200);
  world.use(state);
  world.acting = false;
  world.give(1'000, "order.created");
  world.core->run();
  world.outcome_bytes = kFull;
  purge(world, state);
  run(world);
  CHECK(purged(world) == 0);
  world.outcome_bytes = 0;
  world.acting = true;
  run(world, 200);
  CHECK(purged(world) == 1'000);
  CHECK(world.flying.empty());
}

TEST_CASE("Purge: a command ends with a result that says so, also one that awaits its result, wherever it does") {
  for (const bool in_memory : {true, false}) {
    CAPTURE(in_memory);
    CoreOptions options;
    if (!in_memory) options.memory_bytes = 1;
    World world(options);
    auto state = one(2);
    state.subscription("s1", "a", "Billing.*").kind("s1", registry::EventKind::command);
    world.use(state);
    EventText text;
    text.type = "Billing.Charge";
    text.kind = "command";
    for (text.offset = 0; text.offset < 3; ++text.offset) {
      text.id = "evt_" + std::to_string(text.offset);
      world.give(text);
      world.core->run();
      if (text.offset < 2) REQUIRE(world.answer("a", 202));
    }
    run(world);
    CHECK(world.outcomes("awaiting") == 2);
    REQUIRE(world.flying.size() == 1);  // the third
    purge(world, state);
    run(world);
    if (in_memory) CHECK(purged(world) == 2);  // else there is room for what is out alone
    REQUIRE(world.answer("a", 202));           // taken, and ended all the same
    run(world);
    CHECK(purged(world) == 3);
    CHECK(world.core->open_deliveries("default/a") == 0);
    REQUIRE(world.events.size() == 3);
    for (const log::Record& result : world.events) {
      CHECK(result.headers.get("ce_commandstatus") == "failed");
      CHECK(result.headers.get("certes-rule") == "purged");
      CHECK(result.value == R"({"error":"it was purged","rule":"purged","attempts":1})");
    }
    CHECK(world.letters.empty());
    CHECK(world.core->gauges().memory_bytes == 0);
  }
}
