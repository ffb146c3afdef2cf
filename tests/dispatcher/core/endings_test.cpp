// How deliveries end whose endpoint or subscription changes while they wait: the same way, whether the process that had
// them saw the change, or another reads their events again after it.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::Priority;
using tests::EventText;
using tests::make_event;
using tests::one_endpoint;
using tests::StateBuilder;
using tests::World;

using registry::EndpointState;

namespace {

// What has become of each delivery of so many events, in any order.
struct Ends {
  int delivered = 0, cancelled = 0, unmatched = 0;
  std::map<std::string, int> letters;  // by rule
  bool operator==(const Ends&) const = default;
};

Ends ends_of(const World& world) {
  Ends ends;
  ends.delivered = static_cast<int>(world.outcomes("delivered"));
  ends.cancelled = static_cast<int>(world.outcomes("cancelled"));
  ends.unmatched = world.unmatched_count;
  for (const std::string& rule : world.rules) ++ends.letters[rule];
  return ends;
}

// Gives the events that were appended at those times, as after a restart.
void give_again(World& world, const std::vector<UnixMillis>& appended, const tests::KnownStates& known = {}) {
  for (const UnixMillis at : appended) {
    EventText text;
    text.id = "evt_" + std::to_string(world.next_offset);
    text.offset = world.next_offset++;
    world.give_record(make_event(text, at), known);
  }
}

}  // namespace

TEST_CASE(
    "Core: what was appended before its endpoint was disabled is a dead letter, whether it waited or is read again") {
  const UnixMillis begin = World().clock.unix_millis();
  for (const bool restarted : {false, true}) {
    for (const bool resumed : {false, true}) {
      CAPTURE(restarted);
      CAPTURE(resumed);
      World world;
      auto state = one_endpoint();
      state.in_state("billing", EndpointState::paused, begin);
      if (!restarted) {
        world.use(state);
        give_again(world, {begin + 1, begin + 2, begin + 2});
        world.core->run();
      }
      world.clock.elapsed += Millis{20};
      state.in_state("billing", EndpointState::disabled, begin + 10);
      if (resumed) state.in_state("billing", EndpointState::active, begin + 15);
      world.use(state);
      if (restarted) give_again(world, {begin + 1, begin + 2, begin + 2});
      give_again(world, {begin + 12, begin + 17});  // while it was disabled, and later
      for (int rounds = 0; rounds < 4; ++rounds) world.core->run();
      while (!world.flying.empty()) world.answer("billing", 204);
      Ends expected;
      expected.letters["endpoint_disabled"] = 3;
      expected.unmatched = resumed ? 1 : 2;
      expected.delivered = resumed ? 1 : 0;
      CHECK(ends_of(world) == expected);
      CHECK(world.finished.size() == 5);
    }
  }
}

TEST_CASE(
    "Core: what comes while Certes itself has disabled an endpoint is kept as dead letters, also once it is resumed") {
  const UnixMillis begin = World().clock.unix_millis();
  World world;
  auto state = one_endpoint();
  state.in_state("billing", EndpointState::disabled, begin + 10, "certes");
  state.in_state("billing", EndpointState::active, begin + 20);
  world.use(state);
  give_again(world, {begin + 10, begin + 19, begin + 20});
  world.core->run();
  REQUIRE(world.answer("billing", 204));
  CHECK(world.rules == std::vector<std::string>{"endpoint_disabled", "endpoint_disabled"});
  CHECK(world.unmatched_count == 0);
  CHECK(world.outcomes("delivered") == 1);
}

TEST_CASE(
    "Core: what comes in the millisecond in which an operator disables an endpoint may have come before: it is kept") {
  World world;
  auto state = one_endpoint();
  const UnixMillis at = world.clock.unix_millis();
  world.use(state.in_state("billing", EndpointState::disabled, at));
  give_again(world, {at, at + 1});
  world.core->run();
  CHECK(world.rules == std::vector<std::string>{"endpoint_disabled"});
  CHECK(world.unmatched_count == 1);
}

