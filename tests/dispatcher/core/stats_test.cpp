// What a dispatcher answers of an endpoint: what waits where, since when, and how its attempts go.
#include <doctest/doctest.h>

#include "common/questions/endpoint_stats.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using questions::ClassWaiting;
using questions::EndpointStats;
using questions::Standing;
using registry::EndpointState;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr auto kHigh = static_cast<std::size_t>(Priority::high);
constexpr auto kNormal = static_cast<std::size_t>(Priority::normal);

StateBuilder two_classes(int concurrency) {
  StateBuilder state;
  state.endpoint("billing", [=](auto& endpoint) {
    endpoint.concurrency = concurrency;
    endpoint.rate_per_second = 500;
  });
  return state.subscription("s1", "billing", "order.#").subscription("s2", "billing", "alarm.#", Priority::high);
}

questions::Answer answer(World& world, const std::string& endpoint = "billing", const std::string& tenant = "default") {
  auto answer = world.core->answer({"qst_1", "endpoint-stats", tenant, endpoint, world.clock.unix_millis(), "api-1"});
  REQUIRE(answer);
  return std::move(*answer);
}

EndpointStats stats(World& world, const std::string& endpoint = "billing") {
  const auto stats = questions::endpoint_stats_of(answer(world, endpoint).value);
  REQUIRE(stats);
  return *stats;
}

void give(World& world, int count, const std::string& type, std::int32_t partition = 0) {
  for (int i = 0; i < count; ++i) {
    EventText text;
    text.offset = world.next_offset++;
    text.id = "evt_" + std::to_string(text.offset);
    text.type = type;
    text.partition = partition;
    world.give(text);
    world.clock.elapsed += Millis{1};
  }
}

}  // namespace

TEST_CASE("Stats: what waits is counted by class, in memory and on the log, and what is out does not wait") {
  World world;
  world.use(two_classes(1));
  const UnixMillis start = world.clock.unix_millis();
  give(world, 100, "order.created");
  give(world, 3, "alarm.raised");
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  const EndpointStats now = stats(world);
  const ClassWaiting &normal = now.classes[kNormal], &high = now.classes[kHigh];
  CHECK(normal.all() + high.all() == 102);
  CHECK(normal.first_memory + high.first_memory > 0);
  CHECK(normal.first_log > 0);
  CHECK(normal.retry_memory + normal.retry_log + high.retry_memory + high.retry_log == 0);
  CHECK(now.in_flight == 1);
  CHECK(now.concurrency == 1);
  CHECK(now.rate_per_second == 500);
  CHECK(now.standing == Standing::open);
  // One of either is out: the oldest that waits is the next, or for what is on the log its block's oldest.
  CHECK(normal.oldest >= start);
  CHECK(normal.oldest <= start + 1);
  CHECK(high.oldest >= start);
  CHECK(high.oldest <= start + 101);
  const auto gauges = world.core->gauges();
  CHECK(gauges.waiting_in_memory[kNormal] == normal.first_memory);
  CHECK(gauges.waiting_on_log[kNormal] == normal.first_log);
  CHECK(gauges.waiting_in_memory[kHigh] == high.first_memory);
}

