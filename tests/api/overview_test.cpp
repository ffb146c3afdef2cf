// GET /overview: what processes answer, put together; with some of them away, or all; of one tenant, or of all.
#include <doctest/doctest.h>

#include "common/questions/asker.hpp"
#include "common/questions/overview.hpp"
#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api::testing;
using questions::ProcessOverview;

namespace {

constexpr auto kHigh = static_cast<std::size_t>(registry::Priority::high);
constexpr UnixMillis kStarted = 1'700'000'000'000;

// An API, and processes that answer at once.
struct OverviewBench {
  struct Other {
    std::string name;
    std::vector<std::int32_t> partitions;
    std::string value;
  };

  OverviewBench() {
    installation.asker = &asker;
    process = std::make_unique<Process>(installation);
  }
  questions::Asker::Ways ways() {
    questions::Asker::Ways ways;
    ways.here = [this](const questions::Question& question) {
      asked.push_back(question);
      for (const Other& one : others) asker.take({question.id, one.name, one.partitions, one.value});
    };
    return ways;
  }

  SystemClock clock;
  std::vector<Other> others;
  std::vector<questions::Question> asked;
  questions::Asker asker{clock, "api-1", [] { return 3; }, ways()};
  Installation installation;
  std::unique_ptr<Process> process;
};

ProcessOverview of_gateway() {
  ProcessOverview said;
  said.started = kStarted;
  said.gateway = true;
  said.accepting.accepted = {100, 5, 4};
  said.accepting.refused = 7;
  for (int i = 0; i < 100; ++i) said.accepting.append.count(Millis{3});
  return said;
}

ProcessOverview of_dispatcher() {
  ProcessOverview said;
  said.started = kStarted + 1'000;
  said.dispatcher = said.reading_stopped = true;
  said.delivering.delivered = 80;
  said.delivering.dead_lettered = 1;
  said.delivering.attempts.retry = 9;
  said.delivering.age.count(std::chrono::microseconds{1'500'000});
  said.classes[kHigh] = {1, 2, 3, 4, kStarted};
  said.in_flight = 2;
  said.open = 2;
  said.failing = 1;
  questions::EndpointLine line;
  line.tenant = "default";
  line.endpoint = "billing";
  line.waiting = 10;
  line.retrying = 7;
  line.in_flight = 2;
  line.oldest = kStarted;
  line.attempts.failing_since = line.attempts.last_failure = kStarted;
  line.attempts.retry = 9;
  line.error = "500";
  line.standing = questions::Standing::tripped;
  said.endpoints.push_back(line);
  return said;
}

}  // namespace

TEST_CASE("Overview: what processes answer is added, and shown process by process") {
  OverviewBench bench;
  bench.others = {{"worker-1", {0, 1}, to_json(of_dispatcher())}};
  Answer answer = bench.process->get("/overview?limit=7");
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  REQUIRE(bench.asked.size() == 1);
  CHECK(bench.asked[0].kind == "overview");
  CHECK(bench.asked[0].tenant == "default");
  CHECK(bench.asked[0].subject == "own/7");
  CHECK(answer.json["tenant"] == "default");
  CHECK(answer.json["partitions"] == Json{{"covered", 2}, {"all", 3}});
  CHECK(answer.json["counters"]["deliveries"] == Json{{"delivered", 80}, {"dead_lettered", 1}, {"cancelled", 0}});
  CHECK(answer.json["counters"]["attempts"]["retry"] == 9);
  CHECK(answer.json["counters"]["accepted"]["event"] == 0);
  const Json& age = answer.json["counters"]["durations"]["age"];
  CHECK(age["count"] == 1);
  CHECK(age["sum_seconds"] == 1.5);
  REQUIRE(age["counts"].size() == answer.json["bounds_seconds"].size() + 1);
  for (std::size_t i = 0; i + 1 < age["counts"].size(); ++i)
    CHECK(age["counts"][i] == (answer.json["bounds_seconds"][i] == 2.0 ? 1 : 0));
  CHECK(answer.json["waiting"]["total"] == 10);
  CHECK(answer.json["waiting"]["by_priority"]["high"]["retry"] == Json{{"memory", 3}, {"log", 4}});
  CHECK(answer.json["in_flight"] == 2);
  const Json& endpoints = answer.json["endpoints"];
  CHECK(endpoints["open"] == 2);
  CHECK(endpoints["failing"] == 1);
  CHECK(endpoints["more"] == true);
  REQUIRE(endpoints["items"].size() == 1);
  const Json& billing = endpoints["items"][0];
  CHECK(billing["waiting"] == 10);
  CHECK(billing["retrying"] == 7);
  CHECK(billing["failing_since"] == "2023-11-14T22:13:20.000Z");
  CHECK(billing["last_error"] == "500");
  CHECK(billing["standing"] == "tripped");
  CHECK(billing["attempts"]["failed"] == 9);
  REQUIRE(answer.json["processes"].size() == 1);
  const Json& process = answer.json["processes"][0];
  CHECK(process["process"] == "worker-1");
  CHECK(process["roles"] == Json{"dispatcher"});
  CHECK(process["started_at"] == "2023-11-14T22:13:21.000Z");
  CHECK(process["reading"] == "stopped");
  CHECK(process["log"] == "reached");
  CHECK(process["counters"] == answer.json["counters"]);
  CHECK(answer.json["missing"].empty());
}

