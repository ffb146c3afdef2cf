// The events about Certes that a core publishes.

#include <doctest/doctest.h>

#include "common/event/notice.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::tests;
using namespace certes::dispatcher;
using registry::EndpointState;

namespace {

constexpr std::string_view kDeadLettered = "certes.delivery.dead_lettered";

// An endpoint, and one that gets what is about it.
StateBuilder watched() {
  StateBuilder state = one_endpoint();
  state.endpoint("ops").subscription("errors", "ops", "certes.#");
  return state;
}

CoreOptions once() {
  CoreOptions options;
  auto policy = std::make_shared<registry::BackoffPolicy>();
  policy->strategy = registry::BackoffPolicy::Strategy::constant;
  policy->base_seconds = 10;
  policy->jitter = registry::BackoffPolicy::Jitter::none;
  policy->max_attempts = 1;
  options.routing.fallback = policy;
  return options;
}

CoreOptions patient() {
  CoreOptions options;
  auto policy = std::make_shared<registry::BackoffPolicy>(*once().routing.fallback);
  policy->max_attempts = 1'000;
  options.routing.fallback = policy;
  return options;
}

std::vector<std::string> types(const std::vector<log::Record>& records) {
  std::vector<std::string> found;
  for (const log::Record& record : records) found.emplace_back(record.headers.get("ce_type"));
  return found;
}

// As the log does it: the notice is read again, in that partition.
void give_back(World& world, const log::Record& notice, std::int64_t offset, std::int32_t partition = 0) {
  auto record = std::make_shared<log::StoredRecord>();
  record->partition = partition;
  record->offset = offset;
  record->appended_at = world.clock.unix_millis();
  record->headers = notice.headers;
  record->value = notice.value;
  world.give_record(record);
}

void fail_for(World& world, const std::string& endpoint, Millis time, int status = 500) {
  const Millis until = world.clock.elapsed + time;
  for (world.core->run(); world.clock.elapsed < until; world.pass(Millis{1'000})) {
    while (world.answer(endpoint, status)) {
    }
  }
}

}  // namespace

TEST_CASE("Notices: a dead letter is told of in its event's partition, before it is appended itself") {
  World world(once());
  world.use(watched());
  world.acknowledge_at_once = false;
  EventText order;
  order.partition = 3;
  order.headers = {{"certes-hops", "2"}, {"ce_subject", "42"}};
  world.give(order);
  world.core->run();
  REQUIRE(world.answer("billing", 503));
  REQUIRE(world.events.size() == 1);
  const log::Record& notice = world.events[0];
  CHECK(notice.headers.get("ce_type") == kDeadLettered);
  CHECK(notice.headers.get("ce_subject") == "billing");
  CHECK(notice.headers.get("certes-hops") == "2");
  CHECK(notice.headers.get("ce_causeid") == "evt_1");
  CHECK(world.event_origins[0] == Place{3, 0});
  const std::string delivery = delivery_id("evt_1", "billing", {});
  CHECK(notice.headers.get("ce_id") == "certes.delivery.dead_lettered/" + delivery);
  CHECK(notice.value == R"({"tenant":"default","endpoint":"billing","event":{"id":"evt_1","type":"order.created",)"
                        R"("source":"urn:certes:default","subject":"42"},"delivery":")" +
                            delivery +
                            R"(","attempts":1,"rule":"max_attempts","error":"503","status":503,)"
                            R"("url":"/api/v1/dead-letters/)" +
                            delivery + "\"}");
  world.acknowledge_all();
  CHECK(world.lost_notices.empty());
  CHECK(world.letters.size() == 1);
}

TEST_CASE("Notices: what the log has announced and not got is told of again under the same id") {
  World world(once());
  world.use(watched());
  world.give({}, {{"billing", {.attempts = 1, .due = Due::dead_letter, .rule = "max_attempts", .error = "500"}}});
  world.core->run();
  REQUIRE(world.events.size() == 1);
  CHECK(world.events[0].headers.get("ce_id") == "certes.delivery.dead_lettered/" + delivery_id("evt_1", "billing", {}));
}

