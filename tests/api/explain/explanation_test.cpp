// What the configuration makes of an event for an endpoint, decision by decision.
#include "api/explain/explanation.hpp"

#include <doctest/doctest.h>

#include "common/log/names.hpp"
#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::api;
using registry::EndpointState;
using registry::EventKind;
using registry::PolicyFrom;
using registry::Priority;
using registry::Takes;
using tests::StateBuilder;

namespace {

constexpr UnixMillis kThen = 1'000'000;

struct Bench {
  Bench() { builder.endpoint("billing"); }
  Explanation explain(const std::string& endpoint = "billing", const std::string& named = {}) const {
    log::StoredRecord record;
    record.appended_at = kThen;
    for (const auto& [name, value] : {std::pair("ce_specversion", "1.0"), std::pair("ce_id", "1"),
                                      std::pair("ce_source", "/s"), std::pair("ce_type", type.c_str())})
      record.headers.add(name, value);
    record.value = payload;
    if (stamp) record.headers.add(log::names::kRegistry, std::to_string(*stamp));
    return api::explain(*builder.build(), {{"default", type, kind}, named, record, whole}, endpoint, "");
  }
  StateBuilder builder;
  std::string type = "order.paid";
  EventKind kind = EventKind::event;
  std::optional<std::int64_t> stamp;
  std::string payload = "{}";
  bool whole = true;
};

std::string considered(const Explanation& explanation) {
  std::string all;
  for (const Considered& one : explanation.considered)
    all += one.subscription->id + ":" + std::string(to_string(one.takes)) + " ";
  return all;
}

}  // namespace

TEST_CASE("Explain: an endpoint that is not there, has no subscription, or none that takes the event") {
  Bench bench;
  CHECK(bench.explain("other").decision == Decision::no_endpoint);
  CHECK(bench.explain("other").endpoint == nullptr);
  CHECK(bench.explain().decision == Decision::no_subscription);
  bench.builder.subscription("s1", "billing", "mail.#").endpoint("mail").subscription("s2", "mail", "#");
  const Explanation explained = bench.explain();
  CHECK(explained.decision == Decision::not_taken);
  CHECK(explained.subscription() == nullptr);
  CHECK(considered(explained) == "s1:pattern ");
}

TEST_CASE("Explain: each subscription says what speaks against it: kind, tenant, pattern") {
  Bench bench;
  bench.type = "certes.delivery.dead_lettered";
  bench.builder.subscription("c", "billing", "#")
      .kind("c", EventKind::command)
      .subscription("p", "billing", "order.#")
      .subscription("t", "billing", "certes.#")
      .tenants("t", {"acme"});
  CHECK(considered(bench.explain()) == "c:kind p:pattern t:tenant ");
}

TEST_CASE("Explain: of those that take it the highest class decides, then the first id, and those come first") {
  Bench bench;
  bench.builder.subscription("a", "billing", "mail.#", Priority::critical)
      .subscription("b", "billing", "order.#", Priority::low)
      .subscription("d", "billing", "#", Priority::high)
      .subscription("c", "billing", "order.*", Priority::high);
  const Explanation explained = bench.explain();
  CHECK(explained.decision == Decision::deliver);
  CHECK(considered(explained) == "c:yes d:yes b:yes a:pattern ");
  CHECK(explained.subscription()->id == "c");
  CHECK(explained.priority == Priority::high);
  CHECK_FALSE(explained.capped);
}

TEST_CASE("Explain: a filter that does not take the event excludes its subscription, and the next one decides") {
  Bench bench;
  bench.payload = R"({"total":7})";
  bench.builder.subscription("a", "billing", "#", Priority::high).filter("a", R"("data.total > 50")");
  CHECK(bench.explain().decision == Decision::filtered);
  CHECK(bench.explain().considered[0].filter == ByFilter::no);
  bench.builder.subscription("b", "billing", "#", Priority::low).filter("b", R"("data.total < 50")");
  CHECK(bench.explain().decision == Decision::deliver);
  CHECK(bench.explain().subscription()->id == "b");
  CHECK(bench.explain().priority == Priority::low);
  CHECK(considered(bench.explain()) == "b:yes a:yes ");
  CHECK(bench.explain().considered[0].filter == ByFilter::yes);
  // Of one that the log has no more, nobody knows; and a replay to named endpoints is not asked.
  bench.whole = false;
  CHECK(bench.explain().subscription()->id == "a");
  CHECK(bench.explain().considered[0].filter == ByFilter::unknown);
  bench.whole = true;
  CHECK(bench.explain("billing", "billing").subscription()->id == "a");
  CHECK(bench.explain("billing", "billing").considered[0].filter == ByFilter::none);
}

TEST_CASE("Explain: whose transformation is run: the subscription's before the endpoint's") {
  Bench bench;
  bench.builder.endpoint("billing").subscription("s", "billing", "#");
  CHECK(bench.explain().transform_from() == nullptr);
  bench.builder.endpoint("billing",
                         [](auto& made) { made.transform = transform::compile(R"({"project":{}})").value(); });
  CHECK(bench.explain().transform_from() == std::string_view("endpoint"));
  bench.builder.transform("s", R"({"project":{}})");
  CHECK(bench.explain().transform_from() == std::string_view("subscription"));
}

