// GET /endpoints/{id}/stats: what dispatchers answer, added; with some of them away, or all.
#include <doctest/doctest.h>

#include "common/questions/asker.hpp"
#include "common/questions/endpoint_stats.hpp"
#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api::testing;
using questions::EndpointStats;
using questions::Standing;

namespace {

constexpr auto kHigh = static_cast<std::size_t>(registry::Priority::high);
constexpr auto kNormal = static_cast<std::size_t>(registry::Priority::normal);

// An API, and dispatchers that answer at once.
struct Bench {
  struct Dispatcher {
    std::string name;
    std::vector<std::int32_t> partitions;
    std::string value;
  };

  Bench() {
    installation.asker = &asker;
    process = std::make_unique<Process>(installation);
    REQUIRE(process->put("/endpoints/billing", {{"url", "https://example.com/"}, {"concurrency", 8}}).status == 201);
  }
  questions::Asker::Ways ways() {
    questions::Asker::Ways ways;
    ways.here = [this](const questions::Question& question) {
      asked.push_back(question);
      for (const Dispatcher& one : dispatchers) asker.take({question.id, one.name, one.partitions, one.value});
    };
    return ways;
  }
  Answer stats(const std::string& of = "billing") { return process->get("/endpoints/" + of + "/stats"); }

  SystemClock clock;
  std::vector<Dispatcher> dispatchers;
  std::vector<questions::Question> asked;
  questions::Asker asker{clock, "api-1", [] { return 3; }, ways()};
  Installation installation;
  std::unique_ptr<Process> process;
};

EndpointStats some() {
  EndpointStats stats;
  stats.classes[kNormal] = {1, 2, 3, 4, 1'700'000'000'000};
  stats.classes[kHigh] = {0, 5, 0, 0, 1'700'000'005'000};
  stats.attempts = {1'600'000'000'000, 10, 5, 0, 2, 0, 1'699'999'999'000, 1'700'000'001'000, 1'700'000'000'500};
  stats.next_retry = 1'700'000'002'000;
  stats.in_flight = 3;
  stats.keys = {7, 1, 1'700'000'000'000};
  stats.standing = Standing::open;
  stats.concurrency = 8;
  return stats;
}

}  // namespace

TEST_CASE("Stats: what dispatchers answer is added, and says how many partitions it covers") {
  Bench bench;
  EndpointStats other = some();
  other.rate_per_second = 2.5;
  bench.dispatchers = {{"worker-2", {1, 2}, to_json(other)}, {"worker-1", {0}, to_json(some())}};
  const Answer answer = bench.stats();
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  REQUIRE(bench.asked.size() == 1);
  CHECK(bench.asked[0].kind == "endpoint-stats");
  CHECK(bench.asked[0].tenant == "default");
  CHECK(bench.asked[0].subject == "billing");
  const Json& json = answer.json;
  CHECK(json["endpoint"] == "billing");
  CHECK(json["state"] == "active");
  CHECK(json["standing"] == "open");
  CHECK(json["partitions"] == Json{{"covered", 3}, {"all", 3}});
  CHECK(json["waiting"]["total"] == 30);
  CHECK(json["waiting"]["first"] == Json{{"memory", 2}, {"log", 14}});
  CHECK(json["waiting"]["retry"] == Json{{"memory", 6}, {"log", 8}});
  CHECK(json["waiting"]["oldest"]["at"] == "2023-11-14T22:13:20.000Z");
  CHECK(json["waiting"]["oldest"]["age_seconds"].get<double>() > 1e6);
  const Json& classes = json["waiting"]["by_priority"];
  CHECK(classes.size() == registry::kPriorities);
  CHECK(classes["high"]["first"] == Json{{"memory", 0}, {"log", 10}});
  CHECK(classes["high"]["oldest"]["at"] == "2023-11-14T22:13:25.000Z");
  CHECK(classes["bulk"]["oldest"].is_null());
  CHECK(json["in_flight"] == 6);
  CHECK(json["ordering"] ==
        Json{{"mode", "none"}, {"keys", 14}, {"blocked", 2}, {"blocked_since", "2023-11-14T22:13:20.000Z"}});
  CHECK(json["next_retry_at"] == "2023-11-14T22:13:22.000Z");
  CHECK(json["failing_since"] == "2023-11-14T22:13:20.500Z");
  CHECK(json["attempts"]["delivered"] == 20);
  CHECK(json["limits"] == Json{{"concurrency", 8}, {"rate_per_second", nullptr}});
  REQUIRE(json["answered_by"].size() == 2);
  CHECK(json["answered_by"][0]["process"] == "worker-1");
  CHECK(json["answered_by"][1]["limits"] == Json{{"concurrency", 8}, {"rate_per_second", 2.5}});
}