TEST_CASE("Notices: a dead letter counts on from its replay, and is told of once it is exhausted") {
  const auto run = [](const std::string& replays, int max_attempts) {
    CoreOptions options = once();
    auto policy = std::make_shared<registry::BackoffPolicy>(*options.routing.fallback);
    policy->id = "daily";
    if (max_attempts > 0) policy->reprocess = registry::Reprocess{60, static_cast<std::uint32_t>(max_attempts)};
    options.routing.fallback = policy;
    World world(options);
    world.use(watched());
    EventText order;
    if (!replays.empty())
      order.headers = {
          {"certes-replay", "rpl_letter_0-7"}, {"certes-endpoint", "billing"}, {"certes-replays", replays}};
    world.give(order);
    world.core->run();
    REQUIRE(world.answer("billing", 503));
    REQUIRE(world.letters.size() == 1);
    CHECK(world.letters[0].headers.get("certes-policy") == "daily");
    CHECK(world.letters[0].headers.get("certes-replays") == replays);
    CHECK(world.exhausted_count == static_cast<int>(world.events.size()) - 1);
    return world.events;
  };
  using Types = std::vector<std::string>;
  const std::string exhausted = "certes.dead_letter.exhausted", dead_lettered(kDeadLettered);
  CHECK(types(run("", 1)) == Types{dead_lettered});
  CHECK(types(run("1", 2)) == Types{dead_lettered});
  CHECK(types(run("9", 0)) == Types{dead_lettered});
  const auto told = run("2", 2);
  REQUIRE(types(told) == Types{dead_lettered, exhausted});
  CHECK(told[1].headers.get("ce_id").starts_with("certes.dead_letter.exhausted/dlv_"));
  CHECK(told[1].headers.get("ce_subject") == "billing");
  CHECK(told[1].value.find(R"("attempts":1,"replays":2,"rule":"max_attempts")") != std::string::npos);
}

TEST_CASE("Notices: where nobody subscribes to them, none is published") {
  World world(once());
  StateBuilder state = one_endpoint();
  state.endpoint("ops").subscription("all", "ops", "#").subscription("some", "ops", "certes.endpoint.*");
  world.use(state);
  world.give(1, "order.created");
  world.answer_all(500);
  CHECK(world.letters.size() == 2);
  CHECK(world.events.empty());
  CHECK(world.notices.empty());
}

TEST_CASE("Notices: what is malformed is told of without what it says of itself") {
  World world;
  world.use(watched());
  EventText text;
  text.type = "order..x";
  world.give(text);
  world.core->run();
  REQUIRE(world.events.size() == 1);
  CHECK(world.events[0].value.find("\"event\"") == std::string::npos);
  CHECK(world.events[0].value.find(R"("rule":"malformed")") != std::string::npos);
  CHECK(world.events[0].headers.get("ce_causeid").empty());
}

