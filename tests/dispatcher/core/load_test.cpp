// The core with much to do: memory, slow endpoints, partitions that come and go.
#include <doctest/doctest.h>

#include "common/base/random.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

TEST_CASE("Core: what waits is not in memory, and comes from the log in its order") {
  static constexpr int kEvents = 50'000;
  CoreOptions options;
  options.recent_bytes = 0;
  World world(options);
  StateBuilder state;
  state.endpoint("dead", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.subscription("s1", "dead", "#", Priority::low);
  world.use(state);
  EventText event;
  event.body = std::string(640, 'x');
  for (int i = 0; i < kEvents; ++i, ++event.offset) {
    event.id = "evt_" + std::to_string(i);
    world.give(event);
    if (i % 512 != 0) continue;
    REQUIRE(world.core->room().records > 0);
    world.core->run();
  }
  world.core->run();
  CHECK(world.core->gauges().waiting(Priority::low) == kEvents - 1);  // one is out
  CHECK(world.core->gauges().memory_bytes < 100'000);
  CHECK(world.core->gauges().index_bytes < 1'000'000);
  for (int i = 0; i < kEvents; ++i) {
    REQUIRE(world.flying.size() == 1);
    REQUIRE(World::header(world.flying[0], "webhook-id") == "evt_" + std::to_string(i));
    REQUIRE(world.answer("dead", 200));
    world.core->run();
  }
  CHECK(world.finished.size() == kEvents);
  CHECK(world.core->gauges().memory_bytes == 0);
  CHECK(world.runs < kEvents / 4);
}

TEST_CASE("Core: 50,000 low deliveries for a slow endpoint hold up neither a critical one to it nor the others") {
  World world;
  StateBuilder state;
  state.endpoint("slow", [](auto& endpoint) { endpoint.concurrency = 2; });
  state.endpoint("quick");
  state.subscription("s1", "slow", "bulk.#", Priority::low).subscription("s2", "slow", "alarm", Priority::critical);
  state.subscription("s3", "quick", "order.#", Priority::normal);
  world.use(state);
  world.give(50'000, "bulk.mail");
  world.core->run();
  CHECK(world.flying.size() == 2);
  world.give(1, "order.created");
  world.core->run();
  CHECK(world.answer("quick", 200));
  world.give(1, "alarm");
  world.core->run();
  CHECK(world.flying.size() == 2);
  world.answer("slow", 200);
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  CHECK(World::header(world.flying.back(), "ce-type") == "alarm");
}

TEST_CASE("Core: no more is in flight than allowed, and what is unrecorded counts") {
  CoreOptions options;
  options.in_flight_max = 10;
  World world(options);
  StateBuilder state;
  state.endpoint("a").subscription("s1", "a", "#");
  world.use(state);
  world.acknowledge_at_once = false;
  world.give(30, "x");
  world.core->run();
  CHECK(world.flying.size() == 10);
  for (int i = 0; i < 10; ++i) world.answer("a", 200);
  world.core->run();
  CHECK(world.flying.empty());
  world.acknowledge_all();
  world.core->run();
  CHECK(world.flying.size() == 10);
}

TEST_CASE("Core: a retry whose turn it is does not turn the loop while no more may be in flight") {
  CoreOptions options;
  options.in_flight_max = 1;
  World world(options);
  world.use(StateBuilder().endpoint("a").subscription("s1", "a", "#"));
  world.give(2, "x");
  world.core->run();
  REQUIRE(world.answer("a", 500));
  world.core->run();
  world.pass(Millis{10'001});
  REQUIRE(world.flying.size() == 1);
  CHECK(world.core->next_at() == world.clock.now() + Millis{500});  // whether more is due
  REQUIRE(world.answer("a", 200));
  CHECK(world.core->next_at() == world.clock.now());
}

TEST_CASE("Core: a revoked partition stops sending and lets go once its requests have ended") {
  World world;
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 2; }).subscription("s1", "a", "#");
  world.use(state);
  world.acknowledge_at_once = false;
  world.give(5, "x");
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  world.core->on_revoked(0);
  CHECK(world.released.empty());
  world.answer("a", 200);
  world.answer("a", 500);
  world.core->run();
  CHECK(world.flying.empty());
  CHECK(world.released.empty());
  world.acknowledge_all();
  CHECK(world.released == std::vector<std::int32_t>{0});
  CHECK(world.finished.size() == 1);
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Core: a request that is broken off on a revoke leaves its event open, and its partition is let go") {
  World world;
  world.use(StateBuilder().endpoint("a").subscription("s1", "a", "#"));
  world.give(1, "x");
  world.core->run();
  world.core->on_revoked(0);
  world.core->abort_all();
  world.answer_aborted();
  CHECK(world.finished.empty());
  CHECK(world.released == std::vector<std::int32_t>{0});
}

TEST_CASE("Core: a revoked partition with nothing in flight is let go at once") {
  World world;
  world.fence_at_once = false;
  world.use(StateBuilder().endpoint("a").subscription("s1", "a", "#"));
  world.give(3, "x");
  world.core->run();
  world.core->on_revoked(0);
  CHECK(world.released == std::vector<std::int32_t>{0});
  world.core->on_fence(world.state);
  world.core->run();
  CHECK(world.flying.empty());
  CHECK(world.finished.empty());
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Core: a lost partition is forgotten, late answers only free their slots") {
  World world;
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 2; }).subscription("s1", "a", "#");
  world.use(state);
  world.acknowledge_at_once = false;
  world.give(5, "x");
  world.core->run();
  world.answer("a", 200);  // unrecorded
  REQUIRE(world.flying.size() == 1);
  world.lose(0);
  CHECK(world.aborted.size() == 1);
  CHECK(world.core->gauges().in_flight == 1);
  CHECK(world.core->gauges().memory_bytes == kRequestBytes);
  world.give(2, "x");
  world.core->run();
  CHECK(world.flying.size() == 2);
  world.answer_aborted();
  CHECK(world.core->gauges().in_flight == 1);
  CHECK(world.attempts.size() == 1);
  CHECK(world.finished.empty());
  CHECK(world.released.empty());
  world.acknowledge_all();  // too late
  CHECK(world.finished.empty());
}

TEST_CASE(
    "Core: what is not routed yet is a quarter of the memory at most, and none of it once its partition has gone") {
  CoreOptions options;
  options.memory_bytes = 400'000;
  World world(options);
  world.use(StateBuilder().endpoint("a").subscription("s1", "a", "#"));
  world.fence_at_once = false;
  EventText text;
  text.body = std::string(1'000, 'x');
  for (; world.core->room().records > 0; ++text.offset) {
    world.give(text);
    world.core->run();
  }
  CHECK(world.core->gauges().memory_bytes >= 100'000);
  CHECK(world.core->gauges().memory_bytes < 110'000);
  world.core->on_revoked(0);
  CHECK(world.core->gauges().memory_bytes == 0);
  CHECK(world.core->room().records > 0);
}

TEST_CASE("Core: what there is no memory for waits on the log, and reading goes on") {
  World world;
  world.use(StateBuilder().endpoint("a").subscription("s1", "a", "#"));
  world.give(1, "x");
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  world.outcome_bytes = 1u << 30;
  world.give(3, "x");
  world.core->run();
  CHECK(world.flying.size() == 1);
  CHECK(world.core->room().records > 0);
  world.outcome_bytes = 0;
  world.core->run();
  CHECK(world.flying.size() == 4);
}

TEST_CASE("Core: nothing more is read once the index is full") {
  CoreOptions options;
  options.index_bytes = 1u << 20;
  World world(options);
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 1; });
  world.use(state.subscription("s1", "a", "#"));
  world.give(1, "x");
  CHECK_FALSE(world.core->is_full());
  for (int i = 0; i < 100'000 && world.core->room().records > 0; ++i, world.next_offset += 65'536) {
    world.give(1, "x");
    world.core->run();
  }
  CHECK(world.core->is_full());
  CHECK(world.core->room().records == 0);
}

TEST_CASE("Core: nothing is sent for a partition that may not act, and nothing is lost") {
  World world;
  world.use(StateBuilder().endpoint("a").subscription("s1", "a", "#"));
  world.acting = false;
  world.give(3, "x");
  world.core->run();
  world.core->run();
  CHECK(world.flying.empty());
  world.acting = true;
  world.core->run();
  REQUIRE(world.flying.size() == 3);
  CHECK(World::header(world.flying[0], "webhook-id") == "evt_0");
  CHECK(World::header(world.flying[2], "webhook-id") == "evt_2");
}

TEST_CASE("Core: a draining core sends and reads nothing more, and settles") {
  World world;
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 1; }).subscription("s1", "a", "#");
  world.use(state);
  world.give(2, "x");
  world.core->run();
  world.core->drain();
  CHECK(world.core->room().records == 0);
  CHECK_FALSE(world.core->settled());
  world.answer("a", 200);
  world.core->run();
  CHECK(world.core->settled());
  CHECK(world.flying.empty());
}

