// Idempotency-Key over HTTP: which requests are the same, and what a repeat is answered.
#include "common/log/names.hpp"
#include "gateway/repeats/idempotency_key.hpp"
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

constexpr std::string_view kEvent = R"({"type":"t","data":1})";

Headers with_key(std::string key, std::string type = "application/json") {
  return {{"Content-Type", std::move(type)}, {"Idempotency-Key", std::move(key)}};
}

void check_problem(const fakes::Answer& answer, int status, const std::string& type) {
  CHECK(answer.status == status);
  CHECK(json_of(answer)["type"] == "/problems/" + type);
  CHECK(json_of(answer)["pointer"] == "idempotency-key");
}

std::string client_id(const Ingest& ingest, std::size_t index) {
  return std::string(ingest.log.record(index).headers.get("ce_id"));
}

}  // namespace

TEST_CASE("Idempotency-Key: quoted and bare are the same key") {
  for (const auto& [value, key] : std::vector<std::pair<std::string, std::string>>{
           {"abc", "abc"},
           {"\"abc\"", "abc"},
           {"8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"},
           {"\"a b\"", "a b"},
           {R"("a\"b\\c")", R"(a"b\c)"},
           {"\"a,b;c\"", "a,b;c"},
           {std::string(255, 'x'), std::string(255, 'x')},
           {"\"" + std::string(255, 'x') + "\"", std::string(255, 'x')}}) {
    CAPTURE(value);
    CHECK(parse_idempotency_key(value).value_or("") == key);
  }
}

TEST_CASE("Idempotency-Key: what is no key is refused, saying why") {
  for (const auto& [value, why] :
       std::vector<std::pair<std::string, std::string>>{{"", "is empty"},
                                                        {"\"\"", "is empty"},
                                                        {"\"abc", "does not end with one"},
                                                        {"\"", "does not end with one"},
                                                        {"\"abc\"x", "behind its closing quote"},
                                                        {"\"abc\";p=1", "behind its closing quote"},
                                                        {"\"a\\b\"", "backslash"},
                                                        {"\"abc\\", "backslash"},
                                                        {"a\"b", "send it in quotes"},
                                                        {"a,b", "send it in quotes"},
                                                        {"a;b", "send it in quotes"},
                                                        {"a\\b", "send it in quotes"},
                                                        {"a b", "not visible ASCII"},
                                                        {"a\xc3\xa4", "not visible ASCII"},
                                                        {"\"\x7f\"", "not visible ASCII"},
                                                        {std::string(256, 'x'), "longer than 255"}}) {
    CAPTURE(value);
    const auto key = parse_idempotency_key(value);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == Code::invalid);
    CHECK(key.error().pointer == "idempotency-key");
    CHECK(key.error().message.find(why) != std::string::npos);
  }
}

TEST_CASE("Idempotency-Key: a repeat gets the first answer again, and nothing is appended") {
  Ingest ingest;
  const auto first = ingest.post("/events", with_key("\"k-1\""), kEvent);
  const auto again = ingest.post("/events", with_key("k-1"), kEvent);
  CHECK(first.status == 202);
  CHECK_FALSE(first.has("Idempotency-Replayed"));
  CHECK(again.status == 202);
  CHECK(again.body == first.body);
  CHECK(again.has("Content-Type: application/json\r\n"));
  CHECK(again.has("Idempotency-Replayed: true\r\n"));
  CHECK(ingest.log.taken() == 1);
  CHECK(ingest.counts(R"(certes_gateway_idempotency_repeats_total{outcome="answered"} 1)"));
  CHECK(ingest.counts("certes_gateway_idempotency_keys 1"));
}

TEST_CASE("Idempotency-Key: other keys and none are other events") {
  Ingest ingest;
  for (int i = 0; i < 2; ++i) CHECK(ingest.post_json(kEvent).status == 202);
  CHECK(ingest.post("/events", with_key("k-1"), kEvent).status == 202);
  CHECK(ingest.post("/events", with_key("k-2"), kEvent).status == 202);
  CHECK(ingest.log.taken() == 4);
}

TEST_CASE("Idempotency-Key: another payload is 422: body, content type and CloudEvents headers count") {
  Ingest ingest;
  REQUIRE(ingest.post("/events", with_key("k-1"), kEvent).status == 202);
  check_problem(ingest.post("/events", with_key("k-1"), R"({"type":"t","data":2})"), 422, "idempotency-key-reused");
  check_problem(ingest.post("/events", with_key("k-1", "application/json; charset=utf-8"), kEvent), 422,
                "idempotency-key-reused");
  Headers binary = with_key("k-2", "text/plain");
  for (const auto& [name, value] :
       Headers{{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "a.b"}, {"ce-subject", "x"}})
    binary.emplace_back(name, value);
  REQUIRE(ingest.post("/events", binary, "data").status == 202);
  binary.back().second = "y";
  check_problem(ingest.post("/events", binary, "data"), 422, "idempotency-key-reused");
  CHECK(ingest.log.taken() == 2);
}

