// Batches: all or nothing, bounded, and in every form.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

std::string batch_of(std::size_t count) {
  std::string body = "[";
  for (std::size_t i = 0; i < count; ++i)
    body += (i == 0 ? "" : ",") + (R"({"type":"t","data":)" + std::to_string(i) + "}");
  return body + "]";
}

std::string type_of(const fakes::Answer& answer) {
  const auto type = json_of(answer)["type"].get<std::string>();
  return type.substr(type.rfind('/') + 1);
}

}  // namespace

TEST_CASE("Batch: each event is on the log in its place, the answer has their ids in order") {
  Ingest ingest;
  const auto answer = ingest.post_json(batch_of(3));
  REQUIRE(answer.status == 202);
  const auto json = json_of(answer);
  CHECK(json["count"] == 3);
  REQUIRE(json["accepted"].size() == 3);
  REQUIRE(ingest.log.taken() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(ingest.log.record(i).value == std::to_string(i));
    CHECK(ingest.log.record(i).headers.get("certes-id") == json["accepted"][i].get<std::string>());
  }
}

TEST_CASE("Batch: of CloudEvents") {
  Ingest ingest;
  const auto answer = ingest.post("/events", {{"Content-Type", "application/cloudevents-batch+json"}},
                                  R"([{"specversion":"1.0","id":"1","source":"/s","type":"a"},)"
                                  R"({"specversion":"1.0","id":"2","source":"/s","type":"b","data":1}])");
  CHECK(json_of(answer)["count"] == 2);
  REQUIRE(ingest.log.taken() == 2);
  CHECK(ingest.log.record(1).headers.get("ce_id") == "2");
}

TEST_CASE("Batch: an empty one is accepted, and appends nothing") {
  Ingest ingest;
  for (const std::string type : {"application/json", "application/cloudevents-batch+json"}) {
    const auto answer = ingest.post("/events", {{"Content-Type", type}}, "[]");
    CHECK(answer.status == 202);
    CHECK(json_of(answer) == Json{{"accepted", Json::array()}, {"count", 0}});
  }
  CHECK(ingest.log.taken() == 0);
}

TEST_CASE("Batch: of one is still answered as a batch") {
  Ingest ingest;
  CHECK(json_of(ingest.post_json(batch_of(1)))["count"] == 1);
}

