// Repeats of an event, as the dispatcher of its partition tells them from what it only reads again.
#include <doctest/doctest.h>

#include "common/event/redelivery.hpp"
#include "dispatcher/core.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;
using tests::one_endpoint;
using tests::StateBuilder;
using tests::World;

namespace {

CoreOptions deduplicating(std::size_t ids = 1'000) {
  CoreOptions options;
  options.deduplicate = true;
  options.deduplicate_ids = ids;
  options.deduplicate_window = Millis{60'000};
  return options;
}

EventText with_id(std::string client_id, std::int64_t offset) {
  EventText event;
  event.id = "evt_" + std::to_string(offset);
  event.client_id = std::move(client_id);
  event.offset = offset;
  return event;
}

}  // namespace

TEST_CASE("Core: a repeated event is dropped, one that is read again is not") {
  World world(deduplicating());
  world.use(one_endpoint());
  EventText event;
  event.client_id = "order-7";
  world.give(event);
  EventText repeat = event;
  repeat.id = "evt_2";
  repeat.offset = 1;
  world.give(repeat);
  world.core->run();
  CHECK(world.flying.size() == 1);
  CHECK(world.duplicate_count == 1);
  CHECK(world.finished.contains({0, 1}));
  world.lose(0);
  world.give(event);
  world.give(repeat);
  world.core->run();
  CHECK(world.duplicate_count == 2);
  CHECK(world.flying.size() == 2);
}

TEST_CASE("Core: an event whose first was read by a former owner is dropped") {
  World world(deduplicating());
  world.use(one_endpoint());
  world.core->on_past_record(*tests::make_event(with_id("order-7", 3), world.clock.unix_millis()));
  CHECK(world.read_back_count == 1);
  CHECK(world.core->past_known(0) == 4);
  world.give(with_id("order-7", 4));
  world.give(with_id("order-8", 5));
  world.core->run();
  CHECK(world.read_count == 2);
  CHECK(world.duplicate_count == 1);
  CHECK(world.finished.contains({0, 4}));
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "webhook-id") == "evt_5");
}

TEST_CASE("Core: a record of the past is given again without being a duplicate of itself") {
  World world(deduplicating());
  world.use(one_endpoint());
  world.core->on_past_record(*tests::make_event(with_id("order-7", 3), world.clock.unix_millis()));
  world.core->on_past_record(*tests::make_event(with_id("order-7", 4), world.clock.unix_millis()));
  world.give(with_id("order-7", 3));
  world.give(with_id("order-7", 4));
  world.core->run();
  CHECK(world.flying.size() == 1);
  CHECK(world.duplicate_count == 1);
}

TEST_CASE("Core: a job's replay that is made again is dropped, and another job's is not") {
  World world(deduplicating());
  world.use(one_endpoint());
  const auto give = [&](std::int64_t offset, const std::string& replay) {
    EventText event = with_id("order-7", offset);
    event.id = "evt_1";
    event.headers = {{"certes-replay", replay}};
    world.give(event);
  };
  give(0, event::event_replay_id(0, 9, "job_1"));
  give(1, event::event_replay_id(0, 9, "job_1"));
  give(2, event::event_replay_id(0, 9, "job_2"));
  give(3, event::event_replay_id(0, 10, "job_1"));
  world.core->run();
  CHECK(world.flying.size() == 3);
  CHECK(world.duplicate_count == 1);
}

TEST_CASE("Core: replays, events without an id and malformed records of the past make no duplicates") {
  World world(deduplicating());
  world.use(one_endpoint());
  EventText replay = with_id("order-7", 0);
  replay.headers = {{"certes-replay", "rpl_1"}, {"certes-endpoint", "billing"}};
  world.core->on_past_record(*tests::make_event(replay));
  world.core->on_past_record(*tests::make_event(with_id("", 1)));
  CHECK(world.core->past_known(0) == 2);
  EventText malformed = with_id("order-8", 2);
  malformed.type = "no type";
  world.core->on_past_record(*tests::make_event(malformed));
  CHECK(world.core->past_known(0) == 3);
  CHECK(world.core->gauges().identities == 0);
  world.give(with_id("order-7", 3));
  world.give(with_id("order-8", 4));
  world.give(with_id("", 5));
  world.core->run();
  CHECK(world.duplicate_count == 0);
  CHECK(world.flying.size() == 3);
}

TEST_CASE("Core: the past counts within the window, and by its number") {
  World world(deduplicating(2));
  world.use(one_endpoint());
  const UnixMillis now = world.clock.unix_millis();
  world.core->on_past_record(*tests::make_event(with_id("old", 0), now - 60'001));
  world.core->on_past_record(*tests::make_event(with_id("one", 1), now - 60'000));
  world.core->on_past_record(*tests::make_event(with_id("two", 2), now - 1));
  CHECK(world.core->gauges().identities == 2);
  CHECK(world.core->gauges().identity_bytes > 0);
  world.give(with_id("old", 3));  // pushes "one" out
  world.give(with_id("one", 4));
  world.give(with_id("old", 5));
  world.core->run();
  CHECK(world.duplicate_count == 1);
  CHECK(world.finished.contains({0, 5}));
}

TEST_CASE("Core: each partition has a past of its own, and none once its log was replaced") {
  World world(deduplicating());
  world.use(one_endpoint());
  world.core->on_past_record(*tests::make_event(with_id("order-7", 9), world.clock.unix_millis()));
  CHECK(world.core->past_known(1) == 0);
  EventText elsewhere = with_id("order-7", 9);
  elsewhere.partition = 1;
  world.give(elsewhere);
  CHECK(world.duplicate_count == 0);
  world.core->on_replaced(0);
  CHECK(world.core->past_known(0) == 0);
  world.give(with_id("order-7", 10));
  CHECK(world.duplicate_count == 0);
}
