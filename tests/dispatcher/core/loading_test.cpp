// What waits on the log, and how it comes into memory: in its order, when it can be sent, and not before.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

StateBuilder one_slow() {
  StateBuilder state;
  state.endpoint("slow", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.subscription("s1", "slow", "#");
  return state;
}

// What waits is not kept from when it was read.
CoreOptions from_the_log() {
  CoreOptions options;
  options.recent_bytes = 0;
  return options;
}

// The process that takes over, with the log and the index of the one before.
void take_over(World& next, World& before) {
  next.stored = before.stored;
  next.clock.elapsed = before.clock.elapsed;
  next.next_offset = before.next_offset;
  for (auto& [partition, index] : before.indexes) next.run(partition, std::move(index)).rebuild_calendar();
}

std::vector<std::string> send_all(World& world, int status = 200) {
  std::vector<std::string> sent;
  for (world.core->run(); !world.flying.empty(); world.core->run()) {
    sent.push_back(World::header(world.flying[0], "webhook-id"));
    world.answer("slow", status);
  }
  return sent;
}

std::vector<std::string> names(int from, int below) {
  std::vector<std::string> names;
  for (int i = from; i < below; ++i) names.push_back("evt_" + std::to_string(i));
  return names;
}

// The event of that type that stands next on the log; and a round of the core.
void give_next(World& world, EventText& text, const std::string& type) {
  text.id = "evt_" + std::to_string(text.offset);
  text.type = type;
  world.give(text);
  ++text.offset;
  world.core->run();
}

std::size_t waiting(World& world, Priority priority = Priority::normal) {
  return world.core->gauges().waiting(priority);
}

}  // namespace

TEST_CASE("Loading: what a former owner left comes before what is read now, though it comes later into memory") {
  World before;
  before.use(one_slow());
  before.give(100, "x");
  before.core->run();
  World world(from_the_log());
  world.use(one_slow());
  world.picks_at_once = false;
  take_over(world, before);
  world.core->run();
  REQUIRE(world.asked.size() == 1);
  CHECK(world.core->gauges().memory_bytes == world.asked[0].max_bytes);  // what it may bring
  world.give(50, "x");
  world.core->run();
  CHECK(world.flying.empty());
  world.serve_asked();
  world.picks_at_once = true;
  CHECK(send_all(world) == names(0, 150));
  CHECK(world.finished.size() == 150);
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Loading: what a run did not bring is asked for again, in its place") {
  World world(from_the_log());
  world.use(one_slow());
  world.picks_at_once = false;
  world.give(60, "x");
  world.core->run();
  std::vector<std::string> sent;
  for (int round = 0; round < 1'000 && sent.size() < 60; ++round) {
    const auto asked = std::exchange(world.asked, {});
    for (const log::PickRun& run : asked) {
      // One record, then the log is not reached.
      const std::int64_t first = run.wanted.front().start;
      world.core->on_picked({run.id, run.topic, 0, first, log::PickFate::record, world.stored.at({0, first}), {}});
      world.core->on_picked(
          {run.id, run.topic, 0, first + 1, log::PickFate::again, nullptr, Error(Code::unavailable, "nobody answers")});
    }
    world.core->run();
    CHECK((asked.empty() || world.asked.empty()));  // not at once
    world.pass(Millis{101});
    if (world.flying.empty()) continue;
    sent.push_back(World::header(world.flying[0], "webhook-id"));
    world.answer("slow", 200);
    world.core->run();
  }
  CHECK(sent == names(0, 60));
  CHECK(world.problems.size() == 1);  // in a minute
}

TEST_CASE("Loading: what is not on the log any more, or cannot be read, is a loss that is counted, and no more") {
  World world(from_the_log());
  world.use(one_slow());
  world.give(40, "x");
  for (const std::int64_t gone : {20, 21, 39}) world.stored.erase({0, gone});
  auto sent = send_all(world);
  CHECK(sent.size() == 37);
  CHECK(world.lost_count == 3);
  CHECK(world.outcomes("cancelled") == 3);
  CHECK(world.attempts.back().endpoint == "slow");
  CHECK(world.core->gauges().waiting(Priority::normal) == 0);
  for (const auto& [partition, index] : world.indexes) CHECK(index.watermark() == 40);
}