TEST_CASE("Batch: up to a thousand events; above, 413 and nothing is appended") {
  Ingest ingest;
  CHECK(json_of(ingest.post_json(batch_of(1'000)))["count"] == 1'000);
  const auto refused = ingest.post_json(batch_of(1'001));
  CHECK(refused.status == 413);
  CHECK(json_of(refused)["detail"].get<std::string>().find("1000") != std::string::npos);
  CHECK(ingest.log.taken() == 1'000);
}

TEST_CASE("Batch: one bad event refuses all, and the pointer says which") {
  Ingest ingest;
  const std::pair<std::string, std::string> cases[] = {
      {R"([{"type":"t","data":1},{"data":1}])", "/1/type"},
      {R"([{"type":"t","data":1},{"type":"t","data":1,"typ":2}])", "/1/typ"},
      {R"([{"type":"t","data":1},7])", "/1"},
  };
  for (const auto& [body, pointer] : cases) {
    const auto answer = ingest.post_json(body);
    CHECK(answer.status == 400);
    CHECK(json_of(answer)["pointer"] == pointer);
  }
  const auto own = ingest.post_json(R"([{"type":"t","data":1},{"type":"certes.x","data":1}])");
  CHECK(own.status == 403);
  CHECK(json_of(own)["pointer"] == "/1/type");
  CHECK(ingest.log.taken() == 0);
}

TEST_CASE("Batch: one event above what the log takes refuses all") {
  Ingest ingest({.max_record_bytes = 2'000});
  const auto answer =
      ingest.post_json(R"([{"type":"t","data":1},{"type":"t","data":")" + std::string(2'000, 'x') + "\"}]");
  CHECK(answer.status == 413);
  CHECK(json_of(answer)["pointer"] == "/1");
  CHECK(ingest.log.taken() == 0);
}

TEST_CASE("Batch: 202 only after the last acknowledgement") {
  Ingest ingest;
  ingest.log.script({Fate::held, Fate::persisted, Fate::held});
  auto client = ingest.begin_json(batch_of(3));
  REQUIRE(eventually([&] { return ingest.log.taken() == 3; }));
  ingest.log.release(2, Fate::persisted);
  ingest.log.release(0, Fate::persisted);
  CHECK(client.answer().status == 202);
}

TEST_CASE("Batch: none stored is not-accepted, some stored or unknown is outcome-unknown") {
  const std::pair<std::vector<Fate>, std::string> cases[] = {
      {{Fate::not_persisted, Fate::not_persisted, Fate::not_persisted}, "not-accepted"},
      {{Fate::busy, Fate::busy, Fate::busy}, "not-accepted"},
      {{Fate::busy, Fate::not_persisted, Fate::busy}, "not-accepted"},
      {{Fate::persisted, Fate::not_persisted, Fate::persisted}, "outcome-unknown"},
      {{Fate::persisted, Fate::persisted, Fate::busy}, "outcome-unknown"},
      {{Fate::not_persisted, Fate::unknown, Fate::not_persisted}, "outcome-unknown"},
      {{Fate::unknown, Fate::unknown, Fate::unknown}, "outcome-unknown"},
  };
  for (const auto& [fates, type] : cases) {
    Ingest ingest;
    ingest.log.script(fates);
    const auto answer = ingest.post_json(batch_of(3));
    CHECK(answer.status == 503);
    CHECK(type_of(answer) == type);
    CHECK(answer.has("Retry-After: "));
  }
}

TEST_CASE("Batch: a repeat within it is stored once and shares the first one's id") {
  for (const bool exact : {false, true}) {
    Ingest ingest({.exact = exact});
    const auto answer = ingest.post_json(R"([{"id":"1","type":"t","data":1},{"id":"1","type":"t","data":1}])");
    REQUIRE(answer.status == 202);
    CHECK(json_of(answer)["accepted"][0] == json_of(answer)["accepted"][1]);
    CHECK(json_of(answer)["duplicates"] == Json{json_of(answer)["accepted"][1]});
    CHECK(ingest.log.taken() == (exact ? 2 : 1));
    CHECK(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 1)"));
  }
}

TEST_CASE("Batch: the answer names what had been accepted before, by the first one's id, in the order of the batch") {
  const auto batch = [](const std::vector<std::string>& ids) {
    std::string body;
    for (const std::string& id : ids)
      body += (body.empty() ? "[" : ",") + (R"({"type":"t","data":1,"id":")" + id + "\"}");
    return body + "]";
  };
  for (const bool exact : {false, true}) {
    Ingest ingest({.exact = exact});
    const auto first = json_of(ingest.post_json(batch({"a", "b"})));
    CHECK_FALSE(first.contains("duplicates"));
    const auto again = json_of(ingest.post_json(batch({"b", "c", "a"})));
    CHECK(again["count"] == 3);
    CHECK(again["duplicates"] == Json{first["accepted"][1], first["accepted"][0]});
    CHECK(again["accepted"][0] == first["accepted"][1]);
    CHECK(again["accepted"][2] == first["accepted"][0]);
    const auto other = json_of(ingest.post_json(batch({"d"})));
    CHECK_FALSE(other.contains("duplicates"));
  }
}

TEST_CASE("Batch: what it stored is counted, though a repeat in it failed") {
  Ingest ingest;
  ingest.log.script({Fate::held});
  auto first = ingest.begin_json(R"({"id":"1","type":"t","data":1})");
  REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
  auto second = ingest.begin_json(R"([{"id":"1","type":"t","data":1},{"id":"2","type":"t","data":1}])");
  REQUIRE(eventually([&] { return ingest.log.taken() == 2; }));
  ingest.log.release(0, Fate::not_persisted);
  CHECK(type_of(first.answer()) == "not-accepted");
  CHECK(type_of(second.answer()) == "outcome-unknown");
  CHECK(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 1)"));
}
