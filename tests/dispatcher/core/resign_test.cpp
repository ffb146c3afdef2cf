// Whose signature is made anew for a late attempt, and, more, whose is not.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;
using tests::StateBuilder;
using tests::World;
using Tolerance = registry::Source::SignatureTolerance;

namespace {

const std::string kBody = R"({"id":"evt_1"})", kCame = "t=1700000000,v1=as-it-came";

std::string signed_at(std::int64_t seconds) {
  const std::string time = std::to_string(seconds);
  return "t=" + time + ",v1=" + crypto::hex_encode(crypto::Hmac("new").sign({time, ".", kBody}));
}

EventText webhook() {
  EventText event;
  event.type = "shop.paid";
  event.source = "shop";
  event.body = kBody;
  event.headers = {{"certes-verified", "stripe/shop"}, {"certes-h-stripe-signature", kCame}};
  return event;
}

struct Installation {
  explicit Installation(bool only_where_said = false)
      : world([&] {
          CoreOptions options;
          options.resign_only_where_said = only_where_said;
          return options;
        }()) {
    declare([](registry::Source&) {});
  }
  template <class Edit>
  void declare(Edit edit) {
    state.endpoint("one").subscription("s", "one", "#");
    state.source("shop", [&](registry::Source& source) {
      source.verify.scheme = "stripe";
      for (const char* secret : {"new", "old"})
        source.verify.secrets.push_back(world.sealer.seal(secret, seal_context(source)));
      edit(source);
    });
    world.use(state);
  }
  // The signature that the endpoint gets at an attempt so long after the provider signed.
  std::string at(Millis later, const EventText& event = webhook()) {
    world.clock.elapsed = later;
    world.give(event);
    world.core->run();
    REQUIRE(world.flying.size() == 1);
    std::string header = World::header(world.flying.front(), "stripe-signature");
    CHECK(world.flying.front().body == kBody);
    world.answer("one", 200);
    return header;
  }

  World world;
  StateBuilder state;
};

constexpr Millis kHour{3'600'000};

}  // namespace

TEST_CASE("Resign: later than half the tolerance, with the newest secret, and anew at each attempt") {
  Installation installation;
  World& world = installation.world;
  world.give(webhook());
  world.core->run();
  CHECK(World::header(world.flying.front(), "stripe-signature") == kCame);
  world.answer("one", 500);
  world.pass(Millis{150'000});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying.front(), "stripe-signature") == kCame);
  world.answer("one", 500);
  world.pass(Millis{10'001});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying.front(), "stripe-signature") == signed_at(1'700'000'160));
  world.answer("one", 500);
  world.pass(kHour);
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying.front(), "stripe-signature") == signed_at(1'700'003'760));
}

TEST_CASE("Resign: by the source's own tolerance, and not where it says keep") {
  Installation installation;
  installation.declare([](auto& source) { source.verify.tolerance_seconds = 10; });
  CHECK(installation.at(Millis{5'000}) == kCame);
  CHECK(installation.at(Millis{5'001}) == signed_at(1'700'000'005));
  installation.declare([](auto& source) { source.signature_tolerance = Tolerance::keep; });
  CHECK(installation.at(kHour) == kCame);
  installation.declare([](auto& source) { source.signature_tolerance = Tolerance::resign; });
  CHECK(installation.at(kHour) == signed_at(1'700'003'600));
}

TEST_CASE("Resign: a replay that kept its mark, to its one endpoint") {
  Installation installation;
  auto replay = webhook();
  replay.headers.emplace_back("certes-replay", "rpl_1");
  replay.headers.emplace_back("certes-endpoint", "one");
  CHECK(installation.at(kHour, replay) == signed_at(1'700'003'600));
}

TEST_CASE("Resign: nothing that no gateway has marked, nor what its mark does not fit") {
  Installation installation;
  auto event = webhook();
  event.headers.erase(event.headers.begin());
  CHECK(installation.at(kHour, event) == kCame);
  for (const std::string mark : {"", "stripe", "stripe/", "stripe/other", "slack/shop", "/shop", "Stripe/shop"}) {
    CAPTURE(mark);
    event = webhook();
    event.headers.front().second = mark;
    if (mark.empty()) continue;
    CHECK(installation.at(kHour, event) == kCame);
  }
  event = webhook();
  event.source = "urn:somebody";
  CHECK(installation.at(kHour, event) == kCame);
}

TEST_CASE("Resign: not for a source that has gone, or has another scheme, or no secret that opens") {
  Installation installation;
  installation.declare([](auto& source) { source.verify.scheme = "paddle"; });
  CHECK(installation.at(kHour) == kCame);
  installation.declare([](auto& source) { source.verify.secrets.front() = "sealed:v1:00000000:AAAA"; });
  CHECK(installation.at(kHour) == kCame);
  installation.declare([](auto& source) { source.verify.secrets.clear(); });
  CHECK(installation.at(kHour) == kCame);
  World alone;
  alone.use(StateBuilder().endpoint("one").subscription("s", "one", "#"));
  alone.clock.elapsed = kHour;
  alone.give(webhook());
  alone.core->run();
  REQUIRE(alone.flying.size() == 1);
  CHECK(World::header(alone.flying.front(), "stripe-signature") == kCame);
}

TEST_CASE("Resign: where others may write to the log, only for sources that say so") {
  Installation installation(true);
  CHECK(installation.at(kHour) == kCame);
  installation.declare([](auto& source) { source.signature_tolerance = Tolerance::resign; });
  CHECK(installation.at(kHour) == signed_at(1'700'003'600));
}
