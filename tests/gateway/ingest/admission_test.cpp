// Whether a gateway takes requests at all: by itself, and as producers meet it.
#include "gateway/ingest/admission.hpp"

#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;
using gateway::ingest::Admission;

namespace {

constexpr std::string_view kEvent = R"({"type":"t","data":1})";
constexpr SteadyTime kNow{std::chrono::hours(1)};

void check_not_accepted(const fakes::Answer& answer, std::string_view retry_after, std::string_view says) {
  CHECK(answer.status == 503);
  CHECK(answer.has("Retry-After: " + std::string(retry_after) + "\r\n"));
  CHECK(json_of(answer)["type"] == "/problems/not-accepted");
  CHECK(json_of(answer)["detail"].get<std::string>().find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("Admission: takes what comes while little waits and the log answers") {
  const Admission admission{config::GatewaySettings{}};
  CHECK_FALSE(admission.refusal({}, kNow));
  CHECK_FALSE(admission.refusal({16'383, kNow - Millis{1'500}, true}, kNow));
}

TEST_CASE("Admission: refuses above what may wait, each loop its share of it") {
  config::GatewaySettings settings;
  settings.max_waiting = 100;
  settings.loops = 4;
  const Admission admission(settings);
  CHECK_FALSE(admission.refusal({24, kNow, true}, kNow));
  CHECK(admission.refusal({25, kNow, true}, kNow)->reason == "overload");
}

TEST_CASE("Admission: refuses while the log is silent, and no longer when nobody waits for it") {
  config::GatewaySettings settings;
  settings.shed_after = Millis{500};
  const Admission admission(settings);
  CHECK_FALSE(admission.refusal({1, kNow - Millis{500}, true}, kNow));
  CHECK(admission.refusal({1, kNow - Millis{501}, true}, kNow)->reason == "slow_log");
  CHECK_FALSE(admission.refusal({1, {}, false}, kNow));
}

TEST_CASE("Admission: goes by what the settings are now") {
  config::GatewaySettings settings;
  config::Live live(settings);
  const Admission admission(settings, &live);
  CHECK_FALSE(admission.refusal({100, kNow, true}, kNow));
  settings.max_waiting = 100;
  settings.shed_after = Millis{10};
  live.take(settings);
  CHECK(admission.refusal({100, kNow, true}, kNow)->reason == "overload");
  CHECK(admission.refusal({1, kNow - Millis{11}, true}, kNow)->reason == "slow_log");
  settings.maintenance = true;
  settings.maintenance_retry_after = Millis{1'500};
  live.take(settings);
  CHECK(admission.refusal({}, kNow)->retry_after_seconds == 2);
}

TEST_CASE("Admission: maintenance refuses everything, however it is signed, and health and metrics go on") {
  Ingest ingest({.maintenance = true});
  check_not_accepted(ingest.post_json(kEvent), "30", "maintenance");
  check_not_accepted(ingest.post("/events/nobody", {}, "{}"), "30", "maintenance");
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="maintenance",source=""} 2)"));
  auto client = ingest.client();
  CHECK(eventually([&] {  // it is ready once it knows what was accepted before
    REQUIRE(client.send(request_text("GET", "/health/ready", {}, "")));
    return client.answer().status == 200;
  }));
  CHECK(ingest.log.taken() == 0);
}

TEST_CASE("Admission: with as many waiting as allowed the next is refused at once, and taken when one has ended") {
  Ingest ingest({.max_waiting = 2});
  ingest.log.script({Fate::held, Fate::held});
  auto first = ingest.begin_json(kEvent), second = ingest.begin_json(kEvent);
  REQUIRE(eventually([&] { return ingest.log.taken() == 2; }));
  check_not_accepted(ingest.post_json(kEvent), "1", "gateway.max_waiting");
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="overload",source=""} 1)"));
  ingest.log.release(0, Fate::persisted);
  CHECK(first.answer().status == 202);
  CHECK(ingest.post_json(kEvent).status == 202);
  ingest.log.release(1, Fate::persisted);
  CHECK(second.answer().status == 202);
}

TEST_CASE("Admission: while the log is silent requests are refused at once, and taken again when it has answered") {
  Ingest ingest({.shed_after = Millis{10}});
  ingest.log.script(std::vector<Fate>(10'000, Fate::held));
  std::vector<fakes::RawClient> waiting;
  REQUIRE(eventually([&] {
    waiting.push_back(ingest.begin_json(kEvent));
    return ingest.metrics.text().find(R"(rejected_total{reason="slow_log",source=""} )") != std::string::npos;
  }));
  check_not_accepted(ingest.post_json(kEvent), "1", "gateway.shed_after_seconds");
  ingest.log.script({});
  for (std::size_t i = 0; i < ingest.log.taken(); ++i) ingest.log.release(i, Fate::persisted);
  CHECK(waiting.front().answer().status == 202);
  CHECK(eventually([&] { return ingest.post_json(kEvent).status == 202; }));
}
