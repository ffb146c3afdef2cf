// GET /sources/{id}/refused: what gateways remember, put together.
#include <doctest/doctest.h>

#include "common/questions/asker.hpp"
#include "common/questions/refused_requests.hpp"
#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api::testing;
using questions::RefusedRequest;
using questions::RefusedRequests;

namespace {

// An API, and gateways that answer at once; a process of another kind answers nothing.
struct Bench {
  Bench() {
    installation.asker = &asker;
    process = std::make_unique<Process>(installation);
    REQUIRE(process->put("/sources/shop", {{"verify", {{"scheme", "none"}}}}).status == 201);
  }
  questions::Asker::Ways ways() {
    questions::Asker::Ways ways;
    ways.elsewhere = [this](const questions::Question& question) {
      asked.push_back(question);
      for (const auto& [name, value] : gateways) asker.take({question.id, name, {}, value});
    };
    return ways;
  }
  Answer refused(const std::string& query = "") { return process->get("/sources/shop/refused" + query); }

  SystemClock clock;
  std::vector<std::pair<std::string, std::string>> gateways;
  std::vector<questions::Question> asked;
  questions::Asker asker{clock, "api-1", [] { return 3; }, ways()};
  Installation installation;
  std::unique_ptr<Process> process;
};

RefusedRequest request(UnixMillis at, const std::string& reason) {
  RefusedRequest made;
  made.at = made.first_at = at;
  made.reason = reason;
  return made;
}

}  // namespace

TEST_CASE("Refused requests: what gateways remember comes newest first, with who has said it") {
  Bench bench;
  RefusedRequest full = request(1'700'000'002'000, "unauthenticated");
  full.first_at = 1'700'000'000'000;
  full.times = 3;
  full.error = "the signature does not fit";
  full.place = "x-hub-signature-256";
  full.client = "192.0.2.7";
  full.content_type = "application/json";
  full.bytes = 7;
  bench.gateways = {{"gw-2", to_json(RefusedRequests{{request(1'700'000'001'000, "rate")}, true})},
                    {"gw-1", to_json(RefusedRequests{{full, request(1'700'000'000'500, "schema")}, false})},
                    {"odd", "{}"}};
  const Answer answer = bench.refused();
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  REQUIRE(bench.asked.size() == 1);
  CHECK(bench.asked[0].kind == "refused-requests");
  CHECK(bench.asked[0].subject == "shop");
  CHECK(answer.json["answered_by"] == Json{"gw-1", "gw-2"});
  CHECK(answer.json["more"] == true);
  REQUIRE(answer.json["items"].size() == 3);
  CHECK(answer.json["items"][0] == Json{{"at", "2023-11-14T22:13:22.000Z"},
                                        {"reason", "unauthenticated"},
                                        {"times", 3},
                                        {"first_at", "2023-11-14T22:13:20.000Z"},
                                        {"error", "the signature does not fit"},
                                        {"place", "x-hub-signature-256"},
                                        {"client", "192.0.2.7"},
                                        {"content_type", "application/json"},
                                        {"bytes", 7},
                                        {"process", "gw-1"}});
  CHECK(answer.json["items"][1]["reason"] == "rate");
  CHECK(answer.json["items"][2]["reason"] == "schema");
}

TEST_CASE("Refused requests: a limit cuts, and says that there are more") {
  Bench bench;
  bench.gateways = {{"gw-1", to_json(RefusedRequests{{request(2, "rate"), request(1, "schema")}, false})}};
  const Json json = bench.refused("?limit=1").json;
  REQUIRE(json["items"].size() == 1);
  CHECK(json["items"][0]["reason"] == "rate");
  CHECK(json["more"] == true);
  CHECK(bench.refused("?limit=2").json["more"] == false);
}

TEST_CASE("Refused requests: payloads are for who asks for them and may see events") {
  Bench bench;
  RefusedRequest with = request(1, "schema");
  with.payload = "{";
  with.payload_cut = true;
  bench.gateways = {{"gw-1", to_json(RefusedRequests{{with}, false})}};
  const Json shown = bench.refused("?payload=true").json;
  CHECK(bench.asked.back().subject == "shop/payload");
  CHECK(shown["items"][0]["payload"] == "{");
  CHECK(shown["items"][0]["payload_cut"] == true);
  CHECK(bench.refused("?payload=1").status == 400);
  bench.process->key = bench.process->post("/keys", {{"scopes", {"sources:read"}}}).json["key"];
  CHECK(bench.refused("?payload=true").status == 403);
  CHECK(bench.refused().status == 200);
}

TEST_CASE("Refused requests: a source that is not there is 404, and where no gateway answers nobody has") {
  Bench bench;
  CHECK(bench.process->get("/sources/none/refused").status == 404);
  const Json json = bench.refused().json;
  CHECK(json["items"].empty());
  CHECK(json["answered_by"].empty());
}
