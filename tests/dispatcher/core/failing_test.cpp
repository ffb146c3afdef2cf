// An endpoint of which nothing but failures come for long is disabled.

#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::tests;
using namespace certes::dispatcher;

namespace {

StateBuilder minute() {
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.disable_after_seconds = 60; }).subscription("s", "a", "#");
  return state;
}

CoreOptions patient() {
  CoreOptions options;
  auto policy = std::make_shared<registry::BackoffPolicy>();
  policy->strategy = registry::BackoffPolicy::Strategy::constant;
  policy->base_seconds = 10;
  policy->jitter = registry::BackoffPolicy::Jitter::none;
  policy->max_attempts = 1'000;
  options.routing.fallback = policy;
  return options;
}

// Attempts that come every ten seconds.
void fail_for(World& world, Millis time, int status = 500) {
  const Millis until = world.clock.elapsed + time;
  for (world.core->run(); world.clock.elapsed < until; world.pass(Millis{1'000})) {
    while (world.answer("a", status)) {
    }
  }
}

}  // namespace

TEST_CASE("Failing: an endpoint that does nothing else for so long is disabled, and what waits ends by that") {
  World world(patient());
  StateBuilder state = minute();
  world.use(state);
  world.give(3, "x");
  fail_for(world, Millis{59'000});
  CHECK(world.disabled.empty());
  fail_for(world, Millis{12'000});
  CHECK(world.disabled == std::vector<std::string>{"a"});
  CHECK(world.disabled_reasons == std::vector<std::string>{"failing"});
  world.pass(Millis{60'000});
  CHECK(world.flying.empty());  // while the registry decides
  state.in_state("a", registry::EndpointState::disabled, world.clock.unix_millis(), "certes");
  world.use(state);
  world.pass(Millis{1'000});
  CHECK(world.letters.size() == 3);
  CHECK(world.finished.size() == 3);
}

TEST_CASE("Failing: one success, a pause, and a time in which it was disabled do not count") {
  World world(patient());
  StateBuilder state = minute();
  world.use(state);
  world.give(2, "x");
  fail_for(world, Millis{50'000});
  world.give(1, "x");
  world.core->run();
  REQUIRE(world.flying.size() >= 1);
  world.answer("a", 204);
  fail_for(world, Millis{50'000});
  CHECK(world.disabled.empty());

  state.in_state("a", registry::EndpointState::paused, world.clock.unix_millis());
  world.use(state);
  world.pass(Millis{3'600'000});
  state.in_state("a", registry::EndpointState::active, world.clock.unix_millis());
  world.use(state);
  fail_for(world, Millis{1'000});
  CHECK(world.disabled.empty());
  fail_for(world, Millis{30'000});
  CHECK(world.disabled.size() == 1);

  state.in_state("a", registry::EndpointState::disabled, world.clock.unix_millis(), "certes");
  world.use(state);
  world.pass(Millis{1'000});
  state.in_state("a", registry::EndpointState::active, world.clock.unix_millis());
  world.use(state);
  world.pass(Millis{1});
  world.give(1, "x");
  fail_for(world, Millis{50'000});
  CHECK(world.disabled.size() == 1);
  fail_for(world, Millis{20'000});
  CHECK(world.disabled.size() == 2);
}

TEST_CASE("Failing: the next owner goes on counting, and forgets it where it knows of a success") {
  for (const bool works : {false, true}) {
    CAPTURE(works);
    World before(patient());
    before.use(minute());
    before.give(2, "x");
    fail_for(before, Millis{50'000});
    World after(patient());
    after.clock.elapsed = before.clock.elapsed;
    after.use(minute());
    after.stored = before.stored;
    after.next_offset = before.next_offset;
    if (works) {  // in another partition
      EventText text;
      text.partition = 1;
      after.give(text);
      after.core->run();
      REQUIRE(after.answer("a", 204));
    }
    after.run(0, std::move(before.indexes[0])).rebuild_calendar();
    fail_for(after, Millis{25'000});
    CHECK(after.disabled.size() == (works ? 0 : 1));
  }
}

TEST_CASE("Failing: where nothing is said of it, it goes on for ever") {
  World world(patient());
  StateBuilder state;
  state.endpoint("a").subscription("s", "a", "#");
  world.use(state);
  world.give(1, "x");
  for (int day = 0; day < 10; ++day) {
    world.pass(Millis{86'400'000});
    world.answer("a", 500);
  }
  CHECK(world.disabled.empty());
}

TEST_CASE("Failing: in the same round in which another of its partitions is lost") {
  World world(patient());
  world.use(minute());
  for (const std::int32_t partition : {0, 1}) {
    EventText text;
    text.partition = partition;
    world.give(text);
  }
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  world.lose(1);
  CHECK(world.answer("a", 500));
  world.core->run();
  CHECK(world.outcomes("retry") == 1);
}