TEST_CASE("Loading: what waits of lower classes leaves memory for what is higher, and comes back in its order") {
  CoreOptions options;
  options.memory_bytes = 200'000;
  World world(options);
  StateBuilder state = one_slow();
  state.subscription("s1", "slow", "low.#", Priority::low);
  state.endpoint("urgent", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.subscription("s2", "urgent", "alarm", Priority::critical);
  world.use(state);
  EventText text;
  text.body = std::string(10'000, 'x');
  const auto give = [&](const std::string& type) { give_next(world, text, type); };
  for (int i = 0; i < 15; ++i) give("low.x");
  CHECK(world.core->gauges().memory_bytes > 150'000);
  for (int i = 0; i < 12; ++i) give("alarm");
  CHECK(world.core->gauges().memory_bytes < 220'000);
  CHECK(world.runs == 0);  // those were in memory at once
  for (int i = 15; i < 27; ++i) {
    REQUIRE(world.answer("urgent", 200));
    world.core->run();
  }
  CHECK(send_all(world) == names(0, 15));
  CHECK(world.runs > 0);
}

TEST_CASE("Loading: a retry that is far away waits on the log, and is in memory again when it is due") {
  World world;
  auto state = one_slow();
  state.policy("hours", [](auto& policy) {
    policy.strategy = registry::BackoffPolicy::Strategy::constant;
    policy.base_seconds = 3'600;
    policy.jitter = registry::BackoffPolicy::Jitter::none;
    policy.max_attempts = 3;
  });
  world.use(state.subscription("s1", "slow", "#", Priority::normal, "hours"));
  world.give(1, "x");
  world.core->run();
  world.picks_at_once = false;
  REQUIRE(world.answer("slow", 500));
  CHECK(world.core->gauges().memory_bytes == 0);
  CHECK(world.core->gauges().retrying[static_cast<std::size_t>(Priority::normal)] == 1);
  world.pass(Millis{3'590'000});
  CHECK(world.asked.empty());
  REQUIRE(world.core->next_at());
  CHECK(*world.core->next_at() <= world.clock.now() + Millis{500});
  world.pass(Millis{9'000});
  REQUIRE(world.asked.size() == 1);
  world.serve_asked();
  world.pass(Millis{900});
  CHECK(world.flying.empty());  // not a moment early
  world.pass(Millis{101});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "certes-attempt") == "2");
}

TEST_CASE("Loading: many retries that are due of an endpoint come a few at a time, and all of them") {
  World world;
  StateBuilder state;
  state.endpoint("slow", [](auto& endpoint) { endpoint.concurrency = 5'000; }).subscription("s1", "slow", "#");
  world.use(state);
  world.give(5'000, "x");
  for (world.core->run(); !world.flying.empty(); world.core->run())
    while (!world.flying.empty()) world.answer("slow", 500);
  world.use(state.endpoint("slow", [](auto& endpoint) { endpoint.concurrency = 1; }));
  World next;
  next.use(state);
  take_over(next, world);
  next.clock.elapsed += Millis{60'000};
  std::size_t most = 0;
  std::set<std::string> sent;
  for (next.core->run(); !next.flying.empty(); next.core->run()) {
    most = std::max(most, next.core->gauges().memory_bytes);
    sent.insert(World::header(next.flying[0], "webhook-id"));
    next.answer("slow", 200);
    for (int i = 0; i < 20 && next.flying.empty(); ++i) next.pass(Millis{100});  // the share of retries
  }
  CHECK(sent.size() == 5'000);
  CHECK(most < 100'000);
}

TEST_CASE("Loading: nothing is loaded for who is paused, and all of it once that is over") {
  World world;
  auto state = one_slow();
  world.use(state.in_state("slow", EndpointState::paused, world.clock.unix_millis()));
  world.give(500, "x");
  world.core->run();
  CHECK(world.core->gauges().memory_bytes == 0);
  CHECK(world.runs == 0);
  CHECK(waiting(world) == 500);
  world.use(state.in_state("slow", EndpointState::active, world.clock.unix_millis()));
  CHECK(send_all(world) == names(0, 500));
}

TEST_CASE("Loading: what waits on the log for who is disabled or deleted comes to its end") {
  for (const bool deleted : {false, true})
    for (const bool restarted : {false, true}) {
      CAPTURE(deleted);
      CAPTURE(restarted);
      World first, second;
      World& world = restarted ? second : first;
      auto state = one_slow();
      first.use(state);
      first.give(300, "x");
      first.core->run();
      CHECK(first.flying.size() == 1);
      first.clock.elapsed += Millis{1};
      const UnixMillis at = first.clock.unix_millis();
      if (deleted)
        state.remove_subscription("s1").remove_endpoint("slow");
      else
        state.in_state("slow", EndpointState::disabled, at);
      if (restarted) {
        second.use(state);
        take_over(second, first);
      } else {
        first.use(state);
        REQUIRE(first.answer("slow", 200));
      }
      for (int i = 0; i < 20; ++i) world.core->run();
      const std::size_t ended = restarted ? 300 : 299;
      CHECK(world.outcomes("cancelled") == (deleted ? ended : 0));
      CHECK(world.letters.size() == (deleted ? 0 : ended));
      CHECK(world.finished.size() == 300);
      CHECK(world.core->gauges().memory_bytes == 0);
      CHECK(world.core->open_deliveries("default/slow") == 0);
    }
}

TEST_CASE("Loading: what was disabled for a while ends what came before, and keeps what comes after") {
  World world;
  auto state = one_slow();
  world.use(state);
  world.give(100, "x");
  world.core->run();
  world.clock.elapsed += Millis{1'000};
  world.use(state.in_state("slow", EndpointState::disabled, world.clock.unix_millis()));
  world.clock.elapsed += Millis{1'000};
  world.use(state.in_state("slow", EndpointState::active, world.clock.unix_millis()));
  world.give(100, "x");
  REQUIRE(world.answer("slow", 200));
  for (int i = 0; i < 20; ++i) world.core->run();
  CHECK(world.letters.size() == 99);
  CHECK(world.core->gauges().memory_bytes < 50'000);  // what is not to end was looked at, and left on the log
  REQUIRE(world.flying.size() == 1);
  CHECK(send_all(world) == names(100, 200));
}

TEST_CASE("Loading: what waits on the log and is not subscribed to any more is cancelled") {
  World world;
  auto state = one_slow();
  world.use(state);
  world.give(100, "x");
  world.core->run();
  world.use(state.remove_subscription("s1"));
  CHECK(send_all(world).size() == 1);
  for (int i = 0; i < 20; ++i) world.core->run();
  CHECK(world.outcomes("cancelled") == 99);
  CHECK(world.finished.size() == 100);
}

TEST_CASE("Loading: it waits for the registry that the process before may have seen") {
  World before;
  before.use(one_slow());
  before.give(3, "x");
  before.core->run();
  World world;  // its registry is behind, and has no such endpoint
  world.fence_at_once = false;
  world.use(StateBuilder());
  take_over(world, before);
  world.core->run();
  CHECK(world.runs == 0);
  CHECK(world.outcomes("cancelled") == 0);
  CHECK(world.fences == 1);
  const auto newer = one_slow();
  newer.build();
  world.state = newer.build();
  world.core->on_fence(world.state);
  CHECK(send_all(world) == names(0, 3));
}

TEST_CASE("Loading: what comes from the log for a partition that has left is nobody's") {
  for (const bool lost : {true, false}) {
    World world(from_the_log());
    world.use(one_slow());
    world.picks_at_once = false;
    world.give(60, "x");
    for (int i = 0; i < 10; ++i) {
      world.core->run();
      world.answer("slow", 200);
    }
    world.core->run();
    REQUIRE(world.asked.size() == 1);
    const auto asked = world.asked;
    if (lost)
      world.lose(0);
    else
      world.core->on_revoked(0);
    CHECK(world.asked.empty());
    world.asked = asked;
    world.serve_asked();
    world.core->run();
    if (lost) world.answer_aborted();
    world.answer("slow", 200);
    world.core->run();
    CHECK(world.core->gauges().memory_bytes == 0);
    CHECK(world.core->settled());
  }
}

TEST_CASE("Loading: deliveries of one event come to memory apart, and are one event all the same") {
  World world;
  StateBuilder state;
  for (const char* name : {"slow", "other"})
    state.endpoint(name, [](auto& endpoint) { endpoint.concurrency = 1; }).subscription(name, name, "#");
  world.use(state);
  EventText text;
  text.client_id = "its-own";
  for (int i = 0; i < 40; ++i, ++text.offset) {
    text.id = text.client_id = "evt_" + std::to_string(i);
    world.give(text);
  }
  for (world.core->run(); world.answer("slow", 508); world.core->run()) {
  }
  for (world.core->run(); world.answer("other", 508); world.core->run()) {
  }
  CHECK(world.finished.size() == 40);
  REQUIRE(world.letters.size() == 80);
  for (std::size_t i = 0; i < 80; ++i)
    CHECK(world.letters[i].headers.get("certes-undelivered") == (i < 40 ? "" : "slow,other"));
}

TEST_CASE("Loading: what is due of who is no more waits until more may end, and costs nothing meanwhile") {
  World before;
  StateBuilder state;
  state.endpoint("slow", [](auto& endpoint) { endpoint.concurrency = 200; }).subscription("s1", "slow", "#");
  before.use(state);
  before.give(200, "x");
  before.answer_all(500);
  World world;
  world.use(state.remove_subscription("s1").remove_endpoint("slow"));
  take_over(world, before);
  world.clock.elapsed += Millis{60'000};
  world.outcome_bytes = 9u << 20;
  for (int i = 0; i < 5; ++i) world.core->run();
  CHECK(world.outcomes("cancelled") == 0);
  CHECK(world.core->next_at() > world.clock.now());
  world.outcome_bytes = 0;
  for (int i = 0; i < 20; ++i) world.core->run();
  CHECK(world.outcomes("cancelled") == 200);
}

TEST_CASE("Loading: what leaves memory when it was about to end, ends all the same") {
  CoreOptions options;
  options.memory_bytes = 700'000;
  World world(options);
  StateBuilder state;
  state.endpoint("slow", [](auto& endpoint) { endpoint.concurrency = 200; });
  state.subscription("s1", "slow", "x", Priority::low);
  state.endpoint("urgent", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.subscription("s2", "urgent", "alarm", Priority::critical);
  world.use(state);
  world.acting = false;
  world.give(400, "x");
  world.core->run();
  world.use(state.remove_subscription("s1").remove_endpoint("slow"));
  world.core->run();
  const std::size_t ended = world.outcomes("cancelled");
  REQUIRE(ended > 0);
  REQUIRE(ended < 400);  // so many a round
  EventText text;
  text.body = std::string(60'000, 'x');
  text.type = "alarm";
  for (int i = 0; i < 16; ++i) {
    text.id = "alarm_" + std::to_string(i);
    text.offset = world.next_offset++;
    world.give(text);
  }
  world.core->run();
  world.acting = true;
  CHECK(world.answer_all(200) == 16);
  for (int i = 0; i < 20; ++i) world.core->run();
  CHECK(world.outcomes("cancelled") == 400);
  CHECK(world.core->open_deliveries("default/slow") == 0);
}

TEST_CASE("Loading: what fails while its endpoint goes ends, though its next attempt is far away") {
  for (const bool deleted : {false, true}) {
    CAPTURE(deleted);
    World world;
    auto state = one_slow();
    state.policy("hours", [](auto& policy) {
      policy.strategy = registry::BackoffPolicy::Strategy::constant;
      policy.base_seconds = 3'600;
      policy.jitter = registry::BackoffPolicy::Jitter::none;
      policy.max_attempts = 3;
    });
    world.use(state.subscription("s1", "slow", "#", Priority::normal, "hours"));
    world.give(1, "x");
    world.core->run();
    world.acknowledge_at_once = false;
    REQUIRE(world.answer("slow", 500));
    world.clock.elapsed += Millis{1};
    if (deleted)
      state.remove_subscription("s1").remove_endpoint("slow");
    else
      state.in_state("slow", EndpointState::disabled, world.clock.unix_millis());
    world.use(state);
    for (int i = 0; i < 5; ++i) world.core->run();
    world.acknowledge_at_once = true;
    world.acknowledge_all();
    for (int i = 0; i < 5; ++i) world.core->run();
    CHECK(world.finished.size() == 1);
    CHECK(world.core->open_deliveries("default/slow") == 0);
  }
}

TEST_CASE("Loading: who waits after another try keeps its place, though memory is wanted for what is higher") {
  CoreOptions options;
  options.memory_bytes = 200'000;
  World world(options);
  StateBuilder state = one_slow();
  state.subscription("s1", "slow", "x", Priority::low);
  state.endpoint("urgent", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.subscription("s2", "urgent", "alarm", Priority::critical);
  world.use(state);
  EventText text;
  text.body = std::string(10'000, 'x');
  const auto give = [&](const std::string& type) { give_next(world, text, type); };
  for (int i = 0; i < 14; ++i) give("x");
  REQUIRE(world.give_back("slow", http::TransferError::local, Millis{300}));
  for (int i = 0; i < 5; ++i) give("alarm");
  world.clock.elapsed += Millis{1'000};
  std::vector<std::string> sent;
  for (world.core->run(); !world.flying.empty(); world.core->run()) {
    const bool slow = world.flying[0].url.ends_with("/slow");
    if (slow) sent.push_back(World::header(world.flying[0], "webhook-id"));
    world.answer(slow ? "slow" : "urgent", 200);
  }
  CHECK(sent == names(0, 14));
}

TEST_CASE("Loading: what was tried and is due in hours waits on the log from the beginning") {
  World world;
  world.use(one_slow());
  for (int i = 0; i < 100; ++i) {
    EventText text;
    text.id = "evt_" + std::to_string(i);
    text.offset = i;
    world.give(text, {{"slow", {.attempts = 1, .next_at = world.clock.unix_millis() + 3'600'000}}});
  }
  world.core->run();
  CHECK(world.core->gauges().memory_bytes == 0);
  CHECK(world.core->gauges().retrying[static_cast<std::size_t>(Priority::normal)] == 100);
  world.clock.elapsed += Millis{3'600'001};
  std::size_t sent = 0;
  for (int i = 0; i < 1'000; ++i, world.pass(Millis{100}))
    if (world.answer("slow", 200)) ++sent;
  CHECK(sent == 100);
}

TEST_CASE("Loading: who is paused takes no memory from who is not") {
  CoreOptions options;
  options.memory_bytes = 400'000;
  World world(options);
  StateBuilder state;
  state.endpoint("held", [](auto& endpoint) { endpoint.concurrency = 40; }).subscription("s1", "held", "held");
  state.endpoint("slow", [](auto& endpoint) { endpoint.concurrency = 1; }).subscription("s2", "slow", "x");
  world.use(state);
  EventText text;
  text.type = "held";
  text.body = std::string(10'000, 'x');
  world.acting = false;
  for (; text.offset < 60; ++text.offset) {
    text.id = "held_" + std::to_string(text.offset);
    world.give(text);
    world.core->run();
  }
  world.acting = true;
  world.use(state.in_state("held", EndpointState::paused, world.clock.unix_millis()));
  text.type = "x";
  for (int i = 0; i < 30; ++i, ++text.offset) {
    text.id = "evt_" + std::to_string(i);
    world.give(text);
  }
  CHECK(send_all(world) == names(0, 30));
  world.use(state.in_state("held", EndpointState::active, world.clock.unix_millis()));
  CHECK(world.answer_all(200) == 60);
}

TEST_CASE("Loading: whose class is lowered takes no memory from what is above the one it has now") {
  CoreOptions options;
  options.memory_bytes = 200'000;
  World world(options);
  StateBuilder state = one_slow();
  state.tenant("other", [](auto&) {}).endpoint("o", [](auto& endpoint) {
    endpoint.tenant = "other";
    endpoint.concurrency = 1;
  });
  state.in_state("o", EndpointState::paused, world.clock.unix_millis(), "admin", "other");
  state.subscription("s2", "o", "#", Priority::critical, {}, "other");
  world.use(state);
  EventText text;
  text.body = std::string(10'000, 'x');
  const auto give = [&](const std::string& tenant, int count) {
    text.tenant = tenant;
    for (int i = 0; i < count; ++i, ++text.offset) {
      text.id = tenant + std::to_string(i);
      world.give(text);
      world.core->run();
    }
  };
  give("other", 16);
  give("default", 12);
  CHECK(world.runs == 0);
  world.picks_at_once = false;
  world.use(state.tenant("other", [](auto& tenant) { tenant.max_priority = Priority::bulk; }));
  world.use(state.in_state("o", EndpointState::active, world.clock.unix_millis(), "admin", "other"));
  world.core->run();
  for (int i = 0; i < 12; ++i) {
    CHECK(world.answer("slow", 200));  // of which all are in memory
    world.core->run();
  }
  world.picks_at_once = true;
  world.serve_asked();
  CHECK(world.answer_all(200) == 16);
}

TEST_CASE("Loading: what waits where a class is raised again is all sent") {
  CoreOptions options;
  options.memory_bytes = 200'000;
  World world(options);
  StateBuilder state = one_slow();
  state.tenant("default", [](auto&) {}).subscription("s1", "slow", "#", Priority::critical);
  world.use(state.in_state("slow", EndpointState::paused, world.clock.unix_millis()));
  EventText text;
  text.body = std::string(14'000, 'x');
  const auto give = [&](int count) {
    for (int i = 0; i < count; ++i, ++text.offset) {
      text.id = "evt_" + std::to_string(text.offset);
      world.give(text);
      world.core->run();
    }
  };
  give(9);
  world.use(state.tenant("default", [](auto& tenant) { tenant.max_priority = Priority::bulk; }));
  world.use(state.in_state("slow", EndpointState::active, world.clock.unix_millis()));
  for (int i = 0; i < 30; ++i) world.core->run();
  world.use(state.tenant("default", [](auto&) {}));
  give(10);
  const auto sent = send_all(world);
  CHECK(std::set(sent.begin(), sent.end()).size() == 19);
}

TEST_CASE("Loading: what is due soon is not forgotten, though more than a few are, or the clock goes back") {
  for (const bool back : {false, true}) {
    CAPTURE(back);
    World world;
    world.use(one_slow());
    for (int i = 0; i < 1'200; ++i) {
      EventText text;
      text.id = "evt_" + std::to_string(i);
      text.offset = i;
      world.give(text, {{"slow", {.attempts = 1, .next_at = world.clock.unix_millis() + 10'900}}});
    }
    world.core->run();
    world.pass(Millis{8'100});  // the second in which they are due begins within two
    if (back) world.clock.wall_back = Millis{3'000};
    for (int i = 0; i < 200; ++i) world.core->run();
    std::set<std::string> sent;
    for (int i = 0; i < 3'000; ++i, world.pass(Millis{100})) {
      if (world.flying.empty()) continue;
      sent.insert(World::header(world.flying[0], "webhook-id"));
      world.answer("slow", 200);
    }
    CHECK(sent.size() == 1'200);
  }
}

TEST_CASE("Loading: an endpoint that hangs leaves room in memory for others of its class") {
  CoreOptions options;
  options.memory_bytes = 400'000;
  World world(options);
  StateBuilder state;
  state.endpoint("hangs", [](auto& endpoint) { endpoint.concurrency = 10; }).subscription("s1", "hangs", "hang.#");
  state.endpoint("works").subscription("s2", "works", "work.#");
  world.use(state);
  EventText text;
  text.body = std::string(20'000, 'x');
  const auto give = [&](int count, const std::string& type) {
    for (int i = 0; i < count; ++i) give_next(world, text, type);
  };
  give(100, "hang.x");
  CHECK(world.flying.size() == 10);
  int answered = 0;
  for (int i = 0; i < 30; ++i) {
    give(1, "work.x");
    for (int round = 0; round < 5; ++round) {
      world.core->run();
      if (world.answer("works", 200)) ++answered;
    }
  }
  CHECK(answered == 30);
  CHECK(world.core->gauges().memory_bytes < 600'000);
}
