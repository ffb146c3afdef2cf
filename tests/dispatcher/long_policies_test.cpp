#include "dispatcher/long_policies.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::StateBuilder;

namespace {

constexpr Millis kDay{86'400'000};

void of_days(StateBuilder& state, const std::string& id, double days) {
  state.policy(id, [days](auto& policy) mutable {
    policy.strategy = registry::BackoffPolicy::Strategy::schedule;
    for (; days > 0; --days) policy.schedule_seconds.push_back(std::min(days, 1.0) * 86'400);  // a day at most
  });
}

}  // namespace

TEST_CASE("LongPolicies: those that take longer than deliveries may be open are told, once, and when they change") {
  StateBuilder state;
  of_days(state, "long", 8.5);
  of_days(state, "short", 8);
  state.policy("endless");
  LongPolicies policies(9 * kDay, "");
  CHECK(policies.follow(state.build()) ==
        "back-off policies are longer than deliveries may be open, which end as waited_too_long: "
        "default/long takes up to 8.5 days, and events.max_wait_seconds (9 days) less 1 day leaves "
        "it 8 days");
  CHECK_FALSE(policies.follow(state.build()));
  of_days(state, "short", 9);
  CHECK(policies.follow(state.build())->find("default/short takes up to 9 days") != std::string::npos);
  for (int i = 0; i < 7; ++i) of_days(state, "more" + std::to_string(i), 10);
  CHECK(policies.follow(state.build())->ends_with("; and 2 more"));
}

TEST_CASE("LongPolicies: where deliveries may be open for ever none is too long") {
  StateBuilder state;
  state.policy("endless");
  CHECK_FALSE(LongPolicies(Millis{0}, "endless").follow(state.build()));
  CHECK_FALSE(LongPolicies(Millis{0}, "endless").refusal(*state.build()));
}

TEST_CASE("LongPolicies: the one that the settings name is refused, the default is told") {
  StateBuilder state;
  of_days(state, "long", 8.5);
  LongPolicies named(9 * kDay, "long");
  CHECK(named.refusal(*state.build()) ==
        "backoff.policy: the back-off policy \"long\" takes up to 8.5 days, and events.max_wait_seconds (9 days) less "
        "1 day leaves it 8 days");
  CHECK_FALSE(LongPolicies(10 * kDay, "long").refusal(*state.build()));
  CHECK_FALSE(LongPolicies(9 * kDay, "none").refusal(*state.build()));
  LongPolicies two_days(2 * kDay, "");
  CHECK(two_days.follow(StateBuilder().build())->find("the default, where none is named, takes up to") !=
        std::string::npos);
  CHECK_FALSE(two_days.follow(StateBuilder().build()));
  CHECK_FALSE(LongPolicies(9 * kDay, "").follow(StateBuilder().build()));
}
