// An endpoint that does nothing but fail gets a probe, and what waits for it keeps its attempts.

#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::tests;
using namespace certes::dispatcher;

namespace {

CoreOptions options() {
  CoreOptions options;
  options.first_in_flight = 4;
  options.shares.reserves = true;
  return options;
}

StateBuilder failing(registry::Priority priority = registry::Priority::normal) {
  StateBuilder state;
  state
      .endpoint("down",
                [](auto& endpoint) {
                  endpoint.concurrency = 8;
                  endpoint.breaker = registry::BreakerSettings{5, 0, 1, 10, 1, 4};
                })
      .subscription("s", "down", "down.#", priority);
  return state;
}

std::size_t to(const World& world, const std::string& endpoint) {
  return static_cast<std::size_t>(std::ranges::count_if(
      world.flying, [&](const auto& transfer) { return transfer.url.ends_with("/" + endpoint); }));
}

// All that is out fails, round by round, until nothing more is sent.
void fail_all(World& world, int status = 500) {
  for (world.core->run(); world.answer("down", status); world.core->run()) {
  }
}

// Each that comes works, until so many urgent ones have come: how many, and how many others.
std::pair<int, int> deliver_until(World& world, int wanted) {
  int urgent = 0, others = 0;
  for (int rounds = 0; urgent < wanted && others < 3 && rounds < 100; ++rounds) {
    if (world.flying.empty()) world.pass(Millis{10});  // what is urgent is brought
    if (world.flying.empty()) continue;
    const bool is_urgent = World::header(world.flying.front(), "ce-type") == "urgent";
    ++(is_urgent ? urgent : others);
    world.answer("down", 204);
    world.core->run();
  }
  return {urgent, others};
}

}  // namespace

