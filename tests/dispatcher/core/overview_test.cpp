// What a dispatcher says of itself as a whole: what it has delivered, what waits, and for which endpoints.
#include <doctest/doctest.h>

#include "common/questions/overview.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using questions::ProcessOverview;
using registry::Priority;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr auto kOfNormal = static_cast<std::size_t>(Priority::normal);

ProcessOverview overview_of(World& world, const std::string& subject = "own/50",
                            const std::string& tenant = "default") {
  auto answer = world.core->answer({"qst_1", "overview", tenant, subject, world.clock.unix_millis(), "api-1"});
  REQUIRE(answer);
  const auto overview = questions::process_overview_of(answer->value);
  REQUIRE(overview);
  return *overview;
}

void give_some(World& world, int count, const std::string& type) {
  for (int i = 0; i < count; ++i) {
    EventText text;
    text.offset = world.next_offset++;
    text.id = "evt_" + std::to_string(text.offset);
    text.type = type;
    world.give(text);
    world.clock.elapsed += Millis{1};
  }
}

StateBuilder two_endpoints() {
  StateBuilder state;
  state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 1; });
  state.endpoint("mail", [](auto& endpoint) { endpoint.concurrency = 4; });
  return state.subscription("s1", "billing", "order.#").subscription("s2", "mail", "mail.#");
}

}  // namespace

TEST_CASE("Overview: what waits is the sum of what waits for each endpoint, and what is out does not wait") {
  World world;
  world.use(two_endpoints());
  const UnixMillis start = world.clock.unix_millis();
  give_some(world, 5, "order.created");
  give_some(world, 2, "mail.sent");
  give_some(world, 3, "nobody.wants");
  world.core->run();
  const ProcessOverview now = overview_of(world);
  CHECK(now.dispatcher);
  CHECK_FALSE(now.gateway);
  CHECK_FALSE(now.reading_stopped);
  CHECK(now.started == start);
  CHECK(now.classes[kOfNormal].all() == 4);
  CHECK(now.in_flight == 3);
  CHECK(now.open == 2);
  CHECK(now.failing == 0);
  CHECK(now.delivering.unmatched == 3);
  REQUIRE(now.endpoints.size() == 2);
  CHECK(now.endpoints[0].endpoint == "billing");
  CHECK(now.endpoints[0].waiting == 4);
  CHECK(now.endpoints[0].in_flight == 1);
  CHECK(now.endpoints[1].waiting == 0);
  CHECK(now.endpoints[1].in_flight == 2);
  CHECK(overview_of(world, "own/1").endpoints.size() == 1);
  CHECK(overview_of(world, "own/1").open == 2);
}

TEST_CASE("Overview: attempts and ends are counted, with how long they took; one that fails says since when and how") {
  World world;
  world.use(two_endpoints());
  give_some(world, 1, "order.created");
  give_some(world, 1, "mail.sent");
  world.core->run();
  world.clock.elapsed += Millis{40};
  const UnixMillis failed_at = world.clock.unix_millis();
  REQUIRE(world.answer("billing", 503));
  REQUIRE(world.answer("mail", 200));
  const ProcessOverview now = overview_of(world);
  CHECK(now.delivering.delivered == 1);
  CHECK(now.delivering.attempts.delivered == 1);
  CHECK(now.delivering.attempts.retry == 1);
  CHECK(now.delivering.attempt.all() == 2);
  CHECK(now.delivering.age.all() == 1);
  CHECK(now.delivering.age.sum_us == 41'000);
  CHECK(now.open == 1);
  CHECK(now.failing == 1);
  REQUIRE(now.endpoints.size() == 1);
  CHECK(now.endpoints[0].attempts.failing_since == failed_at);
  CHECK(now.endpoints[0].error == "503");
  CHECK(now.endpoints[0].retrying == 1);
  world.pass(Millis{10'600});
  REQUIRE(world.answer("billing", 200));
  const ProcessOverview later = overview_of(world);
  CHECK(later.delivering.delivered == 2);
  CHECK(later.failing == 0);
  CHECK(later.endpoints.empty());
  CHECK(later.classes[kOfNormal] == questions::ClassWaiting{});
}

TEST_CASE("Overview: a tenant sees its own, who sees all sees the sum, and a subject that is none gets nothing") {
  World world;
  world.use(two_endpoints());
  give_some(world, 2, "order.created");
  give_some(world, 1, "nobody.wants");
  world.core->run();
  REQUIRE(world.answer("billing", 200));
  const ProcessOverview acme = overview_of(world, "own/50", "acme");
  CHECK(acme.delivering == questions::Delivering{});
  CHECK(acme.endpoints.empty());
  CHECK(acme.open == 0);
  CHECK(acme.in_flight == 0);
  const ProcessOverview all = overview_of(world, "all/50", "acme");
  CHECK(all.delivering == overview_of(world).delivering);
  CHECK(all.delivering.delivered == 1);
  CHECK(all.endpoints == overview_of(world).endpoints);
  CHECK(overview_of(world, "everything") == ProcessOverview{});
}
