#include "common/questions/asker.hpp"

#include <doctest/doctest.h>

#include "tests/fakes/manual_clock.hpp"

using namespace certes;
using namespace certes::questions;

namespace {

// What an asker with a way has asked.
struct Bench {
  Asker::Ways ways() {
    Asker::Ways ways;
    ways.here = [this](const Question& question) { asked.push_back(question); };
    return ways;
  }
  tests::ManualClock clock;
  std::vector<Question> asked;
  Asker asker{clock, "here-1", [] { return 2; }, ways()};
};

Answer answer(const Question& question, std::string from, std::vector<std::int32_t> partitions) {
  return {question.id, std::move(from), std::move(partitions), "{}"};
}

}  // namespace

TEST_CASE("Asker: asks what it was given, and is settled as soon as all partitions are spoken for") {
  Bench bench;
  auto open = bench.asker.ask("endpoint-stats", "acme", "billing");
  REQUIRE(open);
  REQUIRE(bench.asked.size() == 1);
  const Question& question = bench.asked[0];
  CHECK(question.kind == "endpoint-stats");
  CHECK(question.tenant == "acme");
  CHECK(question.subject == "billing");
  CHECK(question.from == "here-1");
  CHECK(question.asked_at == bench.clock.unix_millis());
  CHECK_FALSE((*open)->wait(bench.clock.now()));
  CHECK(bench.asker.take(answer(question, "a", {0})));
  CHECK_FALSE((*open)->wait(bench.clock.now()));
  CHECK(bench.asker.take(answer(question, "b", {1})));
  CHECK((*open)->wait(bench.clock.now()));
  CHECK((*open)->gathered().complete());
}

TEST_CASE("Asker: who has not answered within a second is missing, and comes too late") {
  Bench bench;
  auto open = bench.asker.ask("endpoint-stats", "acme", "billing");
  REQUIRE(open);
  CHECK(bench.asker.take(answer(bench.asked[0], "a", {0})));
  bench.clock.advance(kAnsweredWithin - Millis{1});
  CHECK_FALSE((*open)->wait(bench.clock.now()));
  bench.clock.advance(Millis{1});
  CHECK((*open)->wait(bench.clock.now() + Millis{100}));
  CHECK((*open)->gathered().covered() == 1);
  open->reset();
  CHECK_FALSE(bench.asker.take(answer(bench.asked[0], "b", {1})));
  CHECK(bench.asker.open() == 0);
}

TEST_CASE("Asker: takes answers to its own open questions alone") {
  Bench bench;
  auto first = bench.asker.ask("endpoint-stats", "acme", "billing");
  auto second = bench.asker.ask("endpoint-stats", "acme", "mail");
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(bench.asker.take({"qst_other", "a", {0}, "{}"}));
  CHECK(bench.asker.take(answer(bench.asked[1], "a", {0, 1})));
  CHECK((*first)->gathered().covered() == 0);
  CHECK((*second)->gathered().complete());
}

TEST_CASE("Asker: as many questions as may be are open at once, of a tenant and in all") {
  Bench bench;
  std::vector<std::unique_ptr<Asker::Open>> open;
  const auto ask = [&](const std::string& tenant) {
    auto asked = bench.asker.ask("endpoint-stats", tenant, "billing");
    if (asked) open.push_back(std::move(*asked));
    return asked ? std::optional<Code>() : asked.error().code;
  };
  for (std::size_t i = 0; i < Asker::kMostOpenOfTenant; ++i) CHECK_FALSE(ask("acme"));
  CHECK(ask("acme") == Code::busy);
  for (std::size_t i = Asker::kMostOpenOfTenant; i < Asker::kMostOpen; ++i)
    CHECK_FALSE(ask("tenant-" + std::to_string(i)));
  CHECK(ask("late") == Code::busy);
  CHECK(bench.asked.size() == Asker::kMostOpen);
  open.pop_back();
  CHECK_FALSE(ask("late"));
}

TEST_CASE("Asker: where there is nobody to ask, nothing is waited for") {
  const tests::ManualClock clock;
  Asker asker(clock, "here-1", [] { return 3; }, {});
  auto open = asker.ask("endpoint-stats", "acme", "billing");
  REQUIRE(open);
  CHECK((*open)->wait(clock.now() + Millis{100}));
  CHECK((*open)->gathered().covered() == 0);
  CHECK((*open)->gathered().all() == 3);
}

TEST_CASE("Asker: what is asked of everybody waits for the second, unless there is this process alone") {
  Bench bench;
  {
    auto alone = bench.asker.ask_everybody("refused-requests", "acme", "shop");
    REQUIRE(alone);
    CHECK_FALSE((*alone)->wait(bench.clock.now()));
    CHECK(bench.asker.take(answer(bench.asked.back(), "here-1", {})));
    CHECK((*alone)->wait(bench.clock.now()));
  }
  Asker::Ways ways = bench.ways();
  ways.elsewhere = [](const Question&) {};
  Asker many(
      bench.clock, "here-1", [] { return 2; }, ways);
  auto open = many.ask_everybody("refused-requests", "acme", "shop");
  REQUIRE(open);
  CHECK(many.take(answer(bench.asked.back(), "a", {})));
  CHECK(many.take(answer(bench.asked.back(), "b", {})));
  CHECK_FALSE((*open)->wait(bench.clock.now()));
  bench.clock.advance(kAnsweredWithin);
  CHECK((*open)->wait(bench.clock.now()));
  CHECK((*open)->gathered().answers().size() == 2);
}

TEST_CASE("Asker: who is asked with everybody may speak for partitions, and all of them are not the end of it") {
  Bench bench;
  Asker::Ways ways = bench.ways();
  ways.elsewhere = [](const Question&) {};
  Asker many(
      bench.clock, "here-1", [] { return 2; }, ways);
  auto open = many.ask_everybody("overview", "acme", "own/10");
  REQUIRE(open);
  CHECK(many.take(answer(bench.asked.back(), "a", {0, 1})));
  CHECK_FALSE((*open)->wait(bench.clock.now()));
  CHECK(many.take(answer(bench.asked.back(), "gateway", {})));
  bench.clock.advance(kAnsweredWithin);
  CHECK((*open)->wait(bench.clock.now()));
  CHECK((*open)->gathered().covered() == 2);
  CHECK((*open)->gathered().answers().size() == 2);
}

TEST_CASE("Asker: what is about some partitions is settled once these are spoken for") {
  Bench bench;
  auto open = bench.asker.ask("delivery-standing", "acme", "1:7/billing", {1});
  REQUIRE(open);
  CHECK(bench.asker.take(answer(bench.asked[0], "a", {0})));
  CHECK_FALSE((*open)->wait(bench.clock.now()));
  CHECK(bench.asker.take(answer(bench.asked[0], "b", {1})));
  CHECK((*open)->wait(bench.clock.now()));
}
