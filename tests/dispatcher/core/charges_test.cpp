// What a delivery holds where it is, and gives back when it leaves: memory, and its place in what is counted.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::Priority;
using tests::EventText;
using tests::one_endpoint;
using tests::World;

namespace {

tests::StateBuilder two_endpoints() {
  auto state = one_endpoint();
  state.endpoint("mail").subscription("s2", "mail", "order.#");
  return state;
}

constexpr auto kNormal = static_cast<std::size_t>(Priority::normal);

}  // namespace

TEST_CASE("Core: a delivery that has ended holds no memory, though its event is still open") {
  World world;
  world.use(two_endpoints());
  world.give({});
  world.core->run();
  REQUIRE(world.answer("mail", 500));
  const std::size_t both = world.core->gauges().memory_bytes;
  REQUIRE(world.answer("billing", 200));
  CHECK(both - world.core->gauges().memory_bytes == kRequestBytes + Pool<Delivery>::kBytes);
}

TEST_CASE("Core: an endpoint's deliveries count until they end, and those that are sent do not wait") {
  World world;
  auto state = one_endpoint();
  state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 2; });
  world.use(state);
  world.give(3, "order.created");
  world.core->run();
  CHECK(world.core->open_deliveries("default/billing") == 3);
  CHECK(world.core->gauges().endpoint_waiting.at(0) == 1);
  REQUIRE(world.answer("billing", 200));
  REQUIRE(world.answer("billing", 500));
  CHECK(world.core->open_deliveries("default/billing") == 2);
  CHECK(world.core->gauges().endpoint_waiting.at(0) == 2);
  CHECK(world.core->gauges().retrying[kNormal] == 1);
  world.pass(Millis{10'001});
  CHECK(world.core->gauges().retrying[kNormal] == 0);
  CHECK(world.core->gauges().endpoint_waiting.at(0) == 0);
  CHECK(world.answer_all(200) == 2);
  CHECK(world.core->open_deliveries("default/billing") == 0);
}

TEST_CASE("Core: of what waits for its first attempt it is known how much is in memory, and how much on the log") {
  World world;
  auto state = one_endpoint();
  state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 1; });
  world.use(state);
  world.give(100, "order.created");
  world.core->run();
  auto gauges = world.core->gauges();
  CHECK(gauges.waiting_in_memory[kNormal] > 0);
  CHECK(gauges.waiting_in_memory[kNormal] <= 32);
  CHECK(gauges.waiting(Priority::normal) == 99);
  world.use(state.endpoint("billing", [](auto& endpoint) { endpoint.state = registry::EndpointState::paused; }));
  world.core->run();
  gauges = world.core->gauges();
  CHECK(gauges.waiting_in_memory[kNormal] == 0);
  CHECK(gauges.waiting_on_log[kNormal] == 99);
  CHECK(gauges.endpoint_waiting.at(0) == 99);
}

TEST_CASE("Core: a retry that was given back is a retry still, and goes before first attempts") {
  CoreOptions options;
  options.in_flight_max = 1;
  World world(options);
  auto state = one_endpoint();
  state.endpoint("mail").subscription("s2", "mail", "mail.#");
  world.use(state);
  world.give(1, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.pass(Millis{10'001});
  REQUIRE(world.give_back("billing", http::TransferError::unresolved, Millis{1'000}));
  world.give(3, "mail.sent");
  world.core->run();
  world.pass(Millis{1'000});  // the first of them is out, the others wait
  REQUIRE(world.answer("mail", 200));
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].url.ends_with("/billing"));
}

TEST_CASE("Core: a partition that may not act holds up no other") {
  World world;
  world.use(one_endpoint());
  world.stopped = {0};
  for (std::int32_t partition = 0; partition < 2; ++partition)
    for (int i = 0; i < 2; ++i) {
      EventText text;
      text.partition = partition;
      text.offset = i;
      world.give(text);
    }
  world.core->run();
  CHECK(world.flying.size() == 2);
  CHECK(world.core->gauges().in_flight == 2);
  world.stopped.clear();
  world.core->run();
  CHECK(world.flying.size() == 4);
}
