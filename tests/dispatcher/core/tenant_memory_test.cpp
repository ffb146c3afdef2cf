// Memory, where one tenant has more waiting than there is room for.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

CoreOptions little() {
  CoreOptions options;
  options.memory_bytes = 400'000;
  return options;
}

// A tenant whose endpoint never answers, and gets all at the highest class; and one whose events are of the lowest.
StateBuilder two_tenants() {
  StateBuilder state;
  state.tenant("large", [](auto&) {}).tenant("small", [](auto&) {});
  for (const char* tenant : {"large", "small"}) {
    state.endpoint(tenant, [&](auto& endpoint) {
      endpoint.tenant = tenant;
      endpoint.concurrency = 2;
    });
    const bool large = tenant == std::string("large");
    state.subscription("s", tenant, "#", large ? Priority::critical : Priority::bulk, "", tenant);
  }
  return state;
}

struct Bench {
  explicit Bench(CoreOptions options = little()) : world(options) { world.use(two_tenants()); }
  void give(const std::string& tenant, std::size_t bytes) {
    text.id = "evt_" + std::to_string(text.offset);
    text.tenant = tenant;
    text.type = "x";
    text.body = std::string(bytes, 'x');
    world.give(text);
    ++text.offset;
    world.core->run();
  }
  // Of the small one's, as long as the other's do not answer.
  int deliver_small() {
    int delivered = 0;
    for (int round = 0; round < 1'000; ++round) {
      while (world.answer("small", 200)) ++delivered;
      world.core->run();
    }
    return delivered;
  }
  World world;
  EventText text;
};

}  // namespace

TEST_CASE("Memory: a tenant that could fill it leaves a quarter to others, whatever their class") {
  Bench bench;
  for (int i = 0; i < 100; ++i) bench.give("large", 20'000);
  CHECK(bench.world.core->gauges().memory_bytes <= 330'000);
  for (int i = 0; i < 50; ++i) bench.give("small", 5'000);
  CHECK(bench.deliver_small() == 50);
}

TEST_CASE("Memory: what a tenant with more than a quarter has waiting gives way to one with less") {
  Bench bench;
  for (int i = 0; i < 20; ++i) bench.give("large", 20'000);
  for (int i = 0; i < 30; ++i) {
    bench.give("small", 60'000);
    bench.give("large", 20'000);
  }
  CHECK(bench.deliver_small() == 30);
  int large = 0;
  for (int round = 0; round < 1'000; ++round) {
    while (bench.world.answer("large", 200)) ++large;
    bench.world.core->run();
  }
  CHECK(large == 50);
  CHECK(bench.world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Memory: a tenant that has much makes room among its own alone") {
  Bench bench;
  bench.give("small", 50'000);
  bench.give("small", 50'000);
  for (int i = 0; i < 4; ++i) bench.give("small", 5'000);  // these wait
  const auto runs = bench.world.runs;
  for (int i = 0; i < 100; ++i) bench.give("large", 20'000);
  CHECK(bench.deliver_small() == 6);
  CHECK(bench.world.runs - runs < 100);
}

TEST_CASE("Memory: where it is full of one tenant's, nothing is looked at over and over") {
  Bench bench;
  for (int i = 0; i < 200; ++i) bench.give("large", 20'000);
  int rounds = 0;
  while (rounds < 100) {
    const auto at = bench.world.core->next_at();
    if (!at || *at > bench.world.clock.now()) break;
    bench.world.core->run();
    ++rounds;
  }
  CHECK(rounds < 100);
}
