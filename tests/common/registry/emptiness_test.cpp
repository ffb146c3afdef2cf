// An empty topic of the registry: the beginning of an installation, or the end of one.

#include "common/registry/emptiness.hpp"

#include <doctest/doctest.h>

#include "common/registry/registry.hpp"
#include "tests/common/registry/fixture.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

constexpr Millis kLong{20'000};

class StillClock final : public Clock {
 public:
  SteadyTime now() const override { return SteadyTime{} + Millis{1}; }
  UnixMillis unix_millis() const override { return 1; }
};

struct Beside {
  explicit Beside(std::optional<log::Topic> topic) {
    REQUIRE(log->prepare());
    if (topic) cluster->put(*topic, 1, log::Record{});
  }
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({});
  std::unique_ptr<log::Log> log = log::memory::make(cluster, 1);
  StillClock clock;
};

bool refuses(Registry& registry) {
  const auto refused = registry.propose(put_endpoint("new"), kLong);
  return !refused && refused.error().code == Code::unavailable &&
         refused.error().message.find("registry.accept_empty") != std::string::npos;
}

}  // namespace

TEST_CASE("Emptiness: believed where nothing else was ever written either") {
  Beside beside(std::nullopt);
  CHECK(Emptiness(*beside.log, beside.clock, false).believe());
}

TEST_CASE("Emptiness: not believed beside events, until there are records or it is accepted") {
  Beside beside(log::Topic::events);
  Emptiness emptiness(*beside.log, beside.clock, false);
  const auto believed = emptiness.believe();
  REQUIRE_FALSE(believed);
  CHECK(believed.error().code == Code::unavailable);
  CHECK(emptiness.lasts());
  emptiness.over();
  CHECK_FALSE(emptiness.lasts());
  CHECK(Emptiness(*beside.log, beside.clock, true).believe());
}

TEST_CASE("Emptiness: believed beside what a dispatcher writes though nothing was accepted yet") {
  Beside beside(log::Topic::progress);
  CHECK(Emptiness(*beside.log, beside.clock, false).believe());
}

TEST_CASE("Emptiness: an installation whose first records come meanwhile is asked again, and is no trouble") {
  Beside beside(log::Topic::events);
  beside.cluster->put(log::Topic::registry, 0, log::Record{});
  Emptiness emptiness(*beside.log, beside.clock, false);
  CHECK_FALSE(emptiness.believe());
  CHECK_FALSE(emptiness.lasts());
}

TEST_CASE("Registry: an empty topic beside events is not followed until it is restored") {
  Beside beside(log::Topic::events);
  SystemClock clock;
  Registry registry(*beside.log, clock);
  REQUIRE(fakes::eventually([&] { return refuses(registry); }));
  CHECK_FALSE(registry.caught_up());
  log::Record restored;
  restored.value = *encode("chg_1", put_endpoint("a"));
  beside.cluster->put(log::Topic::registry, 0, std::move(restored));
  REQUIRE(fakes::eventually([&] { return registry.caught_up(); }));
  CHECK(registry.state()->endpoints.size() == 1);
}

TEST_CASE("Registry: an empty topic beside events is followed where that was asked for") {
  Beside beside(log::Topic::events);
  SystemClock clock;
  Registry registry(*beside.log, clock, {.accept_empty = true});
  REQUIRE(registry.propose(put_endpoint("a"), kLong));
  CHECK(registry.caught_up());
}

TEST_CASE("Registry: one that runs keeps what it has when the topic is made anew, empty") {
  Beside beside(std::nullopt);
  SystemClock clock;
  Registry registry(*beside.log, clock);
  REQUIRE(registry.propose(put_endpoint("a"), kLong));
  beside.cluster->put(log::Topic::events, 1, log::Record{});
  beside.cluster->cut(log::Topic::registry, 0, 0);
  REQUIRE(fakes::eventually([&] {
    registry.fence([](const StatePtr&) {});
    return !registry.audit({});
  }));
  CHECK(refuses(registry));
  CHECK(registry.state()->endpoints.size() == 1);
}
