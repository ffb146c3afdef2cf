// Filters in the core: what is routed, what comes from the log again, and what has changed meanwhile.
#include <doctest/doctest.h>

#include "common/registry/filtering.hpp"
#include "dispatcher/core.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::OnFilterError;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr const char* kLarge = R"("data.total > 50")";

StateBuilder billing(std::string_view filter = kLarge, OnFilterError on_error = OnFilterError::skip) {
  StateBuilder state;
  state.endpoint("billing").subscription("s", "billing", "order.#").filter("s", filter, on_error);
  return state;
}

EventText of(const std::string& body, std::int64_t offset = 0) {
  EventText event;
  event.id = "evt_" + std::to_string(offset);
  event.offset = offset;
  event.body = body;
  return event;
}

}  // namespace

TEST_CASE("Core: an event that a filter does not take is nobody's, and others are sent") {
  World world;
  world.use(billing());
  world.give(of(R"({"total":9})", 0));
  world.give(of(R"({"total":99})", 1));
  world.core->run();
  CHECK(world.unmatched_count == 1);
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].body == R"({"total":99})");
  REQUIRE(world.answer("billing", 200));
  CHECK(world.core->open_deliveries("default/billing") == 0);
}

TEST_CASE("Core: a filter that fails is told, and its event is skipped, sent or a dead letter") {
  World world;
  SUBCASE("skipped") {
    world.use(billing(kLarge, OnFilterError::skip));
    world.give(of("{}"));
    world.core->run();
    CHECK(world.flying.empty());
    CHECK(world.letters.empty());
    CHECK(world.unmatched_count == 1);
  }
  SUBCASE("delivered") {
    world.use(billing(kLarge, OnFilterError::deliver));
    world.give(of("{}"));
    world.core->run();
    CHECK(world.flying.size() == 1);
  }
  SUBCASE("a dead letter") {
    world.use(billing(kLarge, OnFilterError::dead_letter));
    world.give(of("{}"));
    world.core->run();
    CHECK(world.flying.empty());
    REQUIRE(world.letters.size() == 1);
    CHECK(world.letters[0].headers.get(log::names::kRule) == registry::kFilterFailed);
    CHECK(world.letters[0].headers.get(log::names::kError) ==
          "the filter of s: line 1, column 6: there is no member \"total\"");
    CHECK(world.letters[0].headers.get(log::names::kEndpoint) == "billing");
    CHECK(world.core->open_deliveries("default/billing") == 0);
  }
  CHECK(world.failed_filters == std::vector<std::string>{"s: line 1, column 6: there is no member \"total\""});
}

TEST_CASE("Core: a filter that fails on more than one in a hundred is told of, once in ten minutes") {
  World world;
  StateBuilder state = billing();
  state.endpoint("ops").subscription("errors", "ops", "certes.#");
  world.use(state);
  std::int64_t offset = 0;
  const auto give = [&](const std::string& body, int times) {
    for (int i = 0; i < times; ++i) world.give(of(body, offset++));
    world.core->run();
    while (world.answer("billing", 200)) {
    }
  };
  give(R"({"total":99})", 300);
  give("{}", 3);
  CHECK(world.notices.empty());
  give("{}", 2);
  REQUIRE(world.notices.size() == 1);
  const auto& headers = world.notices[0].headers;
  CHECK(headers.get("ce_type") == "certes.subscription.filter_failing");
  CHECK(headers.get("ce_subject") == "s");
  CHECK(world.notices[0].value.find(R"("endpoint":"billing","subscription":"s","event":{"id":"evt_303")") !=
        std::string::npos);
  CHECK(world.notices[0].value.find(R"("url":"/api/v1/subscriptions/s")") != std::string::npos);
}

TEST_CASE("FilterHealth: what failed is held against what was asked in five to ten minutes") {
  FilterHealth health;
  const auto* filter = reinterpret_cast<const filter::Program*>(&health);
  const auto ask = [&](int times, UnixMillis at) {
    for (int i = 0; i < times; ++i) health.asked(filter, at);
  };
  constexpr UnixMillis kMinute = 60'000;
  ask(200, 0);
  CHECK_FALSE(health.failed(filter));
  ask(100, 6 * kMinute);
  CHECK_FALSE(health.failed(filter));  // 2 of 300
  CHECK_FALSE(health.failed(filter));
  CHECK(health.failed(filter));  // 4 of 300
  ask(1'000, 12 * kMinute);
  CHECK_FALSE(health.failed(filter));  // 4 of 1,100
  ask(1, 60 * kMinute);
  CHECK(health.failed(filter));  // 1 of 1
}

TEST_CASE("Core: a delivery that waits on the log is held to the filter again when it comes, with the same end") {
  World world;
  StateBuilder state = billing();
  state.subscription("t", "billing", "order.#", Priority::bulk).filter("t", R"("data.total > 5")");
  world.use(state);
  // As an earlier owner has left them: tried, and due again.
  world.give(of(R"({"total":99})", 0), {{"billing", {.attempts = 1}}});
  world.give(of(R"({"total":9})", 1), {{"billing", {.attempts = 1}}});
  world.give(of(R"({"total":1})", 2), {{"billing", {.attempts = 1}}});
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  CHECK(world.flying[0].body == R"({"total":99})");
  CHECK(world.flying[1].body == R"({"total":9})");
  CHECK(world.outcomes("cancelled") == 1);  // no subscription takes it any more
  CHECK(world.answer_all(200) == 2);
  CHECK(world.ended_priorities.size() == 3);
}

TEST_CASE("Core: what a changed filter does not take any more is cancelled before its next attempt") {
  World world;
  StateBuilder state = billing();
  world.use(state);
  world.give(of(R"({"total":99})"));
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  SUBCASE("it takes it still") {
    world.use(state.filter("s", R"("data.total > 60")"));
    world.pass(Millis{11'000});
    CHECK(world.flying.size() == 1);
  }
  SUBCASE("it does not") {
    world.use(state.filter("s", R"("data.total > 500")"));
    world.pass(Millis{11'000});
    CHECK(world.flying.empty());
    CHECK(world.outcomes("cancelled") == 1);
  }
  SUBCASE("it fails, and makes dead letters") {
    world.use(state.filter("s", R"("data.other > 500")", OnFilterError::dead_letter));
    world.pass(Millis{11'000});
    CHECK(world.flying.empty());
    REQUIRE(world.letters.size() == 1);
    CHECK(world.letters[0].headers.get(log::names::kRule) == registry::kFilterFailed);
  }
}

TEST_CASE("Core: a replay to an endpoint is not held to its filter") {
  World world;
  world.use(billing());
  EventText replay = of(R"({"total":9})");
  replay.headers = {{std::string(log::names::kReplay), "rpl_1"}, {std::string(log::names::kEndpoint), "billing"}};
  world.give(replay);
  world.core->run();
  CHECK(world.flying.size() == 1);
}

TEST_CASE("Core: a caller who waits is told of as many deliveries as filters let through") {
  World world;
  StateBuilder state = billing();
  state.endpoint("mail").subscription("m", "mail", "#").filter("m", R"("data.total > 500")");
  state.endpoint("shop").subscription("p", "shop", "#");
  world.use(state);
  EventText waited = of(R"({"total":99})");
  waited.headers = {{std::string(log::names::kWait), "1"}};
  world.give(waited);
  CHECK(world.answer_all(200) == 2);
  REQUIRE(world.attempts.size() == 2);
  CHECK(world.attempts[0].deliveries == 2);
  CHECK(world.attempts[1].deliveries == 2);
}