TEST_CASE("Breaker: behind an open one nothing is sent but a probe, and attempts are not used up") {
  World world(options());
  world.use(failing());
  world.give(1'000, "down.x");
  fail_all(world);
  const std::size_t before = world.attempts.size();
  CHECK(before >= 5);
  CHECK(before <= 9);  // what was out when it opened
  CHECK(world.breakers == std::vector<std::string>{"default/down"});

  world.pass(Millis{999});
  CHECK(world.flying.empty());
  for (const int wait : {2, 4, 4}) {
    world.pass(Millis{1});
    REQUIRE(to(world, "down") == 1);
    world.pass(Millis{100});
    CHECK(to(world, "down") == 1);  // not before it is answered
    const std::size_t attempts = world.attempts.size();
    world.answer("down", 500);
    CHECK(world.attempts.size() == attempts + 1);
    world.pass(Millis{wait * 1'000 - 1});
    CHECK(world.flying.empty());
  }
  CHECK(world.attempts.size() == before + 3);
  CHECK(world.letters.empty());
}

TEST_CASE("Breaker: what was the probe of an outage goes first behind it, though its next attempt is hours away") {
  CoreOptions hours = options();
  auto policy = std::make_shared<registry::BackoffPolicy>();
  policy->strategy = registry::BackoffPolicy::Strategy::constant;
  policy->base_seconds = 36'000;
  policy->jitter = registry::BackoffPolicy::Jitter::none;
  policy->max_attempts = 5;
  hours.routing.fallback = std::move(policy);
  World world(hours);
  StateBuilder state = failing(registry::Priority::low);
  state.subscription("c", "down", "urgent", registry::Priority::critical);
  world.use(state);
  world.give(1'000, "down.x");
  fail_all(world);
  world.give(5, "urgent");
  for (int probes = 0; probes < 30; ++probes) {
    world.pass(Millis{4'000});
    CHECK(to(world, "down") <= 1);
    world.answer("down", 500);
  }
  CHECK(world.letters.empty());
  world.pass(Millis{4'000});
  const auto [urgent, others] = deliver_until(world, 5);
  CHECK(urgent == 5);
  CHECK(others <= 2);  // the probe, and the share of lower classes
}

TEST_CASE("Breaker: some that fail alone do not keep it open, though they are the most urgent") {
  for (const int poisoned : {1, 2, 5}) {
    CAPTURE(poisoned);
    World world(options());
    StateBuilder state = failing(registry::Priority::low);
    state.subscription("c", "down", "urgent", registry::Priority::critical);
    world.use(state);
    world.give(100, "down.x");
    fail_all(world);
    world.give(poisoned, "urgent");
    int probes = 0;
    for (; !world.breakers.empty() && probes < 200; world.pass(Millis{500})) {
      if (world.flying.empty()) continue;
      ++probes;
      world.answer("down", World::header(world.flying.front(), "ce-type") == "urgent" ? 500 : 204);
    }
    CHECK(world.breakers.empty());
    CHECK(probes <= 3 * poisoned);
  }
}

TEST_CASE("Breaker: a probe that is told when to come again does") {
  World world(options());
  world.use(failing());
  world.give(100, "down.x");
  fail_all(world);
  world.pass(Millis{1'000});
  const std::string told = World::header(world.flying.front(), "webhook-id");
  world.answer("down", 503, "60");
  world.pass(Millis{2'000});
  for (int i = 0; i < 550; ++i) {  // others work meanwhile
    for (const auto& transfer : world.flying) CHECK(World::header(transfer, "webhook-id") != told);
    while (world.answer("down", 204)) {
    }
    world.pass(Millis{100});
  }
  world.pass(Millis{10'000});
  CHECK(std::ranges::any_of(world.flying,
                            [&](const auto& transfer) { return World::header(transfer, "webhook-id") == told; }));
}

TEST_CASE("Breaker: what waits behind an open one takes no memory, so that others of its class have it") {
  CoreOptions small = options();
  small.memory_bytes = 1u << 20;
  World world(small);
  StateBuilder state = failing();
  state.change("default/down", [](auto& endpoint) { endpoint.concurrency = 1'000; })
      .endpoint("up")
      .subscription("u", "up", "up");
  world.use(state);
  const auto give = [&](int count, const std::string& type) {
    for (int i = 0; i < count; ++i) {
      EventText text;
      text.offset = world.next_offset++;
      text.id = "evt_" + std::to_string(text.offset);
      text.type = type;
      text.body = std::string(20'000, 'x');
      world.give(text);
    }
  };
  give(200, "down.x");
  fail_all(world);
  world.core->run();
  CHECK(world.core->gauges().memory_bytes < 100'000);
  give(40, "up");
  int delivered = 0;
  for (world.core->run(); to(world, "up") > 0; world.core->run()) {
    CHECK(to(world, "up") >= std::min(3, 40 - delivered));
    while (world.answer("up", 204)) ++delivered;
  }
  CHECK(delivered == 40);
  world.pass(Millis{1'000});
  REQUIRE(world.answer("down", 204));
  for (int rounds = 0; rounds < 1'000 && world.outcomes("delivered") < 240; ++rounds) {
    while (world.answer("down", 204)) {
    }
    world.pass(Millis{100});
  }
  CHECK(world.outcomes("delivered") == 240);
}

TEST_CASE("Breaker: once a probe works, what waits is sent, more and more at once") {
  World world(options());
  world.use(failing());
  world.give(100, "down.x");
  fail_all(world);
  world.pass(Millis{1'000});
  REQUIRE(world.answer("down", 204));
  world.core->run();
  CHECK(world.breakers.empty());
  std::size_t most = 0;
  for (int round = 0; round < 200 && !world.flying.empty(); ++round) {
    CHECK(to(world, "down") >= std::min<std::size_t>(most, 1));
    CHECK(to(world, "down") <= most + 1);
    most = std::max(most, to(world, "down"));
    world.answer("down", 204);
    world.core->run();
  }
  CHECK(most == 7);  // of 8, one of which is for what is urgent
  world.pass(Millis{10'000});
  while (world.answer("down", 204)) world.core->run();
  CHECK(world.finished.size() == 100);
  CHECK(world.outcomes("delivered") == 100);
}

TEST_CASE("Breaker: what is urgent goes first when the endpoint is back, and others go on meanwhile") {
  World world(options());
  StateBuilder state = failing(registry::Priority::low);
  state.subscription("c", "down", "urgent", registry::Priority::critical).endpoint("up").subscription("u", "up", "up");
  world.use(state);
  world.give(10'000, "down.x");
  fail_all(world);
  world.give(10, "urgent");
  world.give(1, "up");
  world.core->run();
  CHECK(to(world, "up") == 1);
  CHECK(world.answer("up", 204));
  CHECK(world.flying.empty());
  world.pass(Millis{1'000});
  const auto [urgent, others] = deliver_until(world, 10);
  CHECK(urgent == 10);
  CHECK(others <= 1);  // the share of lower classes
}

TEST_CASE("Breaker: whoever mends the endpoint, or asks for a retry, does not wait for a probe") {
  for (const int what : {0, 1, 2, 3}) {
    CAPTURE(what);
    World world(options());
    StateBuilder state = failing();
    world.use(state);
    world.give(100, "down.x");
    fail_all(world);
    CHECK(world.flying.empty());
    if (what == 0) state.change("default/down", [](auto& endpoint) { endpoint.url = "http://127.0.0.1/new/down"; });
    if (what == 1) state.change("default/down", [](auto& endpoint) { endpoint.breaker.reset(); });
    if (what == 2) state.retry("down", world.clock.unix_millis() + 1);
    if (what == 3) {
      state.in_state("down", registry::EndpointState::paused, world.clock.unix_millis());
      world.use(state);
      CHECK(world.breakers.empty());
      state.in_state("down", registry::EndpointState::active, world.clock.unix_millis() + 1);
    }
    world.use(state);
    world.core->run();
    world.core->run();
    CHECK(to(world, "down") >= 3);
    CHECK(world.breakers.empty());
  }
}

TEST_CASE("Breaker: an answer that one is not taken does not open it, and neither does what is not the endpoint's") {
  World world(options());
  world.use(failing());
  world.give(100, "down.x");
  fail_all(world, 404);
  CHECK(world.attempts.size() == 100);
  CHECK(world.breakers.empty());
  world.give(10, "down.x");
  for (int i = 0; i < 50; ++i) {
    world.core->run();
    world.give_back("down", http::TransferError::unresolved, Millis{1});
    world.pass(Millis{2});
  }
  CHECK(world.breakers.empty());
}

TEST_CASE("Breaker: the one of an endpoint that is deleted is none, and what waits ends") {
  World world(options());
  StateBuilder state = failing();
  world.use(state);
  world.give(100, "down.x");
  fail_all(world);
  state.remove_subscription("s").remove_endpoint("down");
  world.use(state);
  for (int i = 0; i < 10; ++i) world.pass(Millis{1'000});
  CHECK(world.breakers.empty());
  CHECK(world.finished.size() == 100);
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Breaker: an endpoint that hangs has one request out at last") {
  World world(options());
  StateBuilder state = failing();
  state.change("default/down", [](auto& endpoint) { endpoint.breaker->failures = 1'000; });
  world.use(state);
  world.give(100, "down.x");
  world.core->run();
  CHECK(to(world, "down") == 3);
  fail_all(world, 503);
  world.give(10, "down.x");
  world.core->run();
  CHECK(to(world, "down") <= 1);
}
