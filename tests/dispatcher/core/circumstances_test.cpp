// What the record of an attempt says of its request, and of what decided when the next is made.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::Recorded;
using tests::StateBuilder;
using tests::World;

namespace {

http::TransferResult answered(std::uint64_t id, int status) {
  http::TransferResult result;
  result.id = id;
  result.status = status;
  result.phases = {{}, 1'500, {}, 20'000};
  result.address = "10.0.0.7:443";
  result.header = "Server: shop\n";
  return result;
}

// The only request that is out ends so; what was recorded of it.
Recorded recorded(World& world, http::TransferResult result) {
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  result.id = world.flying.front().id;
  world.flying.clear();
  world.core->on_result(result);
  world.core->run();
  return world.attempts.back();
}

struct Bench {
  explicit Bench(int breaker_failures = 0) {
    StateBuilder state;
    state
        .policy("slow",
                [](auto& policy) {
                  policy.strategy = registry::BackoffPolicy::Strategy::constant;
                  policy.base_seconds = 10;
                  policy.jitter = registry::BackoffPolicy::Jitter::none;
                  policy.max_attempts = 2;
                })
        .endpoint("billing",
                  [=](auto& endpoint) {
                    endpoint.backoff_policy = "slow";
                    if (breaker_failures > 0) endpoint.breaker.emplace().failures = breaker_failures;
                  })
        .subscription("s1", "billing", "order.#");
    world.use(state);
    world.give(1, "order.created");
  }
  World world;
};

}  // namespace

TEST_CASE(
    "Circumstances: one that failed says how its request went, and that its policy decides when it is tried again") {
  Bench bench;
  const Recorded attempt = recorded(bench.world, answered(0, 503));
  CHECK(attempt.outcome == "retry");
  CHECK(attempt.phases == "-,1500,-,20000");
  CHECK(attempt.address == "10.0.0.7:443");
  CHECK(attempt.answer_header == "Server: shop\n");
  CHECK(attempt.next_by == "backoff");
  CHECK(attempt.policy == "slow");
  CHECK_FALSE(attempt.breaker_open);
}

TEST_CASE("Circumstances: a Retry-After that is later than the policy's time decides, and says so") {
  Bench bench;
  auto result = answered(0, 503);
  result.retry_after = "60";
  CHECK(recorded(bench.world, result).next_by == "retry_after");
  Bench shorter;
  result.retry_after = "1";
  CHECK(recorded(shorter.world, result).next_by == "backoff");
}

TEST_CASE("Circumstances: where the breaker has opened, the next attempt waits for it, too") {
  Bench bench(1);
  CHECK(recorded(bench.world, answered(0, 503)).breaker_open);
}

TEST_CASE("Circumstances: after the last attempt nothing is said of a next one") {
  Bench bench;
  recorded(bench.world, answered(0, 503));
  bench.world.clock.elapsed += Millis{10'001};
  const Recorded last = recorded(bench.world, answered(0, 503));
  CHECK(last.outcome == "dead_lettered");
  CHECK(last.next_by.empty());
  CHECK(last.policy.empty());
  CHECK(last.address == "10.0.0.7:443");
}

TEST_CASE("Circumstances: of one that went well nothing more is said, unless it took a second") {
  Bench bench;
  auto result = answered(0, 200);
  result.duration_us = 999'999;
  const Recorded fast = recorded(bench.world, result);
  CHECK(fast.outcome == "delivered");
  CHECK(fast.phases.empty());
  CHECK(fast.address.empty());
  Bench slow;
  result.duration_us = 1'000'000;
  CHECK(recorded(slow.world, result).phases == "-,1500,-,20000");
}
