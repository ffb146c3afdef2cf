// Deliveries from record to end, in simulated time.
#include "dispatcher/core.hpp"

#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::Priority;
using tests::EventText;
using tests::one_endpoint;
using tests::StateBuilder;
using tests::World;

namespace {

std::string text(const log::Record& letter, std::string_view name) { return std::string(letter.headers.get(name)); }

}  // namespace

TEST_CASE("Core: a test of an endpoint is sent once, and is no dead letter where that fails") {
  for (const int status : {200, 500, 410, 508}) {
    CAPTURE(status);
    World world;
    world.use(one_endpoint());
    EventText event;
    event.type = "certes.endpoint.test";
    event.headers = {{"certes-replay", "rpl_test_01"}, {"certes-endpoint", "billing"}};
    world.give(event);
    world.core->run();
    REQUIRE(world.answer("billing", status));
    world.core->run();
    CHECK(world.letters.empty());
    CHECK(world.core->open_deliveries("default/billing") == 0);
    REQUIRE(world.attempts.size() == 1);
    CHECK(world.attempts[0].rule == (status == 200 ? "" : "test"));
    CHECK_FALSE(world.attempts[0].phases.empty());
  }
}

TEST_CASE("Core: a delivered event is recorded, then finished") {
  World world;
  world.use(one_endpoint());
  world.acknowledge_at_once = false;
  world.give({});
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "webhook-id") == "evt_1");
  CHECK(World::header(world.flying[0], "certes-attempt") == "1");
  CHECK(world.answer("billing", 204));
  REQUIRE(world.attempts.size() == 1);
  CHECK(world.attempts[0].outcome == "delivered");
  CHECK(world.finished.empty());
  world.acknowledge_all();
  CHECK(world.finished.contains({0, 0}));
  CHECK(world.core->settled());
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Core: an event that nobody subscribed to is counted and finished") {
  World world;
  world.use(one_endpoint());
  EventText other;
  other.type = "mail.sent";
  world.give(other);
  world.core->run();
  CHECK(world.unmatched_count == 1);
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: who waits for an event is told its deliveries and their answers, or that there are none") {
  World world;
  auto state = one_endpoint();
  state.endpoint("mail").subscription("s2", "mail", "order.created");
  world.use(state);
  EventText waited;
  waited.headers = {{std::string(log::names::kWait), "1"}};
  world.give(waited);
  world.core->run();
  REQUIRE(world.answer("billing", 200, {}, "answer of billing"));
  REQUIRE(world.answer("mail", 500));
  REQUIRE(world.attempts.size() == 2);
  CHECK(world.attempts[0].answer == "answer of billing");
  CHECK(world.attempts[0].deliveries == 2);
  CHECK(world.attempts[1].outcome == "retry");
  CHECK(world.attempts[1].deliveries == 2);
  waited.offset = 1;
  waited.id = "evt_2";
  waited.type = "nobody.listens";
  world.give(waited);
  world.core->run();
  REQUIRE(world.attempts.size() == 3);
  CHECK(world.attempts[2].outcome == "unmatched");
  CHECK(world.attempts[2].delivery.empty());
  CHECK(world.finished.contains({0, 1}));
}

TEST_CASE("Core: who waits for an event is not told of endpoints that an operator has disabled") {
  World world;
  auto state = one_endpoint();
  state.endpoint("mail").subscription("s2", "mail", "order.created");
  state.in_state("mail", registry::EndpointState::disabled, world.clock.unix_millis());
  world.use(state);
  world.clock.elapsed += Millis{1};
  EventText waited;
  waited.headers = {{std::string(log::names::kWait), "1"}};
  world.give(waited);
  world.core->run();
  REQUIRE(world.answer("billing", 200));
  CHECK(world.attempts.at(0).deliveries == 1);
}

TEST_CASE("Core: where nobody waits, the answer to a delivery is not kept") {
  World world;
  world.use(one_endpoint());
  world.give({});
  world.core->run();
  REQUIRE(world.answer("billing", 200, {}, "answer"));
  CHECK(world.attempts.at(0).answer.empty());
  CHECK(world.attempts.at(0).deliveries == 0);
}

