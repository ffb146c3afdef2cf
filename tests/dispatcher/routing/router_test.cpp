#include "dispatcher/routing/router.hpp"

#include <doctest/doctest.h>

#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using registry::Priority;
using tests::StateBuilder;

namespace {

Router make(const StateBuilder& state, std::string global = {}) {
  auto fallback = std::make_shared<registry::BackoffPolicy>();
  fallback->id = "fallback";
  return Router(state.build(), {std::move(global), std::move(fallback)});
}

}  // namespace

TEST_CASE("Router: an endpoint gets an event once, at the highest priority of its subscriptions") {
  StateBuilder state;
  state.endpoint("billing").endpoint("mail");
  state.subscription("s1", "billing", "order.*", Priority::low);
  state.subscription("s2", "billing", "order.created", Priority::critical);
  state.subscription("s3", "billing", "#", Priority::normal);
  state.subscription("s4", "mail", "#", Priority::bulk);
  auto router = make(state);
  const auto& matches = router.route("default", "order.created");
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].key == "default/billing");
  CHECK(matches[0].priority == Priority::critical);
  CHECK(matches[1].key == "default/mail");
  CHECK(matches[1].priority == Priority::bulk);
  CHECK(router.route("default", "order.paid")[0].priority == Priority::normal);
  CHECK(router.route("other", "order.paid").empty());
}

TEST_CASE("Router: in what state an endpoint is makes no difference, but that it is there") {
  StateBuilder state;
  state.endpoint("off", [](auto& e) { e.state = EndpointState::disabled; });
  state.endpoint("held", [](auto& e) { e.state = EndpointState::paused; });
  state.subscription("s1", "off", "#").subscription("s2", "held", "#").subscription("s3", "gone", "#");
  auto router = make(state);
  const auto& matches = router.route("default", "a");
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].endpoint->id == "held");
  CHECK(matches[1].endpoint->id == "off");
  CHECK(router.only("default", "a", "off").has_value());
  CHECK_FALSE(router.only("default", "a", "gone").has_value());
}

TEST_CASE("Router: the nearest back-off policy holds") {
  StateBuilder state;
  for (const auto* id : {"sub", "end", "type", "src", "glob"}) state.policy(id);
  state.source("github", [](auto& s) { s.backoff_policy = "src"; });
  state.event_type("github.issues", [](auto& t) { t.backoff_policy = "type"; });
  state.endpoint("a", [](auto& e) { e.backoff_policy = "end"; });
  state.endpoint("b");
  state.endpoint("c", [](auto& e) { e.backoff_policy = "deleted"; });
  state.subscription("s1", "a", "x", Priority::normal, "sub").subscription("s2", "a", "y");
  state.subscription("s3", "b", "github.#").subscription("s4", "b", "z").subscription("s5", "c", "z");
  auto router = make(state, "glob");
  CHECK(router.route("default", "x")[0].policy->id == "sub");
  CHECK(router.route("default", "y")[0].policy->id == "end");
  CHECK(router.route("default", "github.push")[0].policy->id == "src");
  CHECK(router.route("default", "github.issues")[0].policy->id == "type");
  CHECK(router.route("default", "github.issues.opened")[0].policy->id == "src");
  CHECK(router.route("default", "z")[0].policy->id == "glob");
  CHECK(router.route("default", "z")[1].policy->id == "glob");
  auto plain = make(state);
  CHECK(plain.route("default", "z")[0].policy->id == "fallback");
}

TEST_CASE("Router: a replay goes to its endpoint at the priority of its subscription") {
  StateBuilder state;
  state.endpoint("a").endpoint("b");
  state.subscription("s1", "a", "x", Priority::high).subscription("s2", "b", "x", Priority::low);
  auto router = make(state);
  CHECK(router.only("default", "x", "b")->priority == Priority::low);
  CHECK(router.only("default", "other", "b")->priority == Priority::normal);
}

TEST_CASE("Router: no delivery has a higher priority than its tenant may have") {
  StateBuilder state;
  state.tenant("default", [](auto& t) { t.max_priority = Priority::low; });
  state.endpoint("a").endpoint("b");
  state.subscription("s1", "a", "#", Priority::critical).subscription("s2", "b", "#", Priority::bulk);
  auto router = make(state);
  const auto& matches = router.route("default", "x");
  REQUIRE(matches.size() == 2);
  CHECK(matches[0].priority == Priority::low);
  CHECK(matches[1].priority == Priority::bulk);
  CHECK(router.only("default", "x", "a")->priority == Priority::low);
  StateBuilder replay;
  replay.tenant("default", [](auto& t) { t.max_priority = Priority::bulk; }).endpoint("c");
  CHECK(make(replay).only("default", "x", "c")->priority == Priority::bulk);
}

TEST_CASE("Router: events, commands and results are buses of their own") {
  StateBuilder state;
  state.endpoint("billing").endpoint("audit").endpoint("mail");
  state.subscription("s1", "billing", "Billing.*").kind("s1", registry::EventKind::command);
  state.subscription("s2", "audit", "Billing.*.result").kind("s2", registry::EventKind::result);
  state.subscription("s3", "mail", "#");
  auto router = make(state);
  const auto keys = [&](std::string_view type, registry::EventKind kind) {
    std::string text;
    for (const auto& match : router.route("default", type, kind)) text += match.key + " ";
    return text;
  };
  CHECK(keys("Billing.Charge", registry::EventKind::command) == "default/billing ");
  CHECK(keys("Billing.Charge.result", registry::EventKind::result) == "default/audit ");
  CHECK(keys("Billing.Charge", registry::EventKind::event) == "default/mail ");
  CHECK(keys("Billing.Charge", registry::EventKind::result).empty());
  CHECK(keys("Shipping.Send", registry::EventKind::command).empty());
}

TEST_CASE("Router: a source's policy is not a command's whose service has its name") {
  StateBuilder state;
  state.endpoint("billing").policy("slow").source("Billing", [](auto& source) { source.backoff_policy = "slow"; });
  state.subscription("s1", "billing", "Billing.*").kind("s1", registry::EventKind::command);
  state.subscription("s2", "billing", "Billing.*");
  auto router = make(state);
  CHECK(router.route("default", "Billing.Charge")[0].policy->id == "slow");
  CHECK(router.route("default", "Billing.Charge", registry::EventKind::command)[0].policy->id == "fallback");
}