TEST_CASE("Core: a request that is aborted by stopping is no attempt") {
  World world;
  StateBuilder state;
  state.policy("once", [](auto& policy) { policy.max_attempts = 1; });
  state.endpoint("a").subscription("s1", "a", "#", registry::Priority::normal, "once");
  world.use(state);
  world.give(2, "x");
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  world.core->drain();
  world.core->abort_all();
  REQUIRE(world.aborted.size() == 2);
  world.answer_aborted();
  world.core->run();
  CHECK(world.core->settled());
  CHECK(world.attempts.empty());  // the next owner sends it as the same attempt
  CHECK(world.letters.empty());
  CHECK(world.finished.empty());
  CHECK(world.flying.empty());
  CHECK(world.core->gauges().in_flight == 0);
}

TEST_CASE("Core: every event ends exactly once, whatever the endpoints answer") {
  Random random(11);
  World world;
  StateBuilder state;
  for (const auto* id : {"a", "b", "c"}) {
    state.endpoint(id, [](auto& endpoint) { endpoint.concurrency = 5; });
    state.subscription(std::string("s-") + id, id, "#", static_cast<Priority>(id[0] - 'a'));
  }
  world.use(state);
  static constexpr int kAnswers[] = {200, 200, 200, 500, 503, 429, 400, 302};
  for (int round = 0; round < 4'000; ++round) {
    if (round < 2'000) world.give(static_cast<int>(random.bits() % 3), "x");
    for (const auto* id : {"a", "b", "c"})
      for (auto n = random.bits() % 5; n > 0; --n) world.answer(id, kAnswers[random.bits() % 8]);
    world.pass(Millis{static_cast<std::int64_t>(random.bits() % 400)});
  }
  while (world.core->gauges().memory_bytes > 0) {
    world.answer_all(200);
    world.pass(Millis{1'000});
  }
  CHECK(world.finished.size() == static_cast<std::size_t>(world.next_offset));
  CHECK(world.outcomes("delivered") + world.letters.size() == 3 * world.finished.size());
  CHECK(world.outcomes("dead_lettered") == world.letters.size());
  std::set<std::string> ended;
  for (const auto& attempt : world.attempts)
    if (attempt.outcome != "retry") CHECK(ended.insert(attempt.delivery).second);
}

TEST_CASE("Core: an event for very many endpoints is routed only while there is memory, and all come to their end") {
  constexpr int kEndpoints = 800, kEvents = 30;
  CoreOptions options;
  options.memory_bytes = 1u << 20;
  World world(options);
  StateBuilder state;
  for (int i = 0; i < kEndpoints; ++i) {
    const std::string id = std::to_string(i);
    state.endpoint("e" + id, [](auto& endpoint) { endpoint.concurrency = 1; }).subscription("s" + id, "e" + id, "#");
  }
  world.use(state);
  world.give(kEvents, "order.created");
  std::size_t most = 0;
  const auto look = [&] { most = std::max(most, world.core->gauges().memory_bytes); };
  int answered = 0;
  for (world.core->run(); !world.flying.empty(); world.core->run()) {
    look();
    http::TransferResult result;
    for (auto& transfer : std::exchange(world.flying, {})) {
      result.id = transfer.id;
      result.status = 200;
      world.core->on_result(http::TransferResult(result));
      ++answered;
    }
  }
  CHECK(answered == kEndpoints * kEvents);
  CHECK(world.finished.size() == kEvents);
  CHECK(world.core->gauges().memory_bytes == 0);
  CHECK(most < 2 * options.memory_bytes);  // and not 12 MB
}

TEST_CASE("Core: requests take at most half of the memory, and one goes however little there is") {
  CoreOptions options;
  options.memory_bytes = 100'000;
  World world(options);
  StateBuilder state;
  state.endpoint("one", [](auto& endpoint) { endpoint.concurrency = 100; }).subscription("s", "one", "#");
  world.use(state);
  world.give(50, "order.created");
  world.core->run();
  CHECK(world.flying.size() == 50'000 / kRequestBytes);
  CHECK(world.answer_all(200) == 50);
  options.memory_bytes = 1;
  World tiny(options);
  tiny.use(state);
  tiny.give(3, "order.created");
  CHECK(tiny.answer_all(200) == 3);
}

TEST_CASE("Core: what a sweep ends waits for the outcomes before it") {
  World world;
  auto state = tests::one_endpoint();
  world.use(state);
  world.give(300, "order.created");
  world.core->run();
  const std::size_t sent = world.flying.size();
  world.outcome_bytes = 64u << 20;  // on their way to the log
  world.clock.elapsed += Millis{1};
  world.use(state.in_state("billing", registry::EndpointState::disabled, world.clock.unix_millis()));
  world.core->run();
  CHECK(world.letters.empty());
  CHECK(world.core->next_at() != world.clock.now());  // it does not turn round and round meanwhile
  world.outcome_bytes = 0;
  CHECK(world.core->next_at() == world.clock.now());
  for (int i = 0; i < 6; ++i) world.core->run();
  CHECK(world.letters.size() == 300 - sent);
}

TEST_CASE("Core: how many deliveries wait is counted as they come, are sent, fail and end") {
  Random random(11);
  World world;
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 3; }).endpoint("b");
  state.subscription("s1", "a", "order.#").subscription("s2", "b", "#");
  world.use(state);
  for (int step = 0; step < 2'000; ++step) {
    const std::string endpoint = random.bits() % 2 ? "a" : "b";
    switch (random.bits() % 8) {
      case 0:
      case 1: world.give(1, random.bits() % 2 ? "order.created" : "mail.sent"); break;
      case 2: world.pass(Millis{random.bits() % 12'000}); break;
      case 3:
        world.use(state.in_state(endpoint,
                                 random.bits() % 3 ? registry::EndpointState::active : registry::EndpointState::paused,
                                 world.clock.unix_millis()));
        break;
      case 4: world.give_back(endpoint, http::TransferError::unresolved, Millis{500}); break;
      default: world.answer(endpoint, random.bits() % 3 ? 200 : 500); break;
    }
    world.core->run();
    const auto gauges = world.core->gauges();
    const std::size_t open = world.core->open_deliveries("default/a") + world.core->open_deliveries("default/b");
    const std::size_t waiting = gauges.endpoint_waiting.empty() ? 0 : gauges.endpoint_waiting[0];
    REQUIRE(waiting == open - gauges.in_flight);
    if (waiting > 0) REQUIRE(gauges.oldest_waiting[static_cast<std::size_t>(Priority::normal)] != 0);
  }
}

TEST_CASE("Core: what is urgent goes before what the sender has not begun, however much could be sent") {
  World world;
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 1'000; }).endpoint("b");
  state.subscription("s1", "a", "low", Priority::low).subscription("s2", "b", "alarm", Priority::critical);
  world.use(state);
  world.sender_takes = 32;
  world.give(500, "low");
  world.core->run();
  CHECK(world.flying.size() == 32);
  const auto at = world.core->next_at();
  CHECK((!at || *at > world.clock.now()));  // it is woken
  world.give(1, "alarm");
  world.core->run();
  CHECK(world.flying.size() == 32);
  REQUIRE(world.answer("a", 200));
  world.core->run();
  CHECK(world.flying.back().url.ends_with("/b"));
  CHECK(world.answer_all(200) == 500);
}

TEST_CASE("Core: of large events a few megabytes are signed in a round, and the next goes on at once") {
  World world;
  StateBuilder state;
  state.endpoint("a", [](auto& endpoint) { endpoint.concurrency = 1'000; }).subscription("s1", "a", "#");
  world.use(state);
  EventText text;
  text.body = std::string(500'000, 'x');
  for (; text.offset < 20; ++text.offset) {
    text.id = "evt_" + std::to_string(text.offset);
    world.give(text);
  }
  world.core->run();
  CHECK(world.flying.size() == 5);
  const auto at = world.core->next_at();
  REQUIRE(at);
  CHECK(*at <= world.clock.now());
  CHECK(world.answer_all(200) == 20);
}
