#include "dispatcher/routing/sieve.hpp"

#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"
#include "tests/dispatcher/resources.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::OnFilterError;
using registry::Priority;
using tests::StateBuilder;

namespace {

Router router_of(const StateBuilder& state) {
  auto fallback = std::make_shared<registry::BackoffPolicy>();
  fallback->id = "fallback";
  return Router(state.build(), {{}, std::move(fallback)});
}

StateBuilder billing(std::string_view filter, OnFilterError on_error = OnFilterError::skip) {
  StateBuilder state;
  state.endpoint("billing").policy("slow");
  state.subscription("s", "billing", "order.#", Priority::high).filter("s", filter, on_error);
  return state;
}

log::RecordPtr event_with(const std::string& payload) {
  tests::EventText event;
  event.body = payload;
  return tests::make_event(event);
}

// What becomes of one event.
struct Sifting {
  Sifting(const StateBuilder& state, const std::string& payload) : router(router_of(state)) {
    record = event_with(payload);
    const auto view = event::view(*record).value();
    Sieve sieve(document, *record, view);
    const auto& matches = router.route("default", "order.created");
    REQUIRE(matches.size() == 1);
    REQUIRE(matches[0].choices);
    match = sieve.through(matches[0]);
    for (const FailedFilter& failed : sieve.failed())
      failures.push_back(std::string(failed.subscription) + ": " + failed.why);
  }
  Router router;
  log::RecordPtr record;
  event::JsonDocument document;
  std::optional<Match> match;
  std::vector<std::string> failures;
};

}  // namespace

TEST_CASE("Sieve: without filters there is nothing to ask, and behind one that takes all none is asked") {
  StateBuilder state;
  state.endpoint("billing").subscription("a", "billing", "#", Priority::low).filter("a", R"("data.a == 1")");
  state.subscription("b", "billing", "#", Priority::high);
  Router router = router_of(state);
  CHECK_FALSE(router.route("default", "order.created")[0].choices);
  CHECK(router.route("default", "order.created")[0].priority == Priority::high);
  state.subscription("c", "billing", "#", Priority::critical).filter("c", R"("data.a == 2")");
  router.follow(state.build());
  const auto& matches = router.route("default", "order.created");
  REQUIRE(matches[0].choices);
  REQUIRE(matches[0].choices->size() == 2);
  CHECK((*matches[0].choices)[0].subscription == "c");
  CHECK((*matches[0].choices)[1].subscription == "b");
}

TEST_CASE("Sieve: the first that takes the event decides, with its priority and policy") {
  StateBuilder state = billing(R"("data.total > 50")");
  CHECK(Sifting(state, R"({"total":99})").match->priority == Priority::high);
  CHECK_FALSE(Sifting(state, R"({"total":9})").match);
  state.subscription("t", "billing", "#", Priority::low, "slow").filter("t", R"({"data":{"total":{"$gt":5}}})");
  CHECK(Sifting(state, R"({"total":99})").match->priority == Priority::high);
  const Sifting other(state, R"({"total":9})");
  CHECK(other.match->priority == Priority::low);
  CHECK(other.match->policy->id == "slow");
  CHECK_FALSE(Sifting(state, R"({"total":1})").match);
}

TEST_CASE("Sieve: what fails is skipped, delivered or a dead letter, as its subscription says") {
  const char* const filter = R"("data.total > 50")";
  const std::vector<std::string> failures = {"s: line 1, column 6: there is no member \"total\""};
  const Sifting skipped(billing(filter), "{}");
  CHECK_FALSE(skipped.match);
  CHECK(skipped.failures == failures);
  const Sifting delivered(billing(filter, OnFilterError::deliver), "{}");
  REQUIRE(delivered.match);
  CHECK(delivered.match->filter_failure.empty());
  CHECK(delivered.failures == failures);
  const Sifting letter(billing(filter, OnFilterError::dead_letter), "{}");
  REQUIRE(letter.match);
  CHECK(letter.match->filter_failure == "the filter of s: line 1, column 6: there is no member \"total\"");
  CHECK(letter.failures == failures);
}

TEST_CASE("Sieve: what one subscription takes is no dead letter by the failure of another") {
  StateBuilder state = billing(R"("data.total > 50")", OnFilterError::dead_letter);
  state.subscription("t", "billing", "#", Priority::bulk);
  const Sifting taken(state, "{}");
  REQUIRE(taken.match);
  CHECK(taken.match->filter_failure.empty());
  CHECK(taken.match->priority == Priority::bulk);
}

TEST_CASE("Sieve: a changed filter is asked from the next state on, and a tenant's highest class caps") {
  StateBuilder state = billing(R"("data.total > 50")");
  Router router = router_of(state);
  const auto record = event_with(R"({"total":9})");
  const auto view = event::view(*record).value();
  event::JsonDocument document;
  CHECK_FALSE(Sieve(document, *record, view).through(router.route("default", "order.created")[0]));
  state.filter("s", R"("data.total < 50")").tenant("default", [](auto& one) { one.max_priority = Priority::low; });
  router.follow(state.build());
  const auto match = Sieve(document, *record, view).through(router.route("default", "order.created")[0]);
  REQUIRE(match);
  CHECK(match->priority == Priority::low);
  state.subscription("s", "billing", "order.#", Priority::high);
  router.follow(state.build());
  CHECK_FALSE(router.route("default", "order.created")[0].choices);
}
