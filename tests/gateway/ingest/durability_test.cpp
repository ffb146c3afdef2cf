// What the answer says of the log: 202 only after its acknowledgement, else which of the two 503.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

constexpr std::string_view kEvent = R"({"id":"1","type":"t","data":1})";
constexpr std::string_view kWithoutId = R"({"type":"t","data":1})";

void check_503(const fakes::Answer& answer, std::string_view type, std::string_view says = {}) {
  REQUIRE(answer.status == 503);
  CHECK(answer.has("Retry-After: 2\r\n"));
  CHECK(answer.has("Content-Type: application/problem+json\r\n"));
  CHECK(json_of(answer)["type"] == "/problems/" + std::string(type));
  CHECK(json_of(answer)["detail"].get<std::string>().find(says) != std::string::npos);
}

// Not a byte of an answer has come so far.
bool unanswered(const fakes::RawClient& client) {
  char byte = 0;
  return ::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

}  // namespace

TEST_CASE("Durability: no answer before the log has acknowledged") {
  Ingest ingest;
  ingest.log.script({Fate::held});
  auto client = ingest.begin_json(kWithoutId);
  REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
  // A later request goes all its way meanwhile.
  CHECK(ingest.post_json(kWithoutId).status == 202);
  CHECK(unanswered(client));
  ingest.log.release(0, Fate::persisted);
  const auto answer = client.answer();
  CHECK(answer.status == 202);
  CHECK(json_of(answer)["id"] == std::string(ingest.log.record(0).headers.get("certes-id")));
  CHECK_FALSE(json_of(answer).contains("duplicate"));
}

TEST_CASE("Durability: surely not stored is 503 not-accepted") {
  Ingest ingest;
  ingest.log.script({Fate::not_persisted, Fate::busy});
  check_503(ingest.post_json(kEvent), "not-accepted", "scripted: not stored");
  check_503(ingest.post_json(kEvent), "not-accepted", "the queue is full");
  CHECK(ingest.post_json(kEvent).status == 202);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="not_accepted",source=""} 2)"));
  CHECK(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 1)"));
}

TEST_CASE("Durability: perhaps stored is 503 outcome-unknown") {
  Ingest ingest;
  ingest.log.script({Fate::unknown});
  check_503(ingest.post_json(kEvent), "outcome-unknown", "scripted: nobody knows");
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="outcome_unknown",source=""} 1)"));
}

TEST_CASE("Durability: a log that never answers is 503 outcome-unknown after the durable timeout") {
  Ingest ingest({.durable_timeout = Millis{50}});
  ingest.log.script({Fate::never, Fate::held, Fate::never});
  auto first = ingest.begin_json(kWithoutId);
  auto second = ingest.begin_json(kWithoutId);
  check_503(first.answer(), "outcome-unknown", "has not answered in time");
  check_503(second.answer(), "outcome-unknown", "has not answered in time");
  check_503(ingest.post_json(kWithoutId), "outcome-unknown");
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="outcome_unknown",source=""} 3)"));
}

TEST_CASE("Durability: an acknowledgement after the timeout is counted, and known as the first") {
  Ingest ingest({.durable_timeout = Millis{50}});
  ingest.log.script({Fate::held});
  check_503(ingest.post_json(kEvent), "outcome-unknown");
  ingest.log.release(0, Fate::persisted);
  CHECK(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 1)"));
  const auto repeat = ingest.post_json(kEvent);
  CHECK(repeat.status == 202);
  CHECK(json_of(repeat)["duplicate"] == true);
  CHECK(json_of(repeat)["id"] == std::string(ingest.log.record(0).headers.get("certes-id")));
  CHECK(ingest.log.taken() == 1);
}

TEST_CASE("Durability: a repeat is answered with the first one's id, and stored once") {
  for (const bool exact : {false, true}) {
    Ingest ingest({.exact = exact});
    const auto first = json_of(ingest.post_json(kEvent));
    const auto second = json_of(ingest.post_json(R"({"id":"1","type":"other","data":2})"));
    CHECK_FALSE(first.contains("duplicate"));
    CHECK(second == Json{{"id", first["id"]}, {"status", "accepted"}, {"duplicate", true}});
    const auto elsewhere = json_of(ingest.post_json(R"({"id":"1","source":"/other","type":"t","data":1})"));
    CHECK_FALSE(elsewhere.contains("duplicate"));
    CHECK(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 2)"));
  }
}

