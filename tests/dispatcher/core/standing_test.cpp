// What a dispatcher answers of one delivery: whether it is open, what it waits for, and what stands before it.
#include <doctest/doctest.h>

#include "common/questions/delivery_standing.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using questions::DeliveryStanding;
using questions::Stage;
using questions::WaitsFor;
using registry::EndpointState;
using registry::Ordering;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

template <class Edit>
StateBuilder billing(Edit edit) {
  StateBuilder state;
  return state.endpoint("billing", edit)
      .subscription("s1", "billing", "order.#")
      .subscription("s2", "billing", "alarm.#", Priority::high);
}
StateBuilder billing(int concurrency = 1) {
  return billing([=](auto& endpoint) { endpoint.concurrency = concurrency; });
}

std::vector<DeliveryStanding> asked(World& world, const std::string& subject, const std::string& tenant = "default") {
  const auto answer = world.core->answer({"q", "delivery-standing", tenant, subject, 1, "api-1"});
  REQUIRE(answer);
  const auto standings = questions::delivery_standings_of(answer->value);
  REQUIRE(standings);
  return *standings;
}

DeliveryStanding standing(World& world, std::int64_t offset, const std::string& endpoint = "billing") {
  const auto all = asked(world, "0:" + std::to_string(offset) + "/" + endpoint);
  REQUIRE(all.size() == 1);
  CHECK(all[0].place == log::Origin{0, offset});
  return all[0];
}

void give_keyed(World& world, const std::string& key) {
  EventText text;
  text.offset = world.next_offset++;
  text.id = "evt_" + std::to_string(text.offset);
  text.headers = {{"ce_partitionkey", key}};
  world.give(text);
}

}  // namespace

TEST_CASE("Standing: what was not routed, what is over, what never was, and what is another's") {
  World world;
  world.use(billing());
  world.give(2, "order.created");
  world.core->run();
  CHECK(standing(world, 7).stage == Stage::unrouted);
  CHECK(standing(world, 7).unrouted_before == 5);
  CHECK(standing(world, 0, "other").stage == Stage::closed);
  REQUIRE(world.answer("billing", 200));
  world.core->run();
  CHECK(standing(world, 0).stage == Stage::closed);
  CHECK(asked(world, "0:1/billing", "acme")[0].stage == Stage::closed);
  // Of a partition that is elsewhere nothing is said, nor of a subject that is none.
  CHECK(asked(world, "5:1/billing").empty());
  CHECK(asked(world, "none").empty());
}

TEST_CASE("Standing: one is out, the next waits for its slot, and what stands before each is counted") {
  World world;
  world.use(billing());
  world.give(3, "order.created");
  world.give(2, "alarm.raised");
  world.core->run();
  // The first alarm is out.
  CHECK(standing(world, 3).waits_for == WaitsFor::sending);
  const DeliveryStanding last = standing(world, 2);
  CHECK(last.waits_for == WaitsFor::slot);
  CHECK(last.priority == Priority::normal);
  CHECK(last.before.same_class == 2);
  CHECK(last.before.higher_classes == 2);
  CHECK_FALSE(last.before.more);
  CHECK(standing(world, 4).before.same_class == 1);
  CHECK(standing(world, 4).before.higher_classes == 0);
}

TEST_CASE("Standing: an outcome that is not on the log yet is waited for") {
  World world;
  world.use(billing());
  world.give(1, "order.created");
  world.core->run();
  world.acknowledge_at_once = false;
  REQUIRE(world.answer("billing", 200));
  world.core->run();
  CHECK(standing(world, 0).waits_for == WaitsFor::recording);
  world.acknowledge_all();
  CHECK(standing(world, 0).stage == Stage::closed);
}