TEST_CASE("Core: the first KB of the answer to a failed attempt is kept, and stands in the dead letter") {
  World world;
  world.use(one_endpoint());
  world.give({});
  world.core->run();
  for (int i = 0; i < 5; ++i) {
    REQUIRE(world.answer("billing", 500, {}, std::string(1'023, 'x') + "é and so on"));
    world.pass(Millis{10'001});
  }
  for (const auto& attempt : world.attempts) CHECK(attempt.answer == std::string(1'023, 'x'));
  REQUIRE(world.letters.size() == 1);
  CHECK(text(world.letters[0], "certes-error") == "500");
  CHECK(text(world.letters[0], "certes-answer") == std::string(1'023, 'x'));
}

TEST_CASE("Core: a dead letter that a former owner left to be written has its answer") {
  World world;
  world.use(one_endpoint());
  tests::KnownState due;
  due.attempts = 5;
  due.due = dispatcher::Due::dead_letter;
  due.rule = "max_attempts";
  due.error = "500";
  due.answer = "out of order";
  world.give({}, {{"billing", due}});
  world.core->run();
  REQUIRE(world.letters.size() == 1);
  CHECK(text(world.letters[0], "certes-answer") == "out of order");
}

TEST_CASE("Core: a record waits for the fence that was asked after it was fetched") {
  World world;
  world.use(StateBuilder());
  world.fence_at_once = false;
  world.give(1, "order.created");
  world.core->run();
  world.give(2, "order.created");
  world.core->run();
  CHECK(world.fences == 1);
  world.core->on_fence(world.state);  // what came after the question still waits
  CHECK(world.finished.size() == 1);
  world.core->run();
  CHECK(world.fences == 2);
  auto state = one_endpoint();
  state.build();
  world.core->on_fence(state.build());
  world.core->run();
  CHECK(world.flying.size() == 2);
}

TEST_CASE("Core: retries keep their number and wait as the policy says") {
  World world;
  world.use(one_endpoint());
  world.give({});
  world.core->run();
  const auto delivery = World::header(world.flying[0], "certes-delivery");
  world.answer("billing", 500);
  REQUIRE(world.attempts.size() == 1);
  CHECK(world.attempts[0].outcome == "retry");
  CHECK(world.attempts[0].next_at == world.clock.unix_millis() + 10'000);
  CHECK(world.finished.empty());
  world.pass(Millis{9'999});
  CHECK(world.flying.empty());
  CHECK(world.core->next_at().has_value());
  world.pass(Millis{2});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "certes-attempt") == "2");
  CHECK(World::header(world.flying[0], "certes-delivery") == delivery);
  world.answer("billing", 200);
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: no retry is a fraction of a millisecond early") {
  for (const auto& [at_start, at_failure] : {std::pair{0, 500}, {500, 0}, {900, 999}, {1, 2}}) {
    CAPTURE(at_failure);
    World world;
    world.clock.fraction = std::chrono::microseconds{at_start};
    world.use(one_endpoint());
    world.give({});
    world.core->run();
    world.clock.fraction = std::chrono::microseconds{at_failure};
    const SteadyTime due = world.clock.now() + Millis{10'000};
    world.answer("billing", 500);
    world.clock.elapsed += Millis{9'998};
    for (int i = 0; i < 40 && world.flying.empty(); ++i) {
      world.clock.fraction += std::chrono::microseconds{100};
      world.core->run();
    }
    REQUIRE(world.flying.size() == 1);
    CHECK(world.clock.now() >= due);
  }
}

TEST_CASE("Core: an exhausted delivery becomes a dead letter with payload, rule and last error") {
  World world;
  world.use(one_endpoint());
  EventText event;
  event.body = "{\"n\":1}";
  event.headers = {{"ce_subject", "7"}, {"certes-rule", "old"}};
  world.give(event);
  for (int attempt = 1; attempt <= 5; ++attempt) {
    world.pass(Millis{10'001});
    REQUIRE(world.answer("billing", 503));
  }
  REQUIRE(world.letters.size() == 1);
  const auto& letter = world.letters[0];
  CHECK(letter.value == event.body);
  CHECK(text(letter, "certes-endpoint") == "billing");
  CHECK(text(letter, "certes-attempts") == "5");
  CHECK(text(letter, "certes-rule") == "max_attempts");
  CHECK(text(letter, "certes-error") == "503");
  CHECK(text(letter, "ce_subject") == "7");
  CHECK(text(letter, "certes-delivery") == world.attempts.back().delivery);
  CHECK(world.attempts.back().outcome == "dead_lettered");
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: both the attempt and the dead letter are acknowledged before the slot is free") {
  World world;
  world.use(one_endpoint());
  world.acknowledge_at_once = false;
  world.give({});
  world.core->run();
  world.answer("billing", 508);
  REQUIRE(world.unacknowledged.size() == 2);
  auto waiting = std::exchange(world.unacknowledged, {});
  waiting[1]();
  CHECK(world.core->gauges().in_flight == 1);
  waiting[0]();
  CHECK(world.finished.size() == 1);
  CHECK(world.core->gauges().in_flight == 0);
}

TEST_CASE("Core: Retry-After is waited for, and one beyond the policy's time ends it") {
  World world;
  auto state = one_endpoint();
  state.policy("short", [](auto& policy) {
    policy.strategy = registry::BackoffPolicy::Strategy::constant;
    policy.base_seconds = 1;
    policy.jitter = registry::BackoffPolicy::Jitter::none;
    policy.max_seconds = 120;
  });
  state.subscription("s1", "billing", "order.#", Priority::normal, "short");
  world.use(state);
  world.give({});
  world.core->run();
  world.answer("billing", 429, "60");
  world.pass(Millis{59'999});
  CHECK(world.flying.empty());
  world.pass(Millis{2});
  REQUIRE(world.flying.size() == 1);
  world.answer("billing", 429, "61");
  REQUIRE(world.letters.size() == 1);
  CHECK(text(world.letters[0], "certes-rule") == "retry_after");
}

TEST_CASE("Core: 410 disables the endpoint, and what waits for it is dead-lettered") {
  World world;
  auto state = one_endpoint();
  state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 1; });
  world.use(state);
  world.give(3, "order.created");
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  world.answer("billing", 410);
  world.core->run();
  CHECK(world.disabled == std::vector<std::string>{"billing"});
  CHECK(world.rules == std::vector<std::string>{"gone"});
  CHECK(world.flying.empty());  // nothing more is sent while the registry decides
  world.use(state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 2; }));
  world.core->run();
  CHECK(world.flying.empty());
  world.clock.elapsed += Millis{1};
  state.in_state("billing", registry::EndpointState::disabled, world.clock.unix_millis(), "certes");
  world.use(state);
  world.core->run();
  CHECK(world.rules == std::vector<std::string>{"gone", "endpoint_disabled", "endpoint_disabled"});
  CHECK(world.finished.size() == 3);
  // Nobody has said that it is to get nothing: what comes now is kept for whoever resumes it.
  world.give(1, "order.created");
  world.core->run();
  CHECK(world.rules.size() == 4);
  CHECK(world.unmatched_count == 0);
}

TEST_CASE("Core: the registry is asked once to disable an endpoint, however many of its answers are 410") {
  World world;
  world.use(one_endpoint());
  world.give(3, "order.created");
  world.core->run();
  while (world.answer("billing", 410)) {
  }
  CHECK(world.rules.size() == 3);
  CHECK(world.disabled == std::vector<std::string>{"billing"});
}

TEST_CASE("Core: where disabling comes to nothing, sending goes on") {
  World world;
  auto state = one_endpoint();
  state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 1; });
  world.use(state);
  world.give(2, "order.created");
  world.core->run();
  world.answer("billing", 410);
  world.core->on_disable_failed("default/billing");
  world.core->run();
  CHECK(world.flying.size() == 1);
}

TEST_CASE("Core: a deleted endpoint's deliveries end as cancelled, retries included") {
  World world;
  auto state = one_endpoint();
  state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 2; });
  world.use(state);
  world.give(5, "order.created");
  world.core->run();
  world.answer("billing", 500);  // waits in the wheel
  world.core->run();
  state.remove_subscription("s1").remove_endpoint("billing");
  world.use(state);
  world.core->run();
  CHECK(world.outcomes("cancelled") == 3);
  world.answer("billing", 500);
  world.answer("billing", 200);
  world.core->run();
  CHECK(world.outcomes("cancelled") == 4);
  CHECK(world.outcomes("delivered") == 1);
  CHECK(world.finished.size() == 5);
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Core: an endpoint that is deleted during an attempt leaves no dead letter, whatever it answers") {
  for (const int status : {400, 410, 500, 508}) {
    CAPTURE(status);
    World world;
    auto state = one_endpoint();
    state.policy("once", [](auto& policy) { policy.max_attempts = 1; });
    state.subscription("s1", "billing", "order.#", Priority::normal, "once");
    world.use(state);
    world.give({});
    world.core->run();
    REQUIRE(world.flying.size() == 1);
    state.remove_subscription("s1").remove_endpoint("billing");
    world.use(state);
    world.core->run();
    CHECK(world.attempts.empty());
    REQUIRE(world.answer("billing", status));
    world.core->run();
    CHECK(world.outcomes("cancelled") == 1);
    CHECK(world.letters.empty());
    CHECK(world.disabled.empty());
    CHECK(world.finished.size() == 1);
  }
}

TEST_CASE("Core: a paused endpoint's deliveries wait, and its maximum time stands still") {
  World world;
  auto state = one_endpoint();
  state.policy("short", [](auto& policy) {
    policy.strategy = registry::BackoffPolicy::Strategy::constant;
    policy.base_seconds = 30;
    policy.jitter = registry::BackoffPolicy::Jitter::none;
    policy.max_seconds = 100;
  });
  state.subscription("s1", "billing", "order.#", Priority::normal, "short");
  world.use(state);
  world.give({});
  world.core->run();
  world.answer("billing", 500);
  state.in_state("billing", registry::EndpointState::paused, world.clock.unix_millis());
  world.use(state);
  world.pass(std::chrono::hours{3});
  CHECK(world.flying.empty());
  state.in_state("billing", registry::EndpointState::active, world.clock.unix_millis());
  world.use(state);
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  world.answer("billing", 500);
  CHECK(world.attempts.back().outcome == "retry");
  CHECK(world.letters.empty());
}

namespace {

// Tried again every 30 s, for 100 s.
StateBuilder for_a_hundred_seconds() {
  auto state = one_endpoint();
  state.policy("short", [](auto& policy) {
    policy.strategy = registry::BackoffPolicy::Strategy::constant;
    policy.base_seconds = 30;
    policy.jitter = registry::BackoffPolicy::Jitter::none;
    policy.max_seconds = 100;
  });
  state.subscription("s1", "billing", "order.#", Priority::normal, "short");
  return state;
}

// What is known of the event's delivery to billing: once tried, `ago`.
tests::KnownStates tried(const World& world, Millis ago) {
  tests::KnownStates known;
  known["billing"] = {false, 1, 0, world.clock.unix_millis() - ago.count()};
  return known;
}

}  // namespace

TEST_CASE("Core: the policy's time goes on over a restart") {
  for (const auto& [ago, ends] : {std::pair{60, false}, {80, true}}) {
    World world;
    world.use(for_a_hundred_seconds());
    world.give({}, tried(world, std::chrono::seconds{ago}));
    world.core->run();
    REQUIRE(world.answer("billing", 500));
    CHECK(world.letters.size() == (ends ? 1 : 0));
    if (ends) CHECK(text(world.letters[0], "certes-rule") == "max_seconds");
  }
}

TEST_CASE("Core: a pause that began before the start takes no time of the policy") {
  World world;
  auto state = for_a_hundred_seconds();
  const UnixMillis tried_at = world.clock.unix_millis();
  world.clock.elapsed += std::chrono::hours{3};
  state.in_state("billing", registry::EndpointState::paused, tried_at + 10'000);
  world.use(state);
  world.give({}, tried(world, std::chrono::hours{3}));
  world.pass(std::chrono::hours{1});
  CHECK(world.flying.empty());
  state.in_state("billing", registry::EndpointState::active, world.clock.unix_millis());
  world.use(state);
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  CHECK(world.attempts.back().outcome == "retry");
  world.pass(std::chrono::seconds{31});
  REQUIRE(world.answer("billing", 500));  // 41 s of the policy's time
  CHECK(world.attempts.back().outcome == "retry");
  world.pass(std::chrono::seconds{31});
  REQUIRE(world.answer("billing", 500));  // 72 s: the next would be too late
  CHECK(world.letters.size() == 1);
}

TEST_CASE("Core: pauses take no time of the policy, though they began and ended before a restart") {
  World world;
  auto state = for_a_hundred_seconds();
  const UnixMillis tried_at = world.clock.unix_millis();
  world.clock.elapsed += std::chrono::hours{3};
  state.in_state("billing", registry::EndpointState::paused, tried_at + 10'000);
  state.in_state("billing", registry::EndpointState::active, tried_at + 3'600'000);
  state.in_state("billing", registry::EndpointState::paused, tried_at + 3'610'000);
  state.in_state("billing", registry::EndpointState::active, tried_at + 10'800'000);
  world.use(state);
  world.give({}, tried(world, std::chrono::hours{3}));
  world.core->run();
  REQUIRE(world.answer("billing", 500));  // 20 s of the policy's time
  CHECK(world.attempts.back().outcome == "retry");
}

TEST_CASE("Core: a pause that goes on when an attempt fails takes no time of the policy") {
  World world;
  auto state = for_a_hundred_seconds();
  world.use(state);
  world.give({});
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.pass(std::chrono::seconds{31});
  world.use(state.in_state("billing", registry::EndpointState::paused, world.clock.unix_millis()));
  world.pass(std::chrono::seconds{60});
  REQUIRE(world.answer("billing", 500));  // 31 s of the policy's time
  CHECK(world.attempts.back().outcome == "retry");
}

TEST_CASE("Core: a pause before the first attempt adds no time to the policy's") {
  World world;
  auto state = for_a_hundred_seconds();
  state.in_state("billing", registry::EndpointState::paused, world.clock.unix_millis());
  world.use(state);
  world.give({});
  world.core->run();
  world.pass(std::chrono::hours{1});
  state.in_state("billing", registry::EndpointState::active, world.clock.unix_millis());
  world.use(state);
  world.core->run();
  for (int attempt = 1; attempt <= 4; ++attempt) {
    REQUIRE(world.answer("billing", 500));
    CHECK(world.letters.size() == (attempt == 4 ? 1 : 0));  // 0, 31, 62 and 93 s
    world.pass(std::chrono::seconds{31});
  }
}

TEST_CASE("Core: what was known of a delivery is kept after a restart") {
  World world;
  auto state = one_endpoint();
  state.endpoint("mail").subscription("s2", "mail", "order.#");
  state.endpoint("audit").subscription("s3", "audit", "order.#");
  world.use(state);
  tests::KnownStates known;
  known["billing"] = {true, 1, 0, 0};
  known["mail"] = {false, 4, world.clock.unix_millis() + 5'000, world.clock.unix_millis()};
  world.give({}, known);
  world.core->run();
  REQUIRE(world.flying.size() == 1);  // audit alone: billing has it, mail waits
  CHECK(world.flying[0].url.ends_with("/audit"));
  world.answer("audit", 200);
  world.pass(Millis{5'001});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "certes-attempt") == "5");
  world.answer("mail", 500);
  REQUIRE(world.letters.size() == 1);
  CHECK(text(world.letters[0], "certes-rule") == "max_attempts");
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: a replay goes to its endpoint alone, as a delivery of its own") {
  CoreOptions options;
  options.deduplicate = true;
  World world(options);
  auto state = one_endpoint();
  state.endpoint("mail").subscription("s2", "mail", "order.#");
  world.use(state);
  EventText event;
  event.client_id = "order-7";
  world.give(event);
  world.core->run();
  world.answer_all(200);
  event.offset = 1;
  event.headers = {{"certes-replay", "rpl_1"}, {"certes-endpoint", "mail"}};
  world.give(event);
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].url.ends_with("/mail"));
  CHECK(World::header(world.flying[0], "certes-delivery") == delivery_id("evt_1", "mail", "rpl_1"));
}

TEST_CASE("Core: a replay goes in the class that it asks for, and a producer has no say in that") {
  World world;
  world.sender_takes = 1;
  auto state = one_endpoint();
  state.endpoint("mail").endpoint("audit");
  state.subscription("s2", "mail", "mail.#", Priority::low).subscription("s3", "audit", "audit.#", Priority::high);
  world.use(state);
  const auto give = [&](std::int64_t offset, const char* type,
                        std::vector<std::pair<std::string, std::string>> headers) {
    EventText event;
    event.id = "evt_" + std::to_string(offset);
    event.offset = offset;
    event.type = type;
    event.headers = std::move(headers);
    world.give(event);
  };
  give(0, "audit.done", {});
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  give(1, "mail.sent", {{"certes-priority", "critical"}});  // a producer's
  give(2, "order.paid", {});
  give(3, "mail.read", {{"certes-replay", "rpl_1"}, {"certes-priority", "high"}});
  give(4, "order.paid", {{"certes-replay", "rpl_2"}, {"certes-endpoint", "billing"}, {"certes-priority", "bulk"}});
  give(5, "order.paid", {{"certes-replay", "rpl_3"}, {"certes-priority", "later"}});
  std::string order;
  for (int i = 0; i < 6; ++i) {
    REQUIRE(world.flying.size() == 1);
    order += World::header(world.flying[0], "webhook-id") + " ";
    world.answer(world.flying[0].url.substr(world.flying[0].url.rfind('/') + 1), 200);
    world.core->run();
  }
  CHECK(order == "evt_0 evt_3 evt_2 evt_5 evt_1 evt_4 ");
}

TEST_CASE("Core: a foreign record that is no event is dead-lettered as malformed, saying where it stands") {
  World world;
  world.use(one_endpoint());
  auto record = std::make_shared<log::StoredRecord>();
  record->partition = 2;
  record->offset = 17;
  record->value = "what?";
  world.give_record(record);
  world.core->run();
  REQUIRE(world.letters.size() == 1);
  CHECK(text(world.letters[0], "certes-rule") == "malformed");
  CHECK(text(world.letters[0], "certes-error").starts_with("partition 2, offset 17: "));
  CHECK(world.letters[0].value == "what?");
  CHECK(world.finished.contains({2, 17}));
  tests::KnownState done;
  done.done = done.dead_lettered = true;
  World next;  // reads it again
  next.give_record(record, {{":nobody", done}});
  next.core->run();
  CHECK(next.letters.empty());
  CHECK(next.finished.contains({2, 17}));
}

TEST_CASE("Core: a record with line ends in its id or tenant is malformed, and the default tenant sees its letter") {
  for (const char* name : {"certes-id", "certes-tenant"}) {
    CAPTURE(std::string(name));
    World world;
    world.use(one_endpoint());
    auto record = std::make_shared<log::StoredRecord>();
    for (const auto& [attribute, value] : {std::pair("ce_specversion", "1.0"), std::pair("ce_id", "7"),
                                           std::pair("ce_source", "/s"), std::pair("ce_type", "a.b")})
      record->headers.add(attribute, value);
    record->headers.add(name, "evt_1\r\nX-Evil: 1");
    world.give_record(record);
    world.core->run();
    CHECK(world.flying.empty());
    REQUIRE(world.letters.size() == 1);
    CHECK(text(world.letters[0], "certes-rule") == "malformed");
    CHECK(text(world.letters[0], "certes-error").starts_with("partition 0, offset 0: " + std::string(name)));
    CHECK_FALSE(world.letters[0].headers.find("certes-tenant"));
  }
}

TEST_CASE("Core: a dead letter too large for the log goes without what does not fit") {
  World world;
  world.use(one_endpoint());
  world.letter_limit = 2'000;
  EventText event;
  event.body = std::string(5'000, 'x');
  world.give(event);
  world.core->run();
  world.answer("billing", 508);
  REQUIRE(world.letters.size() == 1);
  CHECK(world.letters[0].value.empty());
  CHECK(text(world.letters[0], "certes-error").find("see events 0:0") != std::string::npos);
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Core: an event whose dead letter the log does not take at all stays open, for a later owner") {
  World world;
  world.use(one_endpoint());
  world.letter_limit = 10;
  world.give({});
  world.core->run();
  REQUIRE(world.answer("billing", 508));
  CHECK(world.letters.empty());
  CHECK(world.problems.size() == 1);
  CHECK(world.finished.empty());
  CHECK(world.core->settled());
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Core: priority comes from the subscription alone") {
  World world;
  StateBuilder state;
  state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.subscription("s1", "billing", "order.#", Priority::low).subscription("s2", "billing", "mail.#", Priority::high);
  world.use(state);
  EventText pushy;
  pushy.headers = {
      {"priority", "critical"},         {"ce_priority", "critical"},         {"ce-priority", "critical"},
      {"x-priority", "critical"},       {"certes-h-x-priority", "critical"}, {"certes-priority", "critical"},
      {"certes-h-priority", "critical"}};
  world.give(1, "order.first");
  world.core->run();
  pushy.offset = world.next_offset++;
  world.give(pushy);
  CHECK(world.core->gauges().waiting(Priority::critical) == 0);
  world.give(1, "mail.sent");
  world.core->run();
  CHECK(world.core->gauges().waiting(Priority::low) == 1);
  CHECK(world.core->gauges().waiting(Priority::high) == 1);
  world.answer("billing", 200);
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "ce-type") == "mail.sent");
}

TEST_CASE("Core: a tenant's lowered highest priority holds for what is tried again") {
  World world;
  auto state = one_endpoint();
  state.subscription("s1", "billing", "order.#", Priority::critical);
  world.use(state);
  world.give(1, "order.created");
  world.core->run();
  world.answer("billing", 500);
  state.tenant("default", [](auto& tenant) { tenant.max_priority = Priority::low; });
  state.endpoint("billing", [](auto& endpoint) { endpoint.state = registry::EndpointState::paused; });
  world.use(state);
  world.pass(Millis{10'001});
  CHECK(world.flying.empty());
  world.use(state.endpoint("billing"));
  world.core->run();
  REQUIRE(world.answer("billing", 200));
  CHECK(world.ended_priorities == std::vector{Priority::low});
}

TEST_CASE("Core: tenants share the sends by the weights that the registry has, changed ones at once") {
  CoreOptions options;
  options.in_flight_max = 1;
  World world(std::move(options));
  StateBuilder state;
  state.tenant("acme", [](auto& tenant) { tenant.weight = 3; });
  state.endpoint("mine").subscription("s1", "mine", "#");
  state.endpoint("theirs", [](auto& endpoint) { endpoint.tenant = "acme"; });
  state.subscription("s2", "theirs", "#", Priority::normal, "", "acme");
  world.use(state);
  for (int i = 0; i < 80; ++i) {
    EventText text;
    text.id = "evt_" + std::to_string(i);
    text.offset = i;
    text.tenant = i % 2 == 0 ? "default" : "acme";
    world.give(text);
  }
  const auto sent_to_them = [&](int sends) {
    int count = 0;
    for (int i = 0; i < sends; ++i) {
      world.core->run();
      REQUIRE(world.flying.size() == 1);
      const bool theirs = world.flying[0].url.ends_with("/theirs");
      count += theirs;
      world.answer(theirs ? "theirs" : "mine", 200);
    }
    return count;
  };
  CHECK(sent_to_them(40) == 30);
  state.tenant("acme", [](auto& tenant) { tenant.weight = 1; });
  world.use(state);
  CHECK(std::abs(sent_to_them(20) - 10) <= 1);
}

TEST_CASE("Core: a request that could not be made, through no fault of the endpoint's, uses up no attempt") {
  for (const auto error : {http::TransferError::unresolved, http::TransferError::local}) {
    World world;
    world.use(one_endpoint());
    world.give({});
    world.core->run();
    for (int i = 0; i < 100; ++i) {
      REQUIRE(world.give_back("billing", error, Millis{500}));
      world.core->run();
      CHECK(world.flying.empty());
      CHECK(world.core->settled());
      CHECK(world.core->next_at() == world.clock.now() + Millis{500});
      world.pass(Millis{499});
      CHECK(world.flying.empty());
      world.pass(Millis{1});
      REQUIRE(world.flying.size() == 1);
      CHECK(World::header(world.flying[0], "certes-attempt") == "1");
    }
    CHECK(world.attempts.empty());
    CHECK(world.given_back_count == 100);
    REQUIRE(world.answer("billing", 200));
    CHECK(world.attempts.size() == 1);
    CHECK(world.attempts[0].attempt == 1);
    CHECK(world.core->gauges().memory_bytes == 0);
  }
}

TEST_CASE("Core: an endpoint rests until then with all that waits for it, in its order; others go on") {
  World world;
  auto state = one_endpoint();
  state.endpoint("mail").subscription("s2", "mail", "mail.#");
  world.use(state);
  world.give(40, "order.created");
  world.core->run();
  std::vector<std::string> before;
  for (const auto& transfer : world.flying) before.push_back(World::header(transfer, "webhook-id"));
  REQUIRE(before.size() > 1);
  while (world.give_back("billing", http::TransferError::unresolved, Millis{2'000})) {
  }
  world.core->run();
  CHECK(world.flying.empty());
  world.give(1, "mail.sent");
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.answer("mail", 200));
  world.pass(Millis{2'000});
  std::vector<std::string> after;
  for (const auto& transfer : world.flying) after.push_back(World::header(transfer, "webhook-id"));
  CHECK(after == before);
  CHECK(world.answer_all(200) == 40);
  CHECK(world.finished.size() == 41);
}

TEST_CASE("Core: an endpoint rests for the longest that was said, whatever is changed of it meanwhile") {
  World world;
  auto state = one_endpoint();
  world.use(state);
  world.give(2, "order.created");
  world.core->run();
  REQUIRE(world.give_back("billing", http::TransferError::unresolved, Millis{2'000}));
  REQUIRE(world.give_back("billing", http::TransferError::local, Millis{500}));
  world.give(1, "order.created");
  world.use(state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 7; }));
  world.pass(Millis{1'999});
  CHECK(world.flying.empty());
  world.pass(Millis{1});
  CHECK(world.flying.size() == 3);
}

TEST_CASE("Core: what was given back ends with its endpoint, and goes with its partition") {
  for (const bool deleted : {true, false}) {
    World world;
    auto state = one_endpoint();
    world.use(state);
    world.give({});
    world.core->run();
    REQUIRE(world.give_back("billing", http::TransferError::local, Millis{500}));
    if (deleted) {
      world.use(state.remove_subscription("s1").remove_endpoint("billing"));
      world.core->run();
      CHECK(world.outcomes("cancelled") == 1);
    } else {
      world.core->on_revoked(0);
      CHECK(world.released == std::vector<std::int32_t>{0});
    }
    world.pass(Millis{1'000});
    CHECK(world.flying.empty());
    CHECK(world.core->gauges().memory_bytes == 0);
  }
}

TEST_CASE("Core: the oldest that waits counts what has failed until it ends, in the wheel and in flight") {
  World world;
  world.use(one_endpoint());
  const auto oldest = [&] { return world.core->gauges().oldest_waiting[static_cast<std::size_t>(Priority::normal)]; };
  const UnixMillis accepted = world.clock.unix_millis();
  world.give({});
  world.core->run();
  CHECK(oldest() == 0);
  REQUIRE(world.answer("billing", 500));
  CHECK(oldest() == accepted);
  world.pass(Millis{10'001});
  REQUIRE(world.flying.size() == 1);
  CHECK(oldest() == accepted);
  REQUIRE(world.answer("billing", 200));
  CHECK(oldest() == 0);
}

TEST_CASE("Core: an attempt says whether its endpoint works, unless that is to get nothing now") {
  World world;
  auto state = one_endpoint();
  world.use(state);
  world.give(3, "order.created");
  world.core->run();
  REQUIRE(world.flying.size() == 3);
  REQUIRE(world.answer("billing", 500));
  REQUIRE(world.answer("billing", 200));
  CHECK(world.gone.empty());
  world.use(state.endpoint("billing", [](auto& endpoint) { endpoint.state = registry::EndpointState::paused; }));
  CHECK(world.gone == std::vector<std::string>{"default/billing"});
  REQUIRE(world.answer("billing", 500));
  CHECK(world.signs == std::vector<Sign>{Sign::fails, Sign::works, Sign::none});
}