TEST_CASE("Endings: what a gateway knew of a change decides, though the events' broker is minutes behind or ahead") {
  constexpr UnixMillis kMinutes = 300'000;
  const UnixMillis begin = World().clock.unix_millis();
  for (const UnixMillis off : {-kMinutes, UnixMillis{0}, kMinutes}) {
    for (const bool restarted : {false, true}) {
      CAPTURE(off);
      CAPTURE(restarted);
      World world;
      auto state = one_endpoint();
      const auto give = [&](std::int64_t stamp, UnixMillis at) {
        EventText text;
        text.id = "evt_" + std::to_string(world.next_offset);
        text.offset = world.next_offset++;
        text.headers = {{"certes-registry", std::to_string(stamp)}};
        world.give_record(make_event(text, at + off));
        for (int rounds = 0; rounds < 4; ++rounds) world.core->run();
      };
      const auto change = [&](EndpointState to, UnixMillis at) {
        state.in_state("billing", to, at);
        if (!restarted) world.use(state);
        for (int rounds = 0; rounds < 4; ++rounds) world.core->run();
      };
      const std::int64_t before = state.position();
      change(EndpointState::paused, begin);
      if (!restarted) give(state.position(), begin + 1'000);
      change(EndpointState::disabled, begin + 2'000);
      const std::int64_t within = state.position();
      if (!restarted) give(within, begin + 3'000);
      change(EndpointState::active, begin + 1'000'000);
      if (restarted) {
        world.use(state);
        give(before + 1, begin + 1'000);
        give(within, begin + 3'000);
      }
      give(state.position(), begin + 1'000'500);
      while (!world.flying.empty()) world.answer("billing", 204);
      Ends expected;
      expected.letters["endpoint_disabled"] = 1;
      expected.unmatched = 1;
      expected.delivered = 1;
      CHECK(ends_of(world) == expected);
      CHECK(world.finished.size() == 3);
    }
  }
}

TEST_CASE("Endings: what is swept on the log is what came before, whatever the block's append times say") {
  const UnixMillis begin = World().clock.unix_millis();
  World world;
  auto state = one_endpoint();
  world.use(state.in_state("billing", EndpointState::paused, begin));
  const std::int64_t before = state.position();
  state.in_state("billing", EndpointState::disabled, begin + 1'000'000);
  state.in_state("billing", EndpointState::paused, begin + 1'001'000);
  constexpr int kEach = 200;  // more than one run of a sweep takes
  const auto give = [&](std::int64_t stamp, UnixMillis at) {
    for (int i = 0; i < kEach; ++i) {
      EventText text;
      text.id = "evt_" + std::to_string(world.next_offset);
      text.offset = world.next_offset++;
      text.headers = {{"certes-registry", std::to_string(stamp)}};
      world.give_record(make_event(text, at));
    }
  };
  give(before, begin + 999'000);
  world.core->run();
  // By a broker that is behind, once it was disabled and paused again.
  give(state.position(), begin + 999'000);
  world.use(state);
  for (int rounds = 0; rounds < 50; ++rounds) world.core->run();
  CHECK(world.letters.size() == kEach);
  CHECK(world.core->open_deliveries("default/billing") == kEach);
  world.use(state.in_state("billing", EndpointState::active, begin + 1'002'000));
  CHECK(world.answer_all(204) == kEach);
}

TEST_CASE("Endings: an attempt that fails once its endpoint is disabled is the last") {
  World world;
  auto state = one_endpoint();
  world.use(state);
  world.give({});
  world.core->run();
  world.clock.elapsed += Millis{1};
  world.use(state.in_state("billing", EndpointState::disabled, world.clock.unix_millis()));
  REQUIRE(world.answer("billing", 500));
  CHECK(world.attempts.at(0).outcome == "dead_lettered");
  CHECK(world.rules == std::vector<std::string>{"endpoint_disabled"});
}

TEST_CASE("Endings: a dead letter that is due says why it came to that, though its endpoint was disabled since") {
  World world;
  auto state = one_endpoint();
  world.use(state.in_state("billing", EndpointState::disabled, world.clock.unix_millis() + 10));
  tests::KnownState due;
  due.attempts = 5;
  due.due = dispatcher::Due::dead_letter;
  due.rule = "max_attempts";
  give_again(world, {world.clock.unix_millis()}, {{"billing", due}});
  world.core->run();
  CHECK(world.rules == std::vector<std::string>{"max_attempts"});
}

TEST_CASE("Endings: a replay to an endpoint that was disabled meanwhile is a dead letter, and not lost") {
  World world;
  auto state = one_endpoint();
  state.in_state("billing", EndpointState::disabled, world.clock.unix_millis());
  world.use(state);
  EventText text;
  text.headers = {{"certes-replay", "rpl_1"}, {"certes-endpoint", "billing"}};
  world.give(text);
  world.core->run();
  CHECK(world.rules == std::vector<std::string>{"endpoint_disabled"});
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Endings: a delivery that no subscription matches any more is cancelled, whether it waits or is read again") {
  for (const bool restarted : {false, true}) {
    for (const char* left : {"nothing", "another pattern", "no endpoint"}) {
      CAPTURE(restarted);
      CAPTURE(std::string(left));
      World world;
      auto state = one_endpoint();
      world.use(state);
      if (!restarted) {
        world.give({});
        world.core->run();
        REQUIRE(world.answer("billing", 500));
      }
      state.remove_subscription("s1");
      if (std::string_view(left) == "another pattern") state.subscription("s1", "billing", "invoice.#");
      if (std::string_view(left) == "no endpoint") state.remove_endpoint("billing");
      world.use(state);
      tests::KnownStates known;
      known["billing"] = {false, 1, world.clock.unix_millis() + 10'000};
      if (restarted) world.give({}, known);
      world.pass(std::chrono::hours{1});
      world.core->run();
      CHECK(world.flying.empty());
      CHECK(world.outcomes("cancelled") == 1);
      CHECK(world.attempts.back().delivery == delivery_id("evt_1", "billing", {}));
      CHECK(world.attempts.back().attempt == 1);
      CHECK(world.letters.empty());
      CHECK(world.unmatched_count == 0);
      CHECK(world.finished.size() == 1);
    }
  }
}

TEST_CASE("Endings: what ended before a restart is recorded no second time, though nothing matches it any more") {
  World world;
  world.use(StateBuilder());
  tests::KnownState done;
  done.done = true;
  world.give({}, {{"billing", done}});
  world.core->run();
  CHECK(world.attempts.empty());
  CHECK(world.unmatched_count == 0);
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Endings: a replay to all who subscribe ends with its subscription") {
  World world;
  auto state = one_endpoint();
  world.use(state);
  EventText replay;
  replay.headers = {{"certes-replay", "rpl_1"}};
  world.give(replay);
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.use(state.remove_subscription("s1"));
  world.pass(std::chrono::hours{1});
  CHECK(world.flying.empty());
  CHECK(world.outcomes("cancelled") == 1);
}

TEST_CASE("Endings: what waits goes on as its subscription is edited, and replays need none") {
  World world;
  auto state = one_endpoint();
  world.use(state);
  world.give({});
  EventText replay;
  replay.id = "evt_2";
  replay.offset = 1;
  replay.headers = {{"certes-replay", "rpl_1"}, {"certes-endpoint", "billing"}};
  world.give(replay);
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  REQUIRE(world.answer("billing", 500));
  SUBCASE("another priority") { state.subscription("s1", "billing", "order.#", Priority::bulk); }
  SUBCASE("another subscription") { state.remove_subscription("s1").subscription("s2", "billing", "#"); }
  world.use(state);
  world.pass(std::chrono::hours{1});
  CHECK(world.flying.size() == 2);
  state.remove_subscription("s1").remove_subscription("s2");
  REQUIRE(world.answer("billing", 500));
  REQUIRE(world.answer("billing", 500));
  world.use(state);
  world.pass(std::chrono::hours{1});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "webhook-id").find("evt_2") != std::string::npos);
  CHECK(world.outcomes("cancelled") == 1);
}

TEST_CASE(
    "Endings: an endpoint that answered 410 and is resumed at once is sent to again, though nobody saw it disabled") {
  World world;
  auto state = one_endpoint();
  world.use(state);
  world.give(1, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 410));
  state.in_state("billing", EndpointState::disabled, world.clock.unix_millis() + 1, "certes");
  state.in_state("billing", EndpointState::active, world.clock.unix_millis() + 2);
  world.use(state);
  world.clock.elapsed += Millis{3};
  world.give(1, "order.created");
  world.core->run();
  CHECK(world.flying.size() == 1);
}

TEST_CASE("Endings: an endpoint that is deleted and made again is another, though nobody saw that it was gone") {
  World world;
  auto state = one_endpoint();
  world.use(state);
  world.give(2, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  REQUIRE(world.answer("billing", 410));
  state.endpoint("billing", [&](auto& endpoint) { endpoint.created_at = world.clock.unix_millis(); });
  world.use(state);
  world.give(1, "order.created");
  world.core->run();
  CHECK(world.outcomes("cancelled") == 1);
  CHECK(world.flying.size() == 1);
}
