// What a gateway says, when it is asked, of the requests of a source that it has refused.
#include "tests/gateway/ingest/fixture.hpp"

#include "common/questions/refused_requests.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;
using questions::RefusedRequest;

namespace {

const std::string kSecret = "a secret of the source";

std::vector<RefusedRequest> remembered(Ingest& ingest, const std::string& subject) {
  const auto answer = ingest.gateway->answer({"qst_1", "refused-requests", "default", subject, 1, "api-1"});
  REQUIRE(answer);
  const auto refused = questions::refused_requests_of(answer->value);
  REQUIRE(refused);
  return refused->requests;
}

}  // namespace

TEST_CASE("Remembered: a signature that does not fit is remembered with the header at fault, and without its value") {
  Ingest ingest;
  ingest.source("shop", {{"verify", {{"scheme", "github"}, {"secrets", {kSecret}}}}});
  const std::string forged = "sha256=0123456789abcdef";
  CHECK(ingest
            .post("/events/shop",
                  {{"X-GitHub-Event", "push"}, {"X-Hub-Signature-256", forged}, {"Content-Type", "application/json"}},
                  R"({"n":1})")
            .status == 401);
  const auto all = remembered(ingest, "shop/payload");
  REQUIRE(all.size() == 1);
  CHECK(all[0].reason == "unauthenticated");
  CHECK(all[0].place == "x-hub-signature-256");
  CHECK(all[0].client == "127.0.0.1");
  CHECK(all[0].content_type == "application/json");
  CHECK(all[0].bytes == 7);
  CHECK(all[0].payload == R"({"n":1})");
  CHECK(all[0].at > 0);
  const auto answer = ingest.gateway->answer({"qst_1", "refused-requests", "default", "shop/payload", 1, "api-1"});
  CHECK(answer->value.find("0123456789abcdef") == std::string::npos);
  CHECK(answer->value.find(kSecret) == std::string::npos);
  CHECK(remembered(ingest, "shop")[0].payload.empty());
  CHECK(remembered(ingest, "other").empty());
}

TEST_CASE("Remembered: where the secret is sought in the body, nothing of the body is kept") {
  Ingest ingest;
  ingest.source("shop", {{"verify", {{"scheme", "value"}, {"pointer", "/token"}, {"secrets", {kSecret}}}}});
  CHECK(
      ingest.post("/events/shop", {{"Content-Type", "application/json"}}, R"({"token":"almost the secret"})").status ==
      401);
  const auto all = remembered(ingest, "shop/payload");
  REQUIRE(all.size() == 1);
  CHECK(all[0].place == "/token");
  CHECK(all[0].payload.empty());
  CHECK(all[0].bytes == 29);
}

TEST_CASE("Remembered: rates, hops and keys, each with its reason, the newest first") {
  Ingest ingest;
  ingest.source("raw", {{"verify", {{"scheme", "none"}}}, {"rate_per_second", 1}});
  ingest.source("keyed", {{"verify", {{"scheme", "key"}}}});
  CHECK(ingest.post("/events/raw", {{"certes-hops", "9"}}, "{}").status == 508);
  CHECK(ingest.post("/events/raw", {}, "{}").status == 429);
  const auto raw = remembered(ingest, "raw");
  REQUIRE(raw.size() == 2);
  CHECK(raw[0].reason == "rate");
  CHECK(raw[1].reason == "loop_detected");
  CHECK(raw[1].place == "certes-hops");
  CHECK(ingest.post("/events/keyed", {{"Authorization", "Bearer certes_nobodys"}}, "{}").status == 401);
  const auto keyed = remembered(ingest, "keyed");
  REQUIRE(keyed.size() == 1);
  CHECK(keyed[0].place == "authorization");
  CHECK(keyed[0].error.find("nobodys") == std::string::npos);
}

TEST_CASE("Remembered: of events and unknown sources nothing is, and of other questions nothing is said") {
  Ingest ingest;
  CHECK(ingest.post("/events/nobody", {}, "{}").status == 404);
  CHECK(remembered(ingest, "nobody").empty());
  CHECK_FALSE(ingest.gateway->answer({"qst_1", "endpoint-stats", "default", "shop", 1, "api-1"}));
  CHECK_FALSE(ingest.gateway->answer({"qst_1", "refused-requests", "default", "a/b", 1, "api-1"}));
}

TEST_CASE("Remembered: whoever asks, no more than some questions are answered, and what is let go is counted") {
  Ingest ingest;
  int answered = 0;
  for (int i = 0; i < 1'000; ++i)
    if (ingest.gateway->answer({"qst_1", "refused-requests", "default", "shop", 1, "api-1"})) ++answered;
  CHECK(answered >= 50);
  CHECK(answered < 1'000);
  CHECK(ingest.metrics.text().find("certes_gateway_questions_total{outcome=\"refused\"} " +
                                   std::to_string(1'000 - answered)) != std::string::npos);
}
