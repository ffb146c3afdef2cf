// Events that nobody received: which dead letter says so, and what becomes of their redelivery.
#include <doctest/doctest.h>

#include "common/event/redelivery.hpp"
#include "dispatcher/core.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;
using tests::StateBuilder;
using tests::World;
namespace names = certes::log::names;

namespace {

StateBuilder two_endpoints() {
  StateBuilder state;
  state.endpoint("billing").subscription("s1", "billing", "order.#");
  state.endpoint("shipping").subscription("s2", "shipping", "order.#");
  return state;
}

EventText repeatable() {
  EventText event;
  event.client_id = "order-7";
  return event;
}

// What the dead letters say, in their order.
std::vector<std::string> said(const World& world) {
  std::vector<std::string> all;
  for (const auto& letter : world.letters) all.emplace_back(letter.headers.get(event::kUndelivered));
  return all;
}

using Said = std::vector<std::string>;

// Both endpoints answer.
Said after(World& world, const EventText& event, int billing, int shipping) {
  world.use(two_endpoints());
  world.give(event);
  world.core->run();
  REQUIRE(world.answer("billing", billing));
  REQUIRE(world.answer("shipping", shipping));
  return said(world);
}

tests::KnownState ended(bool dead_lettered) {
  tests::KnownState state;
  state.done = true;
  state.dead_lettered = dead_lettered;
  return state;
}

}  // namespace

TEST_CASE("Core: the last dead letter of an event that nobody received names the endpoints of all") {
  World world;
  CHECK(after(world, repeatable(), 508, 508) == Said{"", "billing,shipping"});
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: it does so though the one before is not acknowledged yet") {
  World world;
  world.acknowledge_at_once = false;
  CHECK(after(world, repeatable(), 508, 508) == Said{"", "billing,shipping"});
  world.acknowledge_all();
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: the dead letters of an event that someone received say nothing, whoever is last") {
  World first;
  CHECK(after(first, repeatable(), 200, 508) == Said{""});
  World last;
  CHECK(after(last, repeatable(), 508, 200) == Said{""});
}

TEST_CASE("Core: while a delivery waits for its retry, nothing is said of the event") {
  World world;
  CHECK(after(world, repeatable(), 500, 508) == Said{""});
  world.pass(Millis{60'000});
  REQUIRE(world.answer("billing", 508));
  CHECK(said(world) == Said{"", "shipping,billing"});
}

TEST_CASE("Core: an event whose repeat nobody could know, and what an operator replays, say nothing") {
  World without_id;
  CHECK(after(without_id, {}, 508, 508) == Said{"", ""});
  EventText replay = repeatable();
  replay.headers = {{std::string(names::kReplay), "rpl_1"}};
  World replayed;
  CHECK(after(replayed, replay, 508, 508) == Said{"", ""});
}

TEST_CASE("Core: a result says nothing, as no repeat of it is an event's") {
  World world;
  world.use(two_endpoints().kind("s1", registry::EventKind::result));
  EventText result = repeatable();
  result.kind = "result";
  world.give(result);
  world.core->run();
  REQUIRE(world.answer("billing", 508));
  CHECK(said(world) == Said{""});
}

TEST_CASE("Core: nothing is said of an event of which a delivery was cancelled, or left to the next owner") {
  for (const bool revoked : {false, true}) {
    CAPTURE(revoked);
    World world;
    auto state = two_endpoints();
    world.use(state);
    world.give(repeatable());
    world.core->run();
    REQUIRE(world.answer("billing", 500));
    if (revoked) {
      world.core->on_revoked(0);
    } else {
      world.use(state.remove_subscription("s1"));
      world.pass(Millis{60'000});
      CHECK(world.outcomes("cancelled") == 1);
    }
    REQUIRE(world.answer("shipping", 508));
    CHECK(said(world) == Said{""});
  }
}

TEST_CASE("Core: what ended before a crash counts by how it ended") {
  for (const bool dead : {true, false}) {
    CAPTURE(dead);
    World world;
    world.use(two_endpoints());
    world.give(repeatable(), {{"billing", ended(dead)}});
    world.core->run();
    REQUIRE(world.answer("shipping", 508));
    CHECK(said(world) == Said{dead ? "billing,shipping" : ""});
  }
}

TEST_CASE("Core: dead letters that were due before a crash are written once all deliveries are known") {
  World world;
  world.use(two_endpoints());
  tests::KnownState due;
  due.attempts = 1;
  due.due = dispatcher::Due::dead_letter;
  due.rule = "status_400";
  world.give(repeatable(), {{"billing", due}, {"shipping", due}});
  world.core->run();
  CHECK(said(world) == Said{"", "billing,shipping"});
  CHECK(world.flying.empty());
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: a dead letter that could not keep the event says nothing") {
  World world;
  EventText event = repeatable();
  event.body.assign(4'000, 'x');
  world.letter_limit = 2'000;
  CHECK(after(world, event, 508, 508) == Said{"", ""});
}

TEST_CASE("Core: a redelivery goes to the endpoints that it names, and can come to nothing again") {
  World world;
  StateBuilder state = two_endpoints();
  state.endpoint("audit").subscription("s3", "audit", "#");
  world.use(state);
  EventText again = repeatable();
  again.headers = {{std::string(names::kReplay), event::redelivery_id(0, 5)},
                   {std::string(names::kEndpoint), "billing,deleted,shipping"}};
  world.give(again);
  world.core->run();
  CHECK(world.flying.size() == 2);
  REQUIRE(world.answer("billing", 508));
  REQUIRE(world.answer("shipping", 508));
  CHECK(said(world) == Said{"", "billing,shipping"});
}

TEST_CASE(
    "Core: what is made of a dead letter's place is delivered once, what is asked for again as often as it comes") {
  CoreOptions options;
  options.deduplicate = true;
  options.deduplicate_ids = 100;
  options.deduplicate_window = Millis{60'000};
  World world(options);
  world.use(two_endpoints());
  world.give(repeatable());
  const auto replay = [&](const std::string& id, std::int64_t offset) {
    EventText text = repeatable();
    text.offset = offset;
    text.headers = {{std::string(names::kReplay), id}, {std::string(names::kEndpoint), "billing"}};
    world.give(text);
  };
  replay(event::redelivery_id(0, 5), 1);
  replay(event::redelivery_id(0, 5), 2);
  replay(event::redelivery_id(0, 9), 3);
  replay("rpl_1", 4);
  replay("rpl_1", 5);
  replay(event::letter_replay_id(0, 5), 6);
  replay(event::letter_replay_id(0, 5), 7);
  world.core->run();
  CHECK(world.duplicate_count == 2);
  CHECK(world.finished.contains({0, 2}));
  CHECK(world.finished.contains({0, 7}));
  CHECK(world.flying.size() == 7);
}