TEST_CASE("Overview: who has answered before and does not now is missing; what is no answer is of nobody") {
  OverviewBench bench;
  bench.others = {{"worker-1", {0, 1, 2}, to_json(of_dispatcher())}};
  CHECK(bench.process->get("/overview").json["missing"].empty());
  bench.others = {{"gateway-1", {}, to_json(of_gateway())}};
  const Json now = bench.process->get("/overview").json;
  CHECK(now["counters"]["accepted"] == Json{{"event", 100}, {"command", 5}, {"result", 4}});
  CHECK(now["counters"]["refused"] == 7);
  CHECK(now["partitions"] == Json{{"covered", 0}, {"all", 3}});
  REQUIRE(now["missing"].size() == 1);
  CHECK(now["missing"][0]["process"] == "worker-1");
  bench.others = {{"worker-1", {0, 1, 2}, R"({"started":-1})"}};
  const Json bad = bench.process->get("/overview").json;
  CHECK(bad["processes"].empty());
  CHECK(bad["partitions"]["covered"] == 0);
  CHECK(bad["missing"].size() == 2);
}

TEST_CASE("Overview: all tenants are shown to the default tenant's keys with tenants:read alone") {
  OverviewBench open;
  Process& admin = *open.process;
  REQUIRE(admin.post("/tenants", {{"id", "acme"}}).status == 201);
  open.others = {{"gateway-1", {}, to_json(of_gateway())}};
  CHECK(admin.get("/overview?tenants=*").json["tenant"] == "*");
  CHECK(open.asked.back().subject == "all/50");
  CHECK(admin.get("/overview?tenant=acme").json["tenant"] == "acme");
  CHECK(open.asked.back().tenant == "acme");
  CHECK(open.asked.back().subject == "own/50");
  CHECK(admin.get("/overview?tenants=acme").status == 400);
  CHECK(admin.get("/overview?tenants=*&tenant=acme").status == 400);
  CHECK(admin.get("/overview?limit=0").status == 400);
  const auto key = [&](const char* tenant, std::vector<std::string> scopes) {
    return admin.post(std::string("/keys?tenant=") + tenant, {{"scopes", std::move(scopes)}})
        .json["key"]
        .get<std::string>();
  };
  const std::string reader = key("default", {"endpoints:read"}),
                    operates = key("default", {"endpoints:read", "tenants:read"}), acme = key("acme", {"*"}),
                    other = key("default", {"events:read"});
  const auto status = [&](const std::string& as, const char* query) {
    admin.key = as;
    const auto answer = admin.get(std::string("/overview") + query);
    admin.key.clear();
    return answer.status;
  };
  CHECK(status(reader, "") == 200);
  CHECK(status(reader, "?tenants=*") == 403);
  CHECK(status(operates, "?tenants=*") == 200);
  CHECK(status(acme, "") == 200);
  CHECK(open.asked.back().tenant == "acme");
  CHECK(status(acme, "?tenants=*") == 403);
  CHECK(status(other, "") == 403);
}