TEST_CASE("Idempotency-Key: while the first is in flight a repeat is 409, then the same answer") {
  Ingest ingest({.loops = 2});
  ingest.log.script({Fate::held});
  auto first = ingest.begin("/events", with_key("k-1"), kEvent);
  REQUIRE(eventually([&] { return ingest.log.taken() == 1; }));
  for (int i = 0; i < 4; ++i) {
    const auto repeat = ingest.post("/events", with_key("k-1"), kEvent);
    check_problem(repeat, 409, "idempotency-key-in-flight");
    CHECK(repeat.has("Retry-After: 1\r\n"));
  }
  check_problem(ingest.post("/events", with_key("k-1"), "[]"), 422, "idempotency-key-reused");
  ingest.log.release(0, Fate::persisted);
  const auto answer = first.answer();
  CHECK(answer.status == 202);
  CHECK(ingest.post("/events", with_key("k-1"), kEvent).body == answer.body);
}

TEST_CASE("Idempotency-Key: what was not stored, or perhaps not, frees the key, and the repeat has the same id") {
  for (const Fate fate : {Fate::not_persisted, Fate::unknown, Fate::busy}) {
    Ingest ingest;
    ingest.log.script({Fate::persisted, fate});
    REQUIRE(ingest.post("/events", with_key("k-0"), kEvent).status == 202);
    CHECK(ingest.post("/events", with_key("k-1"), kEvent).status == 503);
    const auto again = ingest.post("/events", with_key("k-1"), kEvent);
    CHECK(again.status == 202);
    CHECK_FALSE(again.has("Idempotency-Replayed"));
    if (fate != Fate::busy) CHECK(client_id(ingest, 1) == client_id(ingest, 2));
  }
}

TEST_CASE("Idempotency-Key: after the durable timeout the key is held until the log has said how it ended") {
  Ingest ingest({.durable_timeout = Millis{50}});
  ingest.log.script({Fate::held});
  CHECK(ingest.post("/events", with_key("k-1"), kEvent).status == 503);
  CHECK(ingest.post("/events", with_key("k-1"), kEvent).status == 409);
  ingest.log.release(0, Fate::persisted);
  REQUIRE(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 1)"));
  const auto again = ingest.post("/events", with_key("k-1"), kEvent);
  CHECK(again.status == 202);
  CHECK(json_of(again)["id"] == std::string(ingest.log.record(0).headers.get("certes-id")));
  CHECK(ingest.log.taken() == 1);
}

TEST_CASE("Idempotency-Key: an event without an id gets one of key and payload, the same in every process") {
  for (const bool exact : {false, true}) {
    std::string id;
    for (int process = 0; process < 2; ++process) {
      Ingest ingest({.exact = exact});
      REQUIRE(ingest.post("/events", with_key("k-1"), kEvent).status == 202);
      REQUIRE(ingest.post("/events", with_key("k-2"), kEvent).status == 202);
      REQUIRE(ingest.post("/events", with_key("k-3"), R"({"type":"t","data":2})").status == 202);
      CHECK(client_id(ingest, 0).starts_with("idk_"));
      CHECK(client_id(ingest, 0).size() == 36);
      CHECK(client_id(ingest, 0) != client_id(ingest, 1));
      CHECK(ingest.log.record(0).identity);
      CHECK(ingest.log.record(0).headers.get(log::names::kClientId) == "1");
      if (process == 1) CHECK(client_id(ingest, 0) == id);
      id = client_id(ingest, 0);
    }
  }
}

TEST_CASE("Idempotency-Key: an id of the client's stays; in a batch the others get ids that differ") {
  Ingest ingest;
  const std::string batch = R"([{"type":"t","data":1},{"id":"mine","type":"t","data":1},{"type":"t","data":1}])";
  const auto first = ingest.post("/events", with_key("k-1"), batch);
  REQUIRE(first.status == 202);
  CHECK(client_id(ingest, 0).ends_with(".0"));
  CHECK(client_id(ingest, 1) == "mine");
  CHECK(client_id(ingest, 2).ends_with(".2"));
  CHECK(ingest.post("/events", with_key("k-1"), batch).body == first.body);
  CHECK(ingest.log.taken() == 3);
}

TEST_CASE("Idempotency-Key: a malformed or repeated header is refused, a malformed event does not take the key") {
  Ingest ingest;
  check_problem(ingest.post("/events", with_key("\"open"), kEvent), 400, "invalid");
  Headers twice = with_key("a");
  twice.emplace_back("idempotency-key", "a");
  check_problem(ingest.post("/events", twice, kEvent), 400, "invalid");
  CHECK(ingest.post("/events", with_key("k-1"), "{").status == 400);
  CHECK(ingest.post("/events", with_key("k-1"), kEvent).status == 202);
}

TEST_CASE("Idempotency-Key: each caller has keys of its own") {
  Ingest ingest({.dev = false});
  ingest.declare("tenants", "other", Json::object());
  const auto a = ingest.key("a", {"events:write"});
  const auto b = ingest.key("b", {"events:write"});
  const auto c = ingest.key("a", {"events:write"}, "other");
  for (const auto& key : {a, b, c}) {
    Headers headers = with_key("k-1");
    headers.emplace_back("Authorization", "Bearer " + key);
    CHECK(ingest.post("/events", headers, kEvent).status == 202);
    CHECK(ingest.post("/events", headers, kEvent).has("Idempotency-Replayed"));
  }
  CHECK(ingest.log.taken() == 3);
}
