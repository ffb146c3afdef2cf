// What is explained is what the dispatcher's router does: both are asked of many configurations, made at random.
#include <doctest/doctest.h>

#include "api/explain/explanation.hpp"
#include "common/base/random.hpp"
#include "common/registry/fate.hpp"
#include "dispatcher/routing/router.hpp"
#include "dispatcher/routing/sieve.hpp"
#include "tests/dispatcher/resources.hpp"

using namespace certes;
using registry::EndpointState;
using registry::EventKind;
using registry::Priority;
using tests::StateBuilder;

namespace {

constexpr UnixMillis kThen = 1'000'000;
const std::vector<std::string> kEndpoints = {"a", "b", "c"};
const std::vector<std::string> kTypes = {"order.paid", "order.created.late", "mail.sent", "certes.delivery.gone"};
const std::vector<std::string> kPatterns = {"#", "order.*", "order.#", "mail.sent", "certes.#", "*.*"};
const std::vector<std::string> kFilters = {R"("data.total > 50")", R"("data.absent == 1")", R"({"data":{"total":7}})",
                                           R"("event.type == 'order.paid'")"};
const std::vector<std::string> kPayloads = {R"({"total":7})", R"({"total":99})", R"({"absent":1})", "no JSON"};
const std::vector<std::string> kPolicies = {"", "p1", "p2", "gone"};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t many) { return static_cast<std::size_t>(random_.bits() % many); }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  Random random_;
};

StateBuilder any_configuration(Dice& dice) {
  StateBuilder builder;
  builder.policy("p1").policy("p2");
  for (const std::string& id : kEndpoints)
    if (dice.below(4) != 0) builder.endpoint(id, [&](auto& endpoint) { endpoint.backoff_policy = dice.of(kPolicies); });
  for (std::size_t i = 0, many = dice.below(8); i < many; ++i) {
    const std::string id = "s" + std::to_string(i);
    builder.subscription(id, dice.of(kEndpoints), dice.of(kPatterns), static_cast<Priority>(dice.below(5)),
                         dice.of(kPolicies));
    if (dice.below(4) == 0) builder.kind(id, static_cast<EventKind>(dice.below(3)));
    if (dice.below(2) == 0) builder.filter(id, dice.of(kFilters), static_cast<registry::OnFilterError>(dice.below(3)));
    if (dice.below(4) == 0) builder.tenants(id, {dice.below(2) == 0 ? "acme" : "*"});
  }
  if (dice.below(2) == 0)
    builder.tenant("default", [&](auto& tenant) { tenant.max_priority = static_cast<Priority>(dice.below(5)); });
  if (dice.below(2) == 0) builder.event_type("order.paid", [](auto& type) { type.backoff_policy = "p1"; });
  const auto state = builder.build();
  for (const auto& [key, endpoint] : state->endpoints) {
    const std::string by = dice.below(2) == 0 ? "admin" : "certes";
    if (dice.below(3) == 0)
      builder.in_state(endpoint->id, EndpointState::disabled,
                       kThen - 500 + 200 * static_cast<UnixMillis>(dice.below(6)), by);
    if (dice.below(3) == 0)
      builder.in_state(endpoint->id, EndpointState::active, kThen - 300 + 200 * static_cast<UnixMillis>(dice.below(6)));
  }
  return builder;
}

}  // namespace

TEST_CASE("Explain: says of every endpoint what the router does, at random configurations") {
  int delivered = 0, kept_out = 0, filtered = 0, failed = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    Dice dice(seed);
    const auto state = any_configuration(dice).build();
    dispatcher::RouterOptions options;
    options.fallback = std::make_shared<registry::BackoffPolicy>();
    const auto fallback = options.fallback;
    options.global_policy = dice.of(kPolicies);
    dispatcher::Router router(state, options);
    const std::string type = dice.of(kTypes);
    const auto kind = static_cast<EventKind>(dice.below(3));
    log::StoredRecord record;
    record.appended_at = kThen;
    for (const auto& [name, value] : {std::pair("ce_specversion", "1.0"), std::pair("ce_id", "1"),
                                      std::pair("ce_source", "/s"), std::pair("ce_type", type.c_str())})
      record.headers.add(name, value);
    record.value = dice.of(kPayloads);
    const auto view = event::view(record).value();
    event::JsonDocument document;
    for (const std::string& id : kEndpoints) {
      const auto explained = api::explain(*state, {{"default", type, kind}, {}, record}, id, options.global_policy);
      const dispatcher::Match* const found = router.find("default", type, "default", id, kind);
      std::optional<dispatcher::Match> match;
      if (found != nullptr)
        match = found->choices ? dispatcher::Sieve(document, record, view).through(*found) : std::optional(*found);
      const bool routed = match && registry::may_match(*match->endpoint, record, state->position);
      const bool dies =
          routed && registry::fate_of(*match->endpoint, record, match->priority) != registry::Fate::deliver;
      INFO("seed ", seed, ", endpoint ", id, ", ", std::string(to_string(explained.decision)));
      const bool fails = routed && !dies && !match->filter_failure.empty();
      REQUIRE((explained.decision == api::Decision::deliver) == (routed && !dies && !fails));
      REQUIRE((explained.decision == api::Decision::filter_failed) == fails);
      REQUIRE((explained.decision == api::Decision::filtered) == (found != nullptr && !match));
      fails ? ++failed : found != nullptr && !match ? ++filtered : 0;
      REQUIRE((explained.decision == api::Decision::disabled) == dies);
      REQUIRE((explained.decision == api::Decision::disabled_then) == (match && !routed));
      routed ? ++delivered : ++kept_out;
      if (!match) continue;
      CHECK(explained.priority == match->priority);
      CHECK((explained.policy.policy ? explained.policy.policy : fallback) == match->policy);
    }
  }
  // Else nothing was looked at.
  CHECK(delivered > 500);
  CHECK(kept_out > 500);
  CHECK(filtered > 100);
  CHECK(failed > 20);
}