TEST_CASE("Standing: what has failed waits for its back-off, until then") {
  World world;
  world.use(billing());
  world.give(1, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.core->run();
  const DeliveryStanding waits = standing(world, 0);
  CHECK(waits.waits_for == WaitsFor::backoff);
  CHECK(waits.until == world.clock.unix_millis() + 10'000);
  CHECK(waits.attempts == 1);
}

TEST_CASE("Standing: a rate is waited for until its next token") {
  World world;
  world.use(billing([](auto& endpoint) { endpoint.rate_per_second = 1; }));
  world.give(2, "order.created");
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  const DeliveryStanding waits = standing(world, 1);
  CHECK(waits.waits_for == WaitsFor::rate);
  CHECK(waits.until > world.clock.unix_millis());
  CHECK(waits.until <= world.clock.unix_millis() + 1'001);
}

TEST_CASE("Standing: an endpoint of which nothing is known takes few at first") {
  CoreOptions options;
  options.first_in_flight = 1;
  World world(std::move(options));
  world.use(billing(8));
  world.give(2, "order.created");
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(standing(world, 1).waits_for == WaitsFor::slow_start);
}

TEST_CASE("Standing: a breaker is waited for until its probe") {
  World world;
  world.use(billing([](auto& endpoint) {
    endpoint.concurrency = 1;
    endpoint.breaker.emplace();
    endpoint.breaker->failures = 1;
  }));
  world.give(2, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.core->run();
  const DeliveryStanding waits = standing(world, 1);
  CHECK(waits.waits_for == WaitsFor::breaker);
  CHECK(waits.until > world.clock.unix_millis());
}

TEST_CASE("Standing: what waits for an endpoint that is paused waits on the log, for the end of that") {
  World world;
  StateBuilder state = billing();
  state.endpoint("other").subscription("s3", "other", "order.#");
  world.use(state);
  world.give(2, "order.created");
  world.core->run();
  state.in_state("billing", EndpointState::paused, world.clock.unix_millis());
  world.use(state);
  world.core->run();
  CHECK(standing(world, 1).waits_for == WaitsFor::pause);
  CHECK_FALSE(standing(world, 1).in_memory);
}

TEST_CASE("Standing: what its key's first holds up says which that is, and when it is tried again") {
  World world;
  world.use(billing([](auto& endpoint) {
    endpoint.ordering = Ordering::key;
    endpoint.concurrency = 4;
  }));
  for (const char* key : {"a", "b", "a", "a"}) give_keyed(world, key);
  world.core->run();
  CHECK(standing(world, 1).waits_for == WaitsFor::sending);
  REQUIRE(world.answer("billing", 500));
  world.core->run();
  const DeliveryStanding waits = standing(world, 3);
  CHECK(waits.waits_for == WaitsFor::order);
  CHECK(waits.before.same_class == 2);
  REQUIRE(waits.first_of_key);
  CHECK(waits.first_of_key->offset == 0);
  CHECK(waits.first_of_key->attempts == 1);
  CHECK(waits.first_of_key->due == world.clock.unix_millis() + 10'000);
  CHECK(standing(world, 0).waits_for == WaitsFor::backoff);
  CHECK_FALSE(standing(world, 0).first_of_key);
}

TEST_CASE("Standing: what more than a thousand stand before says that there are more") {
  World world;
  world.use(billing());
  world.give(1'100, "order.created");
  world.core->run();
  const DeliveryStanding last = standing(world, 1'099);
  CHECK(last.before.same_class == 1'024);
  CHECK(last.before.more);
  CHECK(last.waits_for == WaitsFor::slot);
  CHECK_FALSE(last.in_memory);
}

TEST_CASE("Standing: where the partition may not act, that is what it waits for") {
  World world;
  world.use(billing(4));
  world.acting = false;
  world.give(1, "order.created");
  world.core->run();
  CHECK(standing(world, 0).waits_for == WaitsFor::partition);
  world.acting = true;
  world.core->run();
  CHECK(standing(world, 0).waits_for == WaitsFor::sending);
}

TEST_CASE("Standing: several places are answered at once") {
  World world;
  world.use(billing());
  world.give(2, "order.created");
  world.core->run();
  const auto all = asked(world, "0:0,0:1,3:9/billing");
  REQUIRE(all.size() == 2);
  CHECK(all[0].waits_for == WaitsFor::sending);
  CHECK(all[1].waits_for == WaitsFor::slot);
}