TEST_CASE("Notices: the dead letter of one makes no other, and is counted") {
  World world(once());
  StateBuilder state = watched();
  world.use(state);
  world.give(1, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  REQUIRE(world.events.size() == 1);
  give_back(world, world.events[0], 1);
  world.core->run();
  REQUIRE(world.answer("ops", 500));
  CHECK(world.letters.size() == 2);
  CHECK(world.events.size() == 1);
  REQUIRE(world.lost_notices.size() == 1);
  CHECK(world.lost_notices[0].find("max_attempts") != std::string::npos);
  CHECK_FALSE(world.letters[1].headers.find("certes-undelivered"));
}

TEST_CASE("Notices: the default tenant's subscriptions get those of all tenants, beside the tenant's own") {
  World world(once());
  StateBuilder state;
  const auto acme = [](auto& endpoint) { endpoint.tenant = "acme"; };
  const auto at = [](const std::string& tenant) {
    return [tenant](auto& endpoint) {
      endpoint.tenant = tenant;
      endpoint.url = "http://127.0.0.1/" + tenant + "-ops";
    };
  };
  state.endpoint("billing", acme).subscription("s", "billing", "order.#", registry::Priority::normal, {}, "acme");
  state.endpoint("ops", at("acme")).subscription("e", "ops", "certes.#", registry::Priority::normal, {}, "acme");
  state.endpoint("ops", at("default")).subscription("errors", "ops", "certes.delivery.#").tenants("errors", {"*"});
  world.use(state);
  EventText order;
  order.tenant = "acme";
  world.give(order);
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  REQUIRE(world.events.size() == 1);
  give_back(world, world.events[0], 1);
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  CHECK(World::header(world.flying[0], "certes-delivery") != World::header(world.flying[1], "certes-delivery"));
  CHECK(World::header(world.flying[0], "webhook-id") == World::header(world.flying[1], "webhook-id"));
  REQUIRE(world.answer("acme-ops", 204));
  REQUIRE(world.answer("default-ops", 500));

  // Its dead letter is the tenant's whose endpoint did not take it, and a replay finds that endpoint.
  REQUIRE(world.letters.size() == 2);
  CHECK(world.letters[0].headers.get("certes-tenant") == "acme");
  CHECK(world.letters[1].headers.get("certes-tenant") == "default");
  CHECK(world.letters[1].headers.get("certes-endpoint") == "ops");
  CHECK(world.letters[1].headers.get("certes-delivery") !=
        delivery_id(world.letters[1].headers.get("certes-id"), "ops", {}));
  CHECK(world.finished.size() == 2);
  log::Record again = world.letters[1];
  again.headers.add("certes-replay", "rpl_1");
  give_back(world, again, 2);
  world.core->run();
  CHECK(world.answer("default-ops", 204));
  CHECK(world.flying.empty());
}

TEST_CASE("Notices: a subscription to other tenants that goes takes what waits of theirs with it") {
  World world(once());
  StateBuilder state;
  state.endpoint("ops", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.subscription("errors", "ops", "certes.#").tenants("errors", {"*"});
  world.use(state);
  for (int i = 0; i < 2; ++i) {
    EventText text;
    text.id = "evt_" + std::to_string(i);
    text.type = kDeadLettered;
    text.tenant = "acme";
    text.offset = i;
    text.source = "urn:certes:acme/notices";
    world.give(text);
  }
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  state.tenants("errors", {"other"});
  world.use(state);
  REQUIRE(world.answer("ops", 204));
  world.pass(Millis{1'000});
  CHECK(world.flying.empty());
  CHECK(world.outcomes("cancelled") == 1);
  CHECK(world.outcomes("delivered") == 1);
}

TEST_CASE("Notices: an endpoint is failing once it has done nothing else for a minute, and recovers after that alone") {
  World world(patient());
  world.use(watched());
  world.give(1, "order.created");
  fail_for(world, "billing", Millis{55'000});
  CHECK(world.notices.empty());
  fail_for(world, "billing", Millis{200'000});
  REQUIRE(types(world.notices) == std::vector<std::string>{"certes.endpoint.failing"});
  CHECK(world.notices[0].key == "billing");
  CHECK(world.notices[0].value.find(R"("since":"2023-11-14T22:13:20)") != std::string::npos);
  CHECK(world.notices[0].value.find(R"("status":500)") != std::string::npos);
  world.pass(Millis{20'000});
  REQUIRE(world.answer("billing", 204));
  CHECK(types(world.notices) == std::vector<std::string>{"certes.endpoint.failing", "certes.endpoint.recovered"});

  world.give(1, "order.created");
  fail_for(world, "billing", Millis{30'000});
  world.pass(Millis{20'000});
  REQUIRE(world.answer("billing", 204));
  CHECK(world.notices.size() == 2);
}

TEST_CASE("Notices: the next owner says that an endpoint works again, which was failing before it came") {
  World before(patient());
  before.use(watched());
  before.give(1, "order.created");
  fail_for(before, "billing", Millis{70'000});
  REQUIRE(before.notices.size() == 1);
  World after(patient());
  after.clock.elapsed = before.clock.elapsed;
  after.use(watched());
  after.stored = before.stored;
  after.run(0, std::move(before.indexes[0])).rebuild_calendar();
  after.pass(Millis{20'000});
  REQUIRE(after.answer("billing", 204));
  CHECK(types(after.notices) == std::vector<std::string>{"certes.endpoint.recovered"});
}

TEST_CASE("Notices: what several dispatchers say of an endpoint within ten minutes of the log's time has one id") {
  std::vector<log::Record> said;
  for (const Millis off : {Millis{0}, Millis{540'000}}) {
    World world(patient());
    world.clock.wall_back = off;
    StateBuilder state = watched();
    state.endpoint("billing", [](auto& endpoint) { endpoint.breaker = registry::BreakerSettings{.failures = 2}; });
    world.use(state);
    for (int i = 0; i < 2; ++i) {
      EventText text;
      text.offset = i;
      world.give_record(make_event(text, 1'700'000'000'000));
    }
    world.core->run();
    while (world.answer("billing", 500)) {
    }
    REQUIRE(types(world.notices) == std::vector<std::string>{"certes.breaker.opened"});
    said.push_back(world.notices[0]);
  }
  CHECK(said[0].identity == said[1].identity);
  CHECK(said[0].key == said[1].key);
}

TEST_CASE("Notices: a breaker that opens and closes again and again is told of once in ten minutes") {
  World world(patient());
  StateBuilder state = watched();
  state.endpoint("billing", [](auto& endpoint) { endpoint.breaker = registry::BreakerSettings{.failures = 2}; });
  world.use(state);
  const auto flap = [&] {
    world.give(4, "order.created");
    fail_for(world, "billing", Millis{2'000});
    for (int i = 0; i < 60; ++i) {
      world.pass(Millis{1'000});
      while (world.answer("billing", 204)) {
      }
    }
  };
  flap();
  CHECK(types(world.notices) == std::vector<std::string>{"certes.breaker.opened", "certes.breaker.closed"});
  flap();
  CHECK(world.notices.size() == 2);
  world.pass(Millis{600'000});
  flap();
  CHECK(world.notices.size() == 4);
  CHECK(world.notices[0].identity != world.notices[2].identity);
}

TEST_CASE("Notices: who gets what is about him, and fails, is told of it a bounded number of times") {
  World world(patient());
  StateBuilder state;
  state.endpoint("ops", [](auto& endpoint) { endpoint.breaker = registry::BreakerSettings{.failures = 2}; });
  state.subscription("errors", "ops", "certes.#").subscription("orders", "ops", "order.#");
  world.use(state);
  world.give(5, "order.created");
  std::size_t read = 0;
  for (int minute = 0; minute < 120; ++minute) {
    fail_for(world, "ops", Millis{60'000});
    for (; read < world.notices.size(); ++read) give_back(world, world.notices[read], world.next_offset++);
  }
  // One that it is failing, and of its breaker.
  CHECK(types(world.notices) == std::vector<std::string>{"certes.breaker.opened", "certes.endpoint.failing"});
  CHECK(world.events.empty());
}

TEST_CASE("Notices: what the registry says of an endpoint's state is told once for each change") {
  World world;
  StateBuilder state = watched();
  world.use(state);
  const UnixMillis now = world.clock.unix_millis();
  state.in_state("billing", EndpointState::disabled, now + 1).change("default/billing", [](auto& endpoint) {
    endpoint.disabled_reason = "gone";
  });
  world.use(state);
  REQUIRE(types(world.notices) == std::vector<std::string>{"certes.endpoint.disabled"});
  CHECK(world.notices[0].value.find(R"("rule":"gone")") != std::string::npos);
  world.use(state);
  state.endpoint("other");
  world.use(state);
  CHECK(world.notices.size() == 1);
  state.in_state("billing", EndpointState::paused, now + 2).in_state("billing", EndpointState::active, now + 3);
  world.use(state);
  CHECK(types(world.notices).back() == "certes.endpoint.enabled");
  CHECK(world.notices.size() == 2);
  // Both at once, as not every State is seen; and each has an id of its own.
  state.in_state("billing", EndpointState::disabled, now + 4).in_state("billing", EndpointState::active, now + 5);
  world.use(state);
  CHECK(world.notices.size() == 4);
  CHECK(world.notices[2].identity != world.notices[0].identity);

  // Who begins is told what has happened of late by those who were there, too: the same ones.
  World other;
  other.use(state);
  REQUIRE(other.notices.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto same = [&](const log::Record& one) { return one.identity == other.notices[i].identity; };
    CHECK(std::ranges::count_if(world.notices, same) == 1);
  }
  World later;
  later.clock.elapsed = Millis{3'600'000};
  later.use(state);
  CHECK(later.notices.empty());
}

TEST_CASE("Notices: an endpoint that is made anew, or is gone, has no changes of the one before") {
  World world;
  StateBuilder state = watched();
  world.use(state);
  state.in_state("billing", EndpointState::disabled, world.clock.unix_millis() + 1);
  world.use(state);
  CHECK(world.notices.size() == 1);
  state.remove_endpoint("billing");
  world.use(state);
  state.endpoint("billing");
  world.use(state);
  CHECK(world.notices.size() == 1);
}

TEST_CASE("Notices: what the log does not take is counted, and holds up nothing") {
  World world(once());
  world.use(watched());
  world.event_limit = 10;
  world.give(3, "order.created");
  world.core->run();
  while (world.answer("billing", 500)) {
  }
  CHECK(world.letters.size() == 3);
  CHECK(world.finished.size() == 3);
  CHECK(world.lost_notices.size() == 3);
}

TEST_CASE("Notices: what is still on its way when its partition goes is counted as lost") {
  World world(once());
  world.use(watched());
  world.acknowledge_at_once = false;
  world.give(1, "order.created");
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  CHECK(world.lost_notices.empty());
  world.unacknowledged.clear();
  CHECK(world.lost_notices.size() == 1);
}

TEST_CASE("Notices: a loss of the log is the default tenant's, whoever subscribes to it") {
  World world;
  world.core->on_log_lost(7, 1'000);
  REQUIRE(world.notices.size() == 1);
  CHECK(world.notices[0].headers.get("ce_type") == "certes.log.lost");
  CHECK(world.notices[0].headers.get("certes-tenant") == "default");
  CHECK(world.notices[0].value.find(R"("partition":7,"records":1000)") != std::string::npos);
}