TEST_CASE("Stats: what has failed waits for its next attempt, whose time is told") {
  World world;
  world.use(two_classes(8));
  const UnixMillis start = world.clock.unix_millis();
  give(world, 2, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.clock.elapsed += Millis{500};
  REQUIRE(world.answer("billing", 500));
  const EndpointStats failed = stats(world);
  CHECK(failed.classes[kNormal].retry_memory == 2);
  CHECK(failed.classes[kNormal].first_memory + failed.classes[kNormal].first_log == 0);
  CHECK(failed.classes[kNormal].oldest == start);
  CHECK(failed.next_retry == start + 2 + 10'000);
  CHECK(failed.in_flight == 0);
  CHECK(failed.attempts.retry == 2);
  CHECK(failed.attempts.failing_since == start + 2);
  CHECK(failed.attempts.last_failure == start + 502);
  CHECK(failed.attempts.last_success == 0);
  world.pass(Millis{10'600});
  REQUIRE(world.answer("billing", 200));
  const EndpointStats works = stats(world);
  CHECK(works.attempts.delivered == 1);
  CHECK(works.attempts.failing_since == 0);
  CHECK(works.attempts.last_success == world.clock.unix_millis());
  REQUIRE(world.answer("billing", 200));
  CHECK(stats(world).classes[kNormal] == ClassWaiting{});
  CHECK(stats(world).next_retry == 0);
}

TEST_CASE("Stats: of what is paused everything waits on the log") {
  World world;
  auto state = two_classes(8);
  world.use(state);
  give(world, 1, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.use(state.in_state("billing", EndpointState::paused, world.clock.unix_millis()));
  give(world, 2, "order.created");
  give(world, 1, "alarm.raised");
  world.core->run();
  const EndpointStats paused = stats(world);
  CHECK(paused.standing == Standing::paused);
  CHECK(paused.classes[kNormal].first_log == 2);
  CHECK(paused.classes[kNormal].retry_log == 1);
  CHECK(paused.classes[kHigh].first_log == 1);
  CHECK(paused.classes[kNormal].all() + paused.classes[kHigh].all() == 4);
  CHECK(paused.next_retry != 0);
}

TEST_CASE("Stats: an endpoint rests until a time that is told") {
  World world;
  world.use(two_classes(8));
  give(world, 1, "order.created");
  world.core->run();
  REQUIRE(world.give_back("billing", http::TransferError::unresolved, Millis{2'000}));
  const EndpointStats resting = stats(world);
  CHECK(resting.standing == Standing::resting);
  CHECK(resting.resting_until == world.clock.unix_millis() + 2'000);
  CHECK(resting.classes[kNormal].first_memory == 1);
  CHECK(resting.attempts.retry == 0);
}

TEST_CASE("Stats: the answer speaks for the partitions that run here, and for what is in them") {
  World world;
  world.use(two_classes(1));
  give(world, 4, "order.created", 2);
  give(world, 4, "order.created", 5);
  world.core->run();
  CHECK(answer(world).partitions == std::vector<std::int32_t>{2, 5});
  CHECK(stats(world).classes[kNormal].all() == 7);
  world.lose(2);
  world.core->run();
  CHECK(answer(world).partitions == std::vector<std::int32_t>{5});
  CHECK(stats(world).classes[kNormal].all() <= 4);
}

TEST_CASE("Stats: of what there is not, or was made anew, nothing is told") {
  World world;
  auto state = two_classes(1);
  world.use(state);
  give(world, 4, "order.created");
  world.core->run();
  CHECK(stats(world, "nobody") == EndpointStats{});
  CHECK(questions::endpoint_stats_of(answer(world, "billing", "acme").value) == EndpointStats{});
  CHECK_FALSE(world.core->answer({"qst_1", "weather", "default", "billing", 0, "api-1"}));
  state.remove_endpoint("billing");
  world.use(state);
  world.use(two_classes(1));
  CHECK(stats(world).classes[kNormal] == ClassWaiting{});
}

TEST_CASE("Stats: what waits here is known after a restart before anything is loaded") {
  World before;
  auto state = two_classes(1);
  state.in_state("billing", EndpointState::paused, before.clock.unix_millis());
  before.use(state);
  give(before, 5, "order.created");
  before.core->run();
  World next;
  next.stored = before.stored;
  next.clock.elapsed = before.clock.elapsed;
  next.run(0, std::move(before.indexes.at(0)));
  next.use(state);
  next.core->run();
  CHECK(stats(next).classes[kNormal].first_log == 5);
  CHECK(stats(next).classes[kNormal].oldest != 0);
}

TEST_CASE("Stats: limits are shared by partitions, and what is in force here is told") {
  World world;
  world.use(two_classes(7));
  give(world, 8, "order.created", 0);
  give(world, 1, "order.created", 1);
  world.core->run();
  CHECK(stats(world).concurrency == 7);
  CHECK(world.flying.size() == 7);
  world.core->on_partitions(12);
  world.core->run();
  CHECK(stats(world).concurrency == 2);  // 7 x 2/12, rounded up
  CHECK(stats(world).rate_per_second == doctest::Approx(500.0 * 2 / 12));
  for (int i = 0; i < 5; ++i) REQUIRE(world.answer("billing", 200));
  world.core->run();
  CHECK(world.flying.size() == 2);  // none was added
  world.lose(1);
  world.core->run();
  CHECK(stats(world).concurrency == 1);
  world.core->on_partitions(1);
  world.core->run();
  CHECK(stats(world).concurrency == 7);
}

TEST_CASE("Stats: of several workers each has its own, and limits are those of one") {
  World world;
  StateBuilder state;
  state
      .endpoint("pool",
                [](auto& endpoint) {
                  endpoint.url.clear();
                  endpoint.urls = {"http://127.0.0.1:8001/w1", "http://127.0.0.1:8002/w2"};
                  endpoint.concurrency = 3;
                  endpoint.breaker = registry::BreakerSettings{1, 0, 1, 10, 2, 4};
                })
      .subscription("s", "pool", "#");
  world.use(state);
  CHECK(stats(world, "pool").workers.empty());  // nothing was for it yet
  give(world, 4, "order.x");
  world.core->run();
  const auto config = state.build()->endpoint("default", "pool");
  EndpointStats told = stats(world, "pool");
  CHECK(told.version == config->version);
  CHECK(told.concurrency == 3);
  CHECK(told.in_flight == 4);
  REQUIRE(told.workers.size() == 2);
  CHECK(told.workers[0] == questions::WorkerStats{2, false, 0});
  CHECK(told.workers[1] == questions::WorkerStats{2, false, 0});
  CHECK(world.answer("w1", 500));
  told = stats(world, "pool");
  CHECK(told.standing == Standing::open);
  CHECK(told.workers[0] == questions::WorkerStats{1, true, world.clock.unix_millis() + 2'000});
  CHECK(world.tripped == 1);
  CHECK(world.answer("w2", 500));
  CHECK(stats(world, "pool").standing == Standing::tripped);
  CHECK(world.tripped == 2);
  state.change("default/pool", [](auto& endpoint) { endpoint.breaker.reset(); });
  world.use(state);
  CHECK(world.tripped == 0);
}
