// What has failed for an endpoint is tried now, as that was asked for.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr Millis kHour{3'600'000};

CoreOptions every_hour() {
  CoreOptions options;
  auto policy = std::make_shared<registry::BackoffPolicy>();
  policy->strategy = registry::BackoffPolicy::Strategy::constant;
  policy->base_seconds = 3'600;
  policy->jitter = registry::BackoffPolicy::Jitter::none;
  policy->max_attempts = 10;
  options.routing.fallback = std::move(policy);
  return options;
}

StateBuilder one(int concurrency = 100) {
  StateBuilder state;
  return state.endpoint("a", [&](auto& endpoint) { endpoint.concurrency = concurrency; }).subscription("s", "a", "#");
}

void run(World& world, int rounds = 20) {
  for (int i = 0; i < rounds; ++i) world.core->run();
}

void fail_all(World& world) {
  run(world);
  while (world.answer("a", 500)) run(world, 1);
}

// When the retries' share of the sends does not bind any more.
void retry(World& world, StateBuilder& state, UnixMillis since = 0) {
  world.pass(Millis{11'000});
  world.use(state.retry("a", world.clock.unix_millis(), since));
}

}  // namespace

TEST_CASE("Retry now: what has failed is sent at once, as many at a time as may be, and once") {
  World world(every_hour());
  auto state = one();
  world.use(state);
  world.give(1'000, "x");
  fail_all(world);
  CHECK(world.attempts.size() == 1'000);
  CHECK(world.flying.empty());
  world.use(state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 7; }));
  retry(world, state);
  run(world);
  CHECK(world.flying.size() <= 7);
  CHECK(world.flying.size() > 0);
  CHECK(World::header(world.flying[0], "certes-attempt") == "2");
  fail_all(world);
  CHECK(world.attempts.size() == 2'000);  // and waits by its policy again
  CHECK(world.flying.empty());
  retry(world, state);
  CHECK(world.answer_all(200) == 1'000);
  CHECK(world.core->open_deliveries("default/a") == 0);
}

TEST_CASE("Retry now: what waits in memory for an attempt that is due soon does so no more") {
  CoreOptions options = every_hour();
  auto policy = std::make_shared<registry::BackoffPolicy>(*options.routing.fallback);
  policy->base_seconds = 300;
  options.routing.fallback = policy;
  World world(options);
  auto state = one();
  world.use(state);
  world.give(5, "x");
  fail_all(world);
  CHECK(world.core->gauges().memory_bytes > 0);
  retry(world, state);
  CHECK(world.answer_all(200) == 5);
}

TEST_CASE("Retry now: since a time, what failed first before it waits on, and so does what fails later") {
  World world(every_hour());
  auto state = one();
  world.use(state);
  world.give(3, "x");
  fail_all(world);
  world.clock.elapsed += Millis{60'000};
  const UnixMillis since = world.clock.unix_millis();
  world.give(4, "x");
  fail_all(world);
  retry(world, state, since);
  run(world);
  CHECK(world.flying.size() == 4);
  fail_all(world);
  world.give(2, "x");
  fail_all(world);
  CHECK(world.flying.empty());
  CHECK(world.core->open_deliveries("default/a") == 9);
}

TEST_CASE("Retry now: of a paused endpoint it shows when that is resumed") {
  World world(every_hour());
  auto state = one();
  world.use(state);
  world.give(5, "x");
  fail_all(world);
  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  run(world);
  retry(world, state);
  run(world);
  CHECK(world.flying.empty());
  world.use(state.in_state("a", EndpointState::active, world.clock.unix_millis()));
  CHECK(world.answer_all(200) == 5);
}

TEST_CASE("Retry now: the next owner goes on with it, and does not begin again what was done") {
  World world(every_hour());
  auto state = one();
  world.use(state);
  world.give(10, "x");
  fail_all(world);
  SUBCASE("which the former did not see") {
    world.clock.elapsed += Millis{1};
    state.retry("a", world.clock.unix_millis());
    World next(every_hour());
    next.clock.elapsed = world.clock.elapsed + Millis{1};
    next.use(state);
    next.stored = world.stored;
    next.run(0, std::move(world.indexes.at(0)));
    CHECK(next.answer_all(200) == 10);
  }
  SUBCASE("which the former had done") {
    retry(world, state);
    fail_all(world);
    CHECK(world.attempts.size() == 20);
    World next(every_hour());
    next.clock.elapsed = world.clock.elapsed + Millis{1};
    next.use(state);
    next.stored = world.stored;
    next.run(0, std::move(world.indexes.at(0)));
    CHECK(next.answer_all(200) == 0);
    next.pass(kHour);
    CHECK(next.answer_all(200) == 10);
  }
  SUBCASE("of what is read again") {
    const auto failed = [&](UnixMillis at) {
      tests::KnownState known;
      known.attempts = 1;
      known.next_at = at + kHour.count();
      known.first_at = at;
      return tests::KnownStates{{"a", known}};
    };
    const UnixMillis then = world.clock.unix_millis();
    world.clock.elapsed += Millis{10};
    World next(every_hour());
    next.clock.elapsed = world.clock.elapsed;
    next.use(state.retry("a", then + 1));
    tests::EventText text;
    next.give(text, failed(then));
    text.id = "evt_2";
    text.offset = 1;
    next.give(text, failed(then + 2));
    run(next);
    REQUIRE(next.flying.size() == 1);
    CHECK(World::header(next.flying[0], "webhook-id") == "evt_1");
  }
}

TEST_CASE("Retry now: commands that await a result, and dead letters that are due, are left alone") {
  World world(every_hour());
  StateBuilder state;
  state.endpoint("a").subscription("s", "a", "Billing.*").kind("s", registry::EventKind::command);
  world.use(state);
  tests::EventText text;
  text.type = "Billing.Charge";
  text.kind = "command";
  world.give(text);
  run(world);
  REQUIRE(world.answer("a", 202));
  retry(world, state);
  run(world);
  CHECK(world.flying.empty());
  CHECK(world.events.empty());
}

TEST_CASE("Resume: what has become overdue in a long pause has no more than retries' share beside new events") {
  CoreOptions options = every_hour();
  options.shares.retry_share = 0.2;
  World world(options);
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 10'000; }).subscription("s", "a", "old");
  state.endpoint("b", [](auto& endpoint) { endpoint.concurrency = 10'000; }).subscription("t", "b", "new");
  world.use(state);
  world.give(1'000, "old");
  fail_all(world);
  state.in_state("a", EndpointState::paused, world.clock.unix_millis());
  world.use(state);
  world.pass(std::chrono::duration_cast<Millis>(std::chrono::hours{48}));
  state.in_state("a", EndpointState::active, world.clock.unix_millis());
  world.use(state);

  std::size_t first = 0, again = 0;
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 100; ++i) {
      world.give(1, "new");
      world.pass(Millis{10});
      while (world.answer("b", 204)) ++first;
      while (world.answer("a", 204)) ++again;
    }
  }
  CHECK(first == 1'000);
  CHECK(static_cast<double>(again) <= 0.2 * static_cast<double>(first + again) + 10);
  CHECK(static_cast<double>(again) >= 0.15 * static_cast<double>(first + again));
  for (int i = 0; i < 2'000 && again < 1'000; ++i) {  // nothing new: they have all
    world.pass(Millis{20});
    while (world.answer("a", 204)) ++again;
  }
  CHECK(again == 1'000);
}