TEST_CASE("Stats: of several workers each is shown, as those say who go by the same version of the endpoint") {
  Bench bench;
  const Json urls = {"https://one.example.com/", "https://two.example.com/"};
  const auto put = bench.process->put("/endpoints/billing", {{"urls", urls}});
  REQUIRE(put.status == 200);
  EndpointStats told = some(), older = some();
  told.version = put.json["version"];
  told.workers = {{2, false, 0}, {1, true, 1'700'000'003'000}};
  older.version = told.version - 1;
  older.workers = {{7, true, 0}};
  EndpointStats other = told;
  other.workers[1] = {0, false, 0};
  bench.dispatchers = {{"a", {0}, to_json(told)}, {"b", {1}, to_json(older)}, {"c", {2}, to_json(other)}};
  const Answer answer = bench.stats();
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  CHECK(answer.json["workers"] == Json({{{"url", urls[0]}, {"standing", "open"}, {"in_flight", 4}},
                                        {{"url", urls[1]},
                                         {"standing", "tripped"},
                                         {"in_flight", 1},
                                         {"resting_until", "2023-11-14T22:13:23.000Z"}}}));
  REQUIRE(bench.process->patch("/endpoints/billing", {{"url", urls[0]}}).status == 200);
  CHECK_FALSE(bench.stats().json.contains("workers"));
}

TEST_CASE("Stats: an answer for some of the partitions is one, within a second or so") {
  Bench bench;
  bench.dispatchers = {{"worker-1", {0, 2}, to_json(some())}};
  const Answer answer = bench.stats();
  REQUIRE(answer.status == 200);
  CHECK(answer.json["partitions"] == Json{{"covered", 2}, {"all", 3}});
  CHECK(answer.json["waiting"]["total"] == 15);
}

TEST_CASE("Stats: what a dispatcher should not have said covers nothing") {
  Bench bench;
  bench.dispatchers = {{"worker-1", {0, 2}, R"({"in_flight":"many"})"}, {"worker-2", {1}, to_json(some())}};
  const Answer answer = bench.stats();
  REQUIRE(answer.status == 200);
  CHECK(answer.json["partitions"] == Json{{"covered", 1}, {"all", 3}});
  CHECK(answer.json["answered_by"].size() == 1);
}

TEST_CASE("Stats: with no dispatcher there is an answer, which covers nothing") {
  Bench bench;
  const Answer silent = bench.stats();
  REQUIRE(silent.status == 200);
  CHECK(silent.json["partitions"] == Json{{"covered", 0}, {"all", 3}});
  CHECK(silent.json["waiting"]["total"] == 0);
  CHECK(silent.json["answered_by"].empty());
  Installation alone;
  Process process(alone);
  REQUIRE(process.put("/endpoints/billing", {{"url", "https://example.com/"}}).status == 201);
  const Answer nobody = process.get("/endpoints/billing/stats");
  CHECK(nobody.status == 200);
  CHECK(nobody.json["partitions"]["covered"] == 0);
}

TEST_CASE("Stats: the endpoint's state comes from the registry, and what dispatchers say of an active one") {
  Bench bench;
  EndpointStats resting = some();
  resting.standing = Standing::resting;
  resting.resting_until = 1'700'000'003'000;
  bench.dispatchers = {{"worker-1", {0, 1}, to_json(some())}, {"worker-2", {2}, to_json(resting)}};
  const Answer rests = bench.stats();
  CHECK(rests.json["standing"] == "resting");
  CHECK(rests.json["answered_by"][1]["resting_until"] == "2023-11-14T22:13:23.000Z");
  REQUIRE(bench.process->post("/endpoints/billing/pause", Json::object()).status == 200);
  CHECK(bench.stats().json["standing"] == "paused");
  REQUIRE(bench.process->patch("/endpoints/billing", {{"state", "disabled"}}).status == 200);
  const Answer disabled = bench.stats();
  CHECK(disabled.json["state"] == "disabled");
  CHECK(disabled.json["disabled_at"].is_string());
  CHECK(disabled.json["disabled_by"].is_string());
}

TEST_CASE("Stats: of an endpoint that there is not, or that another tenant has, nobody is asked") {
  Bench bench;
  CHECK(bench.stats("nobody").status == 404);
  REQUIRE(bench.process->put("/tenants/acme", Json::object()).status == 201);
  CHECK(bench.process->get("/endpoints/billing/stats?tenant=acme").status == 404);
  CHECK(bench.process->get("/endpoints/billing/stats?endpoint=other").status == 400);
  CHECK(bench.asked.empty());
}

TEST_CASE("Stats: beyond as many questions as a tenant may have open there is a refusal") {
  Bench bench;
  std::vector<std::unique_ptr<questions::Asker::Open>> open;
  for (std::size_t i = 0; i < questions::Asker::kMostOpenOfTenant; ++i)
    open.push_back(std::move(*bench.asker.ask("endpoint-stats", "default", "billing")));
  const Answer refused = bench.stats();
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "2");
  open.clear();
  CHECK(bench.stats().status == 200);
}
