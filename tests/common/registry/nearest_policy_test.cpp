// Which back-off policy holds, level by level; what is named and not there is passed over.
#include "common/registry/nearest_policy.hpp"

#include <doctest/doctest.h>

#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::registry;
using tests::StateBuilder;

namespace {

// All levels name one of their own.
struct Levels {
  Levels() {
    for (const char* id : {"of-subscription", "of-endpoint", "of-type", "of-source", "of-settings"}) builder.policy(id);
    builder.endpoint("a", [](auto& endpoint) { endpoint.backoff_policy = "of-endpoint"; })
        .subscription("s", "a", "shop.#", Priority::normal, "of-subscription")
        .event_type("shop.paid", [](auto& type) { type.backoff_policy = "of-type"; })
        .source("shop", [](auto& source) { source.backoff_policy = "of-source"; });
  }
  NearestPolicy nearest(bool subscribed, EventKind kind = EventKind::event, const char* type = "shop.paid") const {
    const auto state = builder.build();
    const auto subscription = subscribed ? state->subscription("default", "s") : nullptr;
    return nearest_policy(*state, *state->endpoint("default", "a"), subscription.get(), type, kind, "of-settings");
  }
  StateBuilder& without_endpoints() {
    return builder.change("default/a", [](auto& endpoint) { endpoint.backoff_policy.clear(); });
  }
  StateBuilder builder;
};

void check(const NearestPolicy& nearest, PolicyFrom from, const char* id) {
  CHECK(nearest.from == from);
  REQUIRE(nearest.policy);
  CHECK(nearest.policy->id == id);
}

}  // namespace

TEST_CASE("Nearest policy: subscription, endpoint, event type, source, settings") {
  Levels levels;
  check(levels.nearest(true), PolicyFrom::subscription, "of-subscription");
  check(levels.nearest(false), PolicyFrom::endpoint, "of-endpoint");
  levels.without_endpoints();
  check(levels.nearest(false), PolicyFrom::event_type, "of-type");
  check(levels.nearest(false, EventKind::event, "shop.other"), PolicyFrom::source, "of-source");
  check(levels.nearest(false, EventKind::event, "bar.other"), PolicyFrom::global, "of-settings");
}

TEST_CASE("Nearest policy: event types and sources say nothing of commands and results") {
  Levels levels;
  levels.without_endpoints();
  check(levels.nearest(false, EventKind::command), PolicyFrom::global, "of-settings");
  check(levels.nearest(false, EventKind::result), PolicyFrom::global, "of-settings");
}

TEST_CASE("Nearest policy: what is named and not there is passed over, and where nothing is named there is none") {
  StateBuilder builder;
  builder.endpoint("a", [](auto& endpoint) { endpoint.backoff_policy = "gone"; });
  const auto state = builder.build();
  const auto nearest =
      nearest_policy(*state, *state->endpoint("default", "a"), nullptr, "x.y", EventKind::event, "gone");
  CHECK(nearest.from == PolicyFrom::built_in);
  CHECK(nearest.policy == nullptr);
}

TEST_CASE("Nearest policy: the tenant's own of the settings' name, else the default tenant's") {
  StateBuilder builder;
  builder.policy("slow");
  auto state = builder.build();
  CHECK(global_policy(*state, "acme", "slow").policy->tenant == "default");
  CHECK(global_policy(*state, "acme", "slow").from == PolicyFrom::global);
  CHECK(global_policy(*state, "acme", "").from == PolicyFrom::built_in);
}
