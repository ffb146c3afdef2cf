// Events that have been here before: every route that accepts counts, and refuses what comes round too often.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

struct Route {
  std::string target, content_type, body;
};

const std::string kCloudEvent = R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":1})";

// But for the commands' (commands_test).
const std::vector<Route> kRoutes = {
    {"/events", "application/json", R"({"type":"t","data":1})"},
    {"/events", "application/cloudevents+json", kCloudEvent},
    {"/events", "application/cloudevents-batch+json", "[" + kCloudEvent + "]"},
    {"/t/default/events", "application/json", R"({"type":"t","data":1})"},
    {"/events/raw", "text/plain", "anything"},
    {"/t/default/events/raw", "text/plain", "anything"},
};

void declare_raw(Ingest& ingest) { ingest.source("raw", {{"verify", {{"scheme", "none"}}}}); }

fakes::Answer post(Ingest& ingest, const Route& route, const std::vector<std::string>& hops) {
  Headers headers = {{"Content-Type", route.content_type}};
  for (const std::string& one : hops) headers.emplace_back("Certes-Hops", one);
  return ingest.post(route.target, headers, route.body);
}

}  // namespace

TEST_CASE("Hops: every route takes eight and puts them on the record") {
  for (const Route& route : kRoutes) {
    CAPTURE(route.target);
    CAPTURE(route.content_type);
    Ingest ingest;
    declare_raw(ingest);
    REQUIRE(post(ingest, route, {"8"}).status == 202);
    CHECK(ingest.log.record(0).headers.get("certes-hops") == "8");
  }
}

TEST_CASE("Hops: every route refuses the ninth with 508, counts it, and stores nothing") {
  for (const Route& route : kRoutes) {
    CAPTURE(route.target);
    CAPTURE(route.content_type);
    Ingest ingest;
    declare_raw(ingest);
    for (const std::vector<std::string>& hops :
         {std::vector<std::string>{"9"}, {"123456789012345678901234567890"}, {"0", "9"}, {"9", "0"}, {"1, 9"}}) {
      const auto answer = post(ingest, route, hops);
      REQUIRE(answer.status == 508);
      CHECK(json_of(answer)["type"] == "/problems/loop-detected");
      CHECK(json_of(answer)["pointer"] == "certes-hops");
    }
    CHECK(ingest.log.taken() == 0);
    const std::string source = route.target.ends_with("raw") ? "raw" : "";
    CHECK(ingest.counts("certes_gateway_rejected_total{reason=\"loop_detected\",source=\"" + source + "\"} 5"));
  }
}

TEST_CASE("Hops: every route refuses what is no number with 400, as it must not begin again at 0") {
  for (const Route& route : kRoutes) {
    CAPTURE(route.target);
    Ingest ingest;
    declare_raw(ingest);
    for (const std::string hops : {"-1", "junk", "1.5", "3,", ""}) {
      CAPTURE(hops);
      const auto answer = post(ingest, route, {hops});
      REQUIRE(answer.status == 400);
      CHECK(json_of(answer)["pointer"] == "certes-hops");
    }
    CHECK(ingest.log.taken() == 0);
  }
}

TEST_CASE("Hops: a batch has its request's") {
  Ingest ingest;
  REQUIRE(
      post(ingest, {"/events", "application/json", R"([{"type":"t","data":1},{"type":"u","data":2}])"}, {"3"}).status ==
      202);
  REQUIRE(ingest.log.taken() == 2);
  for (const std::size_t i : {0, 1}) CHECK(ingest.log.record(i).headers.get("certes-hops") == "3");
}

TEST_CASE("Hops: an event that comes for the first time has none") {
  Ingest ingest;
  REQUIRE(ingest.post_json(R"({"type":"t","data":1})").status == 202);
  CHECK_FALSE(ingest.log.record(0).headers.find("certes-hops"));
}

TEST_CASE("Hops: who has no key is told that, whatever was sent") {
  Ingest ingest({.dev = false});
  CHECK(post(ingest, kRoutes[0], {"9"}).status == 401);
  CHECK(ingest.counts("certes_gateway_rejected_total{reason=\"unauthenticated\",source=\"\"} 1"));
}
