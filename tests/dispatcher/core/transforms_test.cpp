// Transformations in the core: whose is run, what becomes of one that fails, and one that is mended holds for what
// waits.
#include <doctest/doctest.h>

#include "dispatcher/core.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr const char* kTotal = R"({"project":{"body":{"by":"subscription","n":"${/data/n}"}}})";
constexpr const char* kOfEndpoint = R"({"project":{"body":{"by":"endpoint"}}})";
constexpr const char* kNeedsName = R"({"project":{"body":"${/data/name} comes"}})";

StateBuilder billing(const char* of_endpoint = nullptr) {
  StateBuilder state;
  state.endpoint("billing", [&](registry::Endpoint& endpoint) {
    if (of_endpoint != nullptr) endpoint.transform = transform::compile(of_endpoint).value();
  });
  state.subscription("s", "billing", "order.#");
  return state;
}

EventText of(const std::string& body) {
  EventText event;
  event.body = body;
  return event;
}

}  // namespace

TEST_CASE("Core: the nearest transformation is run: the subscription's, the endpoint's, none") {
  World world;
  SUBCASE("none") {
    world.use(billing());
    world.give(of(R"({"n": 1})"));
    world.core->run();
    REQUIRE(world.flying.size() == 1);
    CHECK(world.flying[0].body == R"({"n": 1})");
    CHECK(world.transforms.empty());
  }
  SUBCASE("the endpoint's") {
    world.use(billing(kOfEndpoint));
    world.give(of(R"({"n": 1})"));
    world.core->run();
    REQUIRE(world.flying.size() == 1);
    CHECK(world.flying[0].body == R"({"by":"endpoint"})");
  }
  SUBCASE("the subscription's") {
    world.use(billing(kOfEndpoint).transform("s", kTotal));
    world.give(of(R"({"n": 1})"));
    world.core->run();
    REQUIRE(world.flying.size() == 1);
    CHECK(world.flying[0].body == R"({"by":"subscription","n":1})");
    CHECK(world.transforms == std::vector<std::string>{"made"});
  }
}

TEST_CASE("Core: of several subscriptions that of the one whose filter takes the event is run") {
  World world;
  StateBuilder state = billing();
  state.filter("s", R"("data.n > 5")").transform("s", kTotal);
  state.subscription("t", "billing", "order.#", registry::Priority::bulk).transform("t", kOfEndpoint);
  world.use(state);
  world.give(of(R"({"n":9})"));
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].body == R"({"by":"subscription","n":9})");
  REQUIRE(world.answer("billing", 200));
  EventText small = of(R"({"n":1})");
  small.offset = 1;
  small.id = "evt_2";
  world.give(small);
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].body == R"({"by":"endpoint"})");
}

TEST_CASE("Core: a transformation that fails is a failed attempt without a request, and one that is mended holds") {
  World world;
  StateBuilder state = billing().transform("s", kNeedsName);
  world.use(state);
  world.give(of(R"({"n":1})"));
  world.core->run();
  CHECK(world.flying.empty());
  REQUIRE(world.attempts.size() == 1);
  CHECK(world.attempts[0].error == "transform: there is nothing at /data/name");
  CHECK(world.attempts[0].outcome == "retry");
  CHECK(world.transforms == std::vector<std::string>{"missing"});
  SUBCASE("mended") {
    world.use(state.transform("s", kTotal));
    world.pass(Millis{11'000});
    REQUIRE(world.flying.size() == 1);
    CHECK(world.flying[0].body == R"({"by":"subscription","n":1})");
    REQUIRE(world.answer("billing", 200));
    CHECK(world.core->open_deliveries("default/billing") == 0);
  }
  SUBCASE("as it was") {
    world.pass(Millis{11'000});
    CHECK(world.flying.empty());
    CHECK(world.attempts.size() == 2);
  }
  CHECK(world.core->settled());
}

TEST_CASE("Core: a replay to an endpoint is transformed as its subscription says now") {
  World world;
  StateBuilder state = billing().transform("s", kNeedsName);
  world.use(state);
  EventText replay = of(R"({"n":1})");
  replay.headers = {{std::string(log::names::kReplay), "rpl_1"}, {std::string(log::names::kEndpoint), "billing"}};
  world.give(replay);
  world.core->run();
  CHECK(world.flying.empty());
  world.use(state.transform("s", kTotal));
  world.pass(Millis{11'000});
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].body == R"({"by":"subscription","n":1})");
}
