// What waits for too long (events.max_wait_seconds).
#include <doctest/doctest.h>

#include "dispatcher/loading/log_age.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr Millis kMinute{60'000}, kHour{3'600'000};

CoreOptions a_day() {
  CoreOptions options;
  options.max_wait = 24 * kHour;
  return options;
}

StateBuilder one() {
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 1; }).subscription("s1", "a", "#");
  return state;
}

void pass(World& world, Millis time) {
  for (; time > Millis{0}; time -= kMinute) world.pass(kMinute);
  for (int i = 0; i < 20; ++i) world.core->run();
}

}  // namespace

TEST_CASE("LogAge: the log's time goes by what was read last and the steady time since") {
  LogAge age;
  const SteadyTime start{std::chrono::hours(5)};
  CHECK_FALSE(age.look(kHour, start));
  age.read(1'000'000'000, start);
  for (int i = 0; i < 15; ++i) CHECK_FALSE(age.look(kHour, start + i * kMinute));
  const auto before = age.look(kHour, start + 15 * kMinute);
  REQUIRE(before);
  CHECK(*before == 1'000'000'000 - kHour.count());  // as it was a quarter of an hour ago
  CHECK(age.look(kHour, start + 60 * kMinute).has_value());
}

TEST_CASE("LogAge: a clock that jumps and comes back within a quarter of an hour expires nothing") {
  LogAge age;
  SteadyTime now{std::chrono::hours(5)};
  UnixMillis time = 1'000'000'000;
  for (int i = 0; i < 30; ++i, now += kMinute, time += kMinute.count()) {
    age.read(time, now);
    (void)age.look(kHour, now);
  }
  for (int i = 0; i < 14; ++i, now += kMinute, time += kMinute.count()) {
    age.read(time + 24 * kHour.count(), now);
    const auto before = age.look(kHour, now);
    REQUIRE(before);
    CHECK(*before <= time - kHour.count());
  }
  age.read(time, now);
  CHECK(*age.look(kHour, now) <= time - kHour.count());
}

TEST_CASE("Age: what waits for longer than may be is a dead letter, wherever it waits, and what is younger waits on") {
  for (const bool paused : {false, true}) {
    CAPTURE(paused);
    World world(a_day());
    auto state = one();
    world.use(state);
    world.give(50, "x");
    world.core->run();
    REQUIRE(world.answer("a", 500));
    world.core->run();
    if (paused) world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
    pass(world, 12 * kHour);
    world.give(10, "x");
    pass(world, 12 * kHour);
    CHECK(world.letters.empty());
    pass(world, 17 * kMinute);
    const std::size_t out = world.flying.size();
    REQUIRE(world.letters.size() == 50 - out);
    CHECK(world.rules.front() == "waited_too_long");
    CHECK(world.letters[0].headers.get("certes-error").find("24 h") != std::string_view::npos);
    CHECK(world.letters[0].value == "{}");
    CHECK(world.core->open_deliveries("default/a") == 10 + out);
    if (!paused) REQUIRE(world.answer("a", 200));
  }
}

TEST_CASE("Age: where events may wait for ever, they do") {
  World world;
  auto state = one();
  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  world.give(5, "x");
  pass(world, 1'000 * kHour);
  CHECK(world.letters.empty());
  CHECK(world.core->open_deliveries("default/a") == 5);
}

TEST_CASE("Age: a restart and a clock of this machine that is wrong expire nothing") {
  World world(a_day());
  auto state = one();
  world.use(state.in_state("a", EndpointState::paused, world.clock.unix_millis()));
  world.give(5, "x");
  world.core->run();
  World next(a_day());
  next.use(state);
  next.stored = world.stored;
  next.clock.elapsed = 1'000 * kHour;  // its own time alone
  next.run(0, std::move(world.indexes.at(0)));
  pass(next, kHour);
  CHECK(next.letters.empty());
}
