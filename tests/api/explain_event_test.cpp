// GET /events/{id}/explain: what is configured, recorded, and said by the dispatcher of the event's partition.
#include <doctest/doctest.h>

#include "common/questions/asker.hpp"
#include "common/questions/delivery_standing.hpp"
#include "tests/api/fixture.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;
using namespace certes::api::history::testing;
using certes::fakes::eventually;
using log::Topic;
using questions::DeliveryStanding;
using questions::Stage;
using questions::WaitsFor;

namespace {

// An API with history, and a dispatcher that says of each place that it is asked about what the test has it say.
struct Bench {
  Bench() {
    installation.asker = &asker;
    process = std::make_unique<Process>(installation, true,
                                        [&](config::Settings& settings) { settings.history.dir = directory.path(); });
    process->key = *api::ensure_admin_key(process->registry, process->settings);
    REQUIRE(process->put("/endpoints/billing", {{"url", "https://example.com/"}}).status == 201);
  }
  questions::Asker::Ways ways() {
    questions::Asker::Ways ways;
    ways.here = [this](const questions::Question& question) {
      asked.push_back(question);
      std::vector<DeliveryStanding> all;
      const auto subject = questions::DeliverySubject::parse(question.subject);
      if (!says || !subject) return;
      for (const log::Origin& place : subject->places) {
        all.push_back(*says);
        all.back().place = place;
      }
      asker.take({question.id, "worker-1", {0}, to_json(all)});
    };
    return ways;
  }
  std::string event(const EventText& text) {
    return "0:" + std::to_string(installation.cluster->put(Topic::events, 0, event_record(text)));
  }
  void attempt(const AttemptText& text) { installation.cluster->put(Topic::attempts, 0, attempt_record(text)); }
  Answer explain(const std::string& endpoint = "billing") {
    return process->get("/events/evt_1/explain?endpoint=" + endpoint);
  }
  Answer explained() {
    REQUIRE(eventually([&] { return process->get("/events/evt_1").status == 200; }));
    Answer answer = explain();
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return answer;
  }

  SystemClock clock;
  test::TemporaryDirectory directory;
  std::vector<questions::Question> asked;
  std::optional<DeliveryStanding> says;
  questions::Asker asker{clock, "api-1", [] { return 2; }, ways()};
  Installation installation;
  std::unique_ptr<Process> process;
};

DeliveryStanding standing(Stage stage, WaitsFor waits_for = WaitsFor::unknown) {
  DeliveryStanding said;
  said.stage = stage;
  said.waits_for = waits_for;
  return said;
}

}  // namespace

TEST_CASE("Explain: the endpoint must be named, and the event must be there") {
  Bench bench;
  CHECK(bench.process->get("/events/evt_1/explain").status == 400);
  CHECK(bench.explain("no%20id").status == 400);
  bench.event({.id = "evt_2"});
  REQUIRE(eventually([&] { return bench.process->get("/events/evt_2").status == 200; }));
  const Answer missing = bench.explain();
  CHECK(missing.status == 404);
  CHECK(missing.json.contains("indexed_until"));
  CHECK(bench.asked.empty());
}

TEST_CASE("Explain: what no record tells of is asked of the dispatcher, without waiting for other partitions") {
  Bench bench;
  REQUIRE(bench.process->put("/subscriptions/s1", {{"endpoint", "billing"}, {"pattern", "order.#"}}).status == 201);
  bench.event({.id = "evt_1"});
  bench.says = standing(Stage::open, WaitsFor::rate);
  const Answer answer = bench.explained();
  REQUIRE(bench.asked.size() == 1);
  CHECK(bench.asked[0].kind == "delivery-standing");
  CHECK(bench.asked[0].subject == "0:0/billing");
  CHECK(bench.asked[0].tenant == "default");
  CHECK(answer.json["state"] == "waiting");
  CHECK(answer.json["deliveries"][0]["waiting"]["waits_for"] == "rate");
  CHECK(answer.json["deliveries"][0]["answered_by"] == "worker-1");
  CHECK(answer.json["configuration"]["decision"] == "deliver");
  CHECK(answer.json["configuration"]["subscription"] == "s1");
  CHECK(answer.json.contains("indexed_until"));
}

TEST_CASE("Explain: an event for nobody says which subscription was looked at") {
  Bench bench;
  REQUIRE(bench.process->put("/subscriptions/s1", {{"endpoint", "billing"}, {"pattern", "mail.#"}}).status == 201);
  bench.event({.id = "evt_1"});
  bench.says = standing(Stage::closed);
  const Json json = bench.explained().json;
  CHECK(json["state"] == "none");
  CHECK(json["configuration"]["decision"] == "not_taken");
  CHECK(json["configuration"]["considered"][0]["excluded_by"] == "pattern");
}

TEST_CASE("Explain: where no dispatcher answers, what is recorded is said, and that the rest is not known") {
  Bench bench;
  bench.event({.id = "evt_1"});
  const Json json = bench.explained().json;
  CHECK(json["state"] == "unknown");
  CHECK_FALSE(json["deliveries"][0].contains("answered_by"));
}

TEST_CASE("Explain: a repeat for the endpoint is a delivery of its own, and the last says how it stands") {
  Bench bench;
  const auto place = bench.event({.id = "evt_1"});
  bench.attempt({.origin = place, .outcome = "dead_lettered", .status = 500, .rule = "exhausted"});
  bench.event({.id = "evt_1", .replay = "rpl_1", .endpoint = "mail"});
  bench.event({.id = "evt_1", .replay = "rpl_2", .endpoint = "mail,billing"});
  bench.event({.id = "evt_2"});
  REQUIRE(eventually([&] { return bench.process->get("/events/evt_2").status == 200; }));
  bench.says = standing(Stage::open, WaitsFor::turn);
  const Json json = bench.explained().json;
  CHECK(bench.asked[0].subject == "0:0,0:2/billing");
  REQUIRE(json["deliveries"].size() == 2);
  CHECK(json["deliveries"][0]["state"] == "dead_lettered");
  CHECK(json["deliveries"][0]["rule"] == "exhausted");
  CHECK(json["deliveries"][1]["replay"] == "rpl_2");
  CHECK(json["state"] == "waiting");
}