TEST_CASE("Explain: a filter that fails says why, and what becomes of the event") {
  Bench bench;
  bench.payload = R"({"total":7})";
  bench.builder.subscription("s", "billing", "#");
  const auto with = [&](registry::OnFilterError on_error) {
    bench.builder.filter("s", R"("data.absent == 1")", on_error);
    return bench.explain();
  };
  CHECK(with(registry::OnFilterError::skip).decision == Decision::filtered);
  CHECK(with(registry::OnFilterError::deliver).decision == Decision::deliver);
  const Explanation letter = with(registry::OnFilterError::dead_letter);
  CHECK(letter.decision == Decision::filter_failed);
  CHECK(letter.considered[0].filter == ByFilter::failed);
  CHECK(letter.considered[0].filtered.failure == "line 1, column 6: there is no member \"absent\"");
  bench.builder.subscription("t", "billing", "#", Priority::bulk);
  CHECK(bench.explain().decision == Decision::deliver);
  CHECK(bench.explain().subscription()->id == "t");
}

TEST_CASE("Explain: a tenant's highest class caps its subscription's") {
  Bench bench;
  bench.builder.subscription("s", "billing", "#", Priority::critical).tenant("default", [](auto& tenant) {
    tenant.max_priority = Priority::normal;
  });
  const Explanation explained = bench.explain();
  CHECK(explained.priority == Priority::normal);
  CHECK(explained.capped);
}

TEST_CASE("Explain: the back-off policy and who has named it") {
  Bench bench;
  bench.builder.policy("slow").subscription("s", "billing", "#", Priority::normal, "slow");
  CHECK(bench.explain().policy.from == PolicyFrom::subscription);
  CHECK(bench.explain().policy.policy->id == "slow");
  bench.builder.subscription("s", "billing", "#", Priority::normal, "gone");
  CHECK(bench.explain().policy.from == PolicyFrom::built_in);
}

TEST_CASE("Explain: a replay goes to those that it names, whatever is subscribed to") {
  Bench bench;
  CHECK(bench.explain("billing", "mail,billing").decision == Decision::deliver);
  CHECK(bench.explain("billing", "mail,billing2").decision == Decision::not_named);
  bench.builder.subscription("s", "billing", "order.#", Priority::high);
  CHECK(bench.explain("billing", "billing").priority == Priority::high);
}

TEST_CASE("Explain: an endpoint that was disabled, by whom and when, decides as the dispatcher does") {
  Bench bench;
  bench.builder.subscription("s", "billing", "#");
  SUBCASE("before the event, by an operator") {
    bench.builder.in_state("billing", EndpointState::disabled, kThen - 1'000);
    CHECK(bench.explain().decision == Decision::disabled_then);
    bench.builder.in_state("billing", EndpointState::active, kThen + 1'000);
    CHECK(bench.explain().decision == Decision::disabled_then);
  }
  SUBCASE("before the event, by Certes") {
    bench.builder.in_state("billing", EndpointState::disabled, kThen - 1'000, "certes");
    CHECK(bench.explain().decision == Decision::disabled);
  }
  SUBCASE("after the event") {
    bench.builder.in_state("billing", EndpointState::disabled, kThen + 1'000);
    CHECK(bench.explain().decision == Decision::disabled);
  }
  SUBCASE("and is active again before the event") {
    bench.builder.in_state("billing", EndpointState::disabled, kThen - 2'000)
        .in_state("billing", EndpointState::active, kThen - 1'000);
    CHECK(bench.explain().decision == Decision::deliver);
  }
  SUBCASE("and a stamp says more than the clocks") {
    bench.builder.in_state("billing", EndpointState::disabled, kThen + 1'000);
    bench.stamp = bench.builder.position();
    CHECK(bench.explain().decision == Decision::disabled_then);
  }
}

TEST_CASE("Explain: a pause decides nothing, a purge of what it fits does") {
  Bench bench;
  bench.builder.subscription("s", "billing", "#", Priority::low).in_state("billing", EndpointState::paused, kThen - 1);
  CHECK(bench.explain().decision == Decision::deliver);
  registry::Purge purge;
  purge.classes = {"high"};
  bench.builder.purge("billing", kThen + 1'000, purge);
  CHECK(bench.explain().decision == Decision::deliver);
  purge.classes = {"low"};
  bench.builder.purge("billing", kThen + 2'000, purge);
  CHECK(bench.explain().decision == Decision::purged);
}

TEST_CASE("Explain: what was created or changed after the event was accepted says so") {
  Bench bench;
  auto state = std::make_shared<registry::State>(*bench.builder.subscription("old", "billing", "#").build());
  const auto put = [&](const std::string& id, UnixMillis created, UnixMillis updated) {
    auto made = std::make_shared<registry::Subscription>(*state->subscription("default", "old"));
    made->id = id;
    made->created_at = created;
    made->updated_at = updated;
    state->subscriptions.set("default/" + id, std::move(made));
  };
  put("old", kThen - 2, kThen);
  put("touched", kThen - 2, kThen + 1);
  put("young", kThen + 1, kThen + 1);
  log::StoredRecord record;
  record.appended_at = kThen;
  const auto explained = api::explain(*state, {{"default", "order.paid"}, {}, record}, "billing", "");
  REQUIRE(explained.considered.size() == 3);
  CHECK(explained.considered[0].newer == Newer::no);
  CHECK(explained.considered[1].newer == Newer::changed);
  CHECK(explained.considered[2].newer == Newer::created);
  CHECK(explained.endpoint_newer == Newer::no);
}

TEST_CASE("Explain: of many subscriptions those that take the event are shown first, and the rest is counted") {
  Bench bench;
  for (std::size_t i = 0; i < Explanation::kMostConsidered + 3; ++i)
    bench.builder.subscription("s" + std::to_string(1'000 + i), "billing", "mail.#");
  bench.builder.subscription("z", "billing", "order.#");
  const Explanation explained = bench.explain();
  CHECK(explained.considered.size() == Explanation::kMostConsidered);
  CHECK(explained.left_out == 4);
  CHECK(explained.subscription()->id == "z");
}
