// What a gateway says, when it is asked, of all that it has accepted and refused.
#include "tests/gateway/ingest/fixture.hpp"

#include "common/questions/overview.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;
using questions::ProcessOverview;

namespace {

ProcessOverview overview_of(Ingest& ingest, const std::string& subject = "own/50",
                            const std::string& tenant = "default") {
  const auto answer = ingest.gateway->answer({"qst_1", "overview", tenant, subject, 1, "api-1"});
  REQUIRE(answer);
  CHECK(answer->partitions.empty());
  const auto overview = questions::process_overview_of(answer->value);
  REQUIRE(overview);
  return *overview;
}

const Headers kJson{{"Content-Type", "application/json"}};

}  // namespace

TEST_CASE("Overview: what is accepted is counted by kind, what was there already and what is refused apart") {
  Ingest ingest;
  CHECK(overview_of(ingest).accepting == questions::Accepting{});
  const std::string event = R"({"type":"order.created","id":"one","source":"shop","data":{}})";
  REQUIRE(ingest.post("/events", kJson, event).status == 202);
  REQUIRE(ingest.post("/events", kJson, event).status == 202);
  REQUIRE(ingest.post("/events", kJson, R"([{"type":"a.b","data":1},{"type":"a.b","data":2}])").status == 202);
  REQUIRE(ingest.post("/events", kJson, R"({"type":"order..created","data":{}})").status == 400);
  REQUIRE(ingest.post("/events", {{"Content-Type", "text/plain"}}, "x").status == 415);
  const ProcessOverview now = overview_of(ingest);
  CHECK(now.gateway);
  CHECK_FALSE(now.dispatcher);
  CHECK(now.started > 0);
  CHECK(now.accepting.accepted == std::array<std::uint64_t, registry::kEventKinds>{3, 0, 0});
  CHECK(now.accepting.duplicates == 1);
  CHECK(now.accepting.refused == 2);
  CHECK(now.accepting.append.all() == 2);
  CHECK(overview_of(ingest, "all/50", "acme").accepting == now.accepting);
  CHECK(overview_of(ingest, "own/50", "acme").accepting == questions::Accepting{});
}

TEST_CASE("Overview: a question that is none is not answered") {
  Ingest ingest;
  CHECK_FALSE(ingest.gateway->answer({"qst_1", "overview", "default", "everything", 1, "api-1"}));
}