TEST_CASE("Durability: a repeat of a pending append shares its fate, on other loops too") {
  for (const Fate fate : {Fate::persisted, Fate::not_persisted, Fate::unknown}) {
    Ingest ingest({.loops = 2});
    ingest.log.script({Fate::held, fate, fate, fate, fate});
    auto first = ingest.begin_json(kEvent);
    REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
    // The second event of each tells that the first has been taken in.
    std::vector<fakes::RawClient> repeats;
    for (int i = 0; i < 4; ++i)
      repeats.push_back(ingest.begin_json(R"([{"id":"1","type":"t","data":1},{"type":"t","data":2}])"));
    REQUIRE(eventually([&] { return ingest.log.taken() == 5; }));
    for (auto& repeat : repeats) CHECK(unanswered(repeat));
    ingest.log.release(0, fate);
    CHECK(first.answer().status == (fate == Fate::persisted ? 202 : 503));
    for (auto& repeat : repeats) {
      const auto answer = repeat.answer();
      if (fate == Fate::persisted) {
        REQUIRE(answer.status == 202);
        CHECK(json_of(answer)["accepted"][0] == std::string(ingest.log.record(0).headers.get("certes-id")));
      } else {
        check_503(answer, fate == Fate::unknown ? "outcome-unknown" : "not-accepted");
      }
    }
  }
}

TEST_CASE("Durability: after a failure the same event is taken as new") {
  for (const Fate fate : {Fate::not_persisted, Fate::unknown, Fate::busy}) {
    Ingest ingest;
    ingest.log.script({fate});
    CHECK(ingest.post_json(kEvent).status == 503);
    const auto again = ingest.post_json(kEvent);
    CHECK(again.status == 202);
    CHECK_FALSE(json_of(again).contains("duplicate"));
    CHECK(json_of(ingest.post_json(kEvent))["duplicate"] == true);
  }
}

TEST_CASE("Durability: an appender that can do no more is replaced, and still answers what it took") {
  Ingest ingest;
  ingest.log.script({Fate::held, Fate::held, Fate::fatal});
  auto first = ingest.begin_json(kWithoutId);
  auto second = ingest.begin_json(kWithoutId);
  REQUIRE(eventually([&] { return ingest.log.taken() == 2; }));
  CHECK(ingest.log.appenders() == 1);
  check_503(ingest.post_json(kWithoutId), "outcome-unknown");
  CHECK(ingest.post_json(kWithoutId).status == 202);
  CHECK(ingest.log.appenders() == 2);
  // The retired one ends the same way: no reason to replace the new one.
  ingest.log.release(0, Fate::fatal);
  ingest.log.release(1, Fate::persisted);
  check_503(first.answer(), "outcome-unknown");
  CHECK(second.answer().status == 202);
  for (int i = 0; i < 5; ++i) CHECK(ingest.post_json(kWithoutId).status == 202);
  CHECK(ingest.log.appenders() == 2);
}

TEST_CASE("Durability: what is pending is answered before the gateway has stopped") {
  Ingest ingest;
  ingest.log.script({Fate::held});
  auto client = ingest.begin_json(kWithoutId);
  REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
  auto idle = ingest.client();
  REQUIRE(idle.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"));
  REQUIRE(idle.answer().status == 200);
  std::thread stopper([&] { ingest.gateway->stop(Millis{10'000}); });
  CHECK(idle.closed());  // so it has begun to stop
  ingest.log.release(0, Fate::persisted);
  CHECK(client.answer().status == 202);
  stopper.join();
}

TEST_CASE("Durability: a producer that goes away while it waits does no harm") {
  Ingest ingest;
  ingest.log.script({Fate::held});
  {
    auto client = ingest.begin_json(kEvent);
    REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
    client.reset();
  }
  auto repeat = ingest.begin_json(kEvent);
  ingest.log.release(0, Fate::persisted);
  CHECK(json_of(repeat.answer())["duplicate"] == true);
  CHECK(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 1)"));
}
