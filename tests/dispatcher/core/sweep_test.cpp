// How what waits for an endpoint that was disabled is looked through, a part a round.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using tests::EventText;
using tests::make_event;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr std::size_t kFull = 64u << 20;  // so many bytes of outcomes that nothing more may be ended

// Two endpoints, paused, so that all that comes waits.
struct Sweeping {
  Sweeping() {
    for (const char* id : {"billing", "mail"}) {
      state.endpoint(id).subscription(id, id, std::string(id) + ".#");
      state.in_state(id, EndpointState::paused, begin);
    }
    world.use(state);
    world.clock.elapsed += Millis{100};
  }
  void give(const std::string& endpoint, UnixMillis after_begin) {
    EventText text;
    text.offset = world.next_offset++;
    text.type = endpoint + ".event";
    world.give_record(make_event(text, begin + after_begin));
    world.core->run();
  }
  void disable(const std::string& endpoint, UnixMillis from, UnixMillis to) {
    state.in_state(endpoint, EndpointState::disabled, begin + from);
    world.use(state.in_state(endpoint, EndpointState::paused, begin + to));
  }
  void run(int rounds) {
    for (int i = 0; i < rounds; ++i) world.core->run();
  }

  World world;
  StateBuilder state;
  const UnixMillis begin = world.clock.unix_millis();
};

}  // namespace

TEST_CASE("Sweep: what is to end stands behind what is not, and what ends by a second disabling before its place") {
  Sweeping test;
  test.give("billing", 20);
  test.give("billing", 1);
  SUBCASE("once") {
    test.disable("billing", 10, 15);
    test.run(1);
    CHECK(test.world.letters.size() == 1);
    CHECK(test.world.finished.contains({0, 1}));
  }
  SUBCASE("twice") {
    test.world.outcome_bytes = kFull;
    test.disable("billing", 10, 15);
    test.run(1);  // looks at the first, and stops at the second
    test.disable("billing", 30, 35);
    test.world.outcome_bytes = 0;
    test.run(1);
    CHECK(test.world.letters.size() == 2);
  }
}

TEST_CASE("Sweep: what must wait until it may be ended is not passed over, nor is another endpoint's") {
  Sweeping test;
  for (const char* id : {"billing", "mail", "billing"}) test.give(id, 1);
  test.world.outcome_bytes = kFull;
  for (const char* id : {"billing", "mail"}) test.disable(id, 10, 15);
  test.run(5);
  CHECK(test.world.letters.empty());
  test.world.outcome_bytes = 0;
  test.run(1);
  CHECK(test.world.letters.size() == 3);
}

TEST_CASE("Sweep: it is over when nothing waits, though something is being sent, and goes on when that comes back") {
  World world;
  auto state = tests::one_endpoint();
  world.use(state);
  world.give(1, "order.created");
  world.core->run();
  world.clock.elapsed += Millis{1};
  world.use(state.in_state("billing", EndpointState::disabled, world.clock.unix_millis()));
  world.core->run();
  CHECK_FALSE(world.core->next_at());
  REQUIRE(world.give_back("billing", http::TransferError::unresolved, Millis{1'000}));
  world.core->run();
  CHECK(world.rules == std::vector<std::string>{"endpoint_disabled"});
}
