#include "gateway/api/dead_letters.hpp"
#include "common/log/names.hpp"
#include "tests/gateway/api/fixture.hpp"

using namespace certes;
using namespace certes::gateway::testing;

namespace {

struct DeadLetter {
  const char* delivery;
  const char* endpoint;
  std::int64_t term;
  const char* value = R"({"n":1})";
  const char* tenant = "default";
};

void put(Installation& installation, std::int32_t partition, const DeadLetter& letter) {
  log::Record record;
  record.headers.add("ce_id", "client-1");
  record.headers.add("ce_type", "order.created");
  record.headers.add("ce_source", "urn:shop");
  record.headers.add("content-type", "application/json");
  record.headers.add("certes-id", "evt_1");
  record.headers.add("certes-h-x-github-event", "push");
  record.headers.add("certes-tenant", letter.tenant);
  record.headers.add("certes-endpoint", letter.endpoint);
  record.headers.add("certes-delivery", letter.delivery);
  record.headers.add("certes-origin", "0:1");
  record.headers.add("certes-term", std::to_string(letter.term));
  record.headers.add("certes-attempts", "3");
  record.headers.add("certes-rule", "exhausted");
  record.headers.add("certes-error", "http 500");
  record.value = letter.value;
  installation.cluster->put(log::Topic::dead_letters, partition, std::move(record));
}

void begin_term(Installation& installation, std::int32_t partition, std::int64_t term) {
  log::Record record;
  record.headers.add("certes-term", std::to_string(term));
  installation.cluster->put(log::Topic::dead_letters, partition, std::move(record));
}

std::string deliveries(const Answer& answer) {
  std::string all;
  for (const auto& item : answer.json["items"]) all += item["id"].get<std::string>() + " ";
  return all;
}

}  // namespace

TEST_CASE("Dead letters: are listed over all partitions, by endpoint, page by page") {
  Installation installation;
  Process api(installation);
  for (const std::int32_t p : {0, 1, 2}) begin_term(installation, p, 1);
  put(installation, 0, {"dlv_a", "one", 1});
  put(installation, 0, {"dlv_b", "two", 1});
  put(installation, 2, {"dlv_c", "one", 1});
  put(installation, 2, {"dlv_x", "one", 1, "{}", "acme"});
  CHECK(deliveries(api.get("/dead-letters")) == "dlv_a dlv_b dlv_c ");
  CHECK(deliveries(api.get("/dead-letters?endpoint=one")) == "dlv_a dlv_c ");
  std::string all;
  std::string after;
  for (int pages = 0; pages < 9; ++pages) {
    const auto page = api.get("/dead-letters?limit=1&after=" + after);
    REQUIRE(page.status == 200);
    all += deliveries(page);
    if (page.json["next"].is_null()) break;
    after = page.json["next"].get<std::string>();
  }
  CHECK(all == "dlv_a dlv_b dlv_c ");
  CHECK(api.get("/dead-letters?after=x").status == 400);
  CHECK(api.get("/dead-letters").json["items"][0]["rule"] == "exhausted");
  CHECK(api.get("/dead-letters").json["items"][0]["attempts"] == 3);
}

TEST_CASE("Dead letters: what stands behind a higher term is void, on the next page too") {
  Installation installation;
  Process api(installation);
  put(installation, 0, {"dlv_a", "one", 1});
  begin_term(installation, 0, 2);
  put(installation, 0, {"dlv_b", "one", 2});
  put(installation, 0, {"dlv_late", "one", 1});
  put(installation, 0, {"dlv_c", "one", 2});
  CHECK(deliveries(api.get("/dead-letters")) == "dlv_a dlv_b dlv_c ");
  const auto first = api.get("/dead-letters?limit=2");
  CHECK(deliveries(first) == "dlv_a dlv_b ");
  CHECK(deliveries(api.get("/dead-letters?after=" + first.json["next"].get<std::string>())) == "dlv_c ");
  CHECK(api.get("/dead-letters/dlv_late").status == 404);
  CHECK(api.get("/dead-letters/0-3").status == 404);
}

TEST_CASE("Dead letters: one is shown with its payload, by delivery or by place") {
  Installation installation;
  Process api(installation);
  put(installation, 1, {"dlv_a", "one", 1, R"({"n":1})"});
  put(installation, 1, {"dlv_b", "one", 1, "\xff\x01 no text"});
  const auto json = api.get("/dead-letters/dlv_a");
  REQUIRE(json.status == 200);
  CHECK(json.json["data"]["n"] == 1);
  CHECK(json.json["error"] == "http 500");
  CHECK(json.json["type"] == "order.created");
  const auto bytes = api.get("/dead-letters/1-1");
  REQUIRE(bytes.status == 200);
  CHECK(bytes.json["id"] == "dlv_b");
  CHECK(*crypto::base64_decode(bytes.json["data_base64"].get<std::string>()) == "\xff\x01 no text");
  for (const char* id : {"dlv_none", "1-9", "7-0", "-1", "1-", "99999999999-1"}) {
    CHECK(api.get("/dead-letters/" + std::string(id)).status == 404);
  }
}

TEST_CASE("Dead letters: a payload nested without end is shown as text, and no number is rounded") {
  Installation installation;
  Process api(installation);
  const std::string deep = std::string(80'000, '[') + std::string(80'000, ']');
  put(installation, 1, {"dlv_a", "one", 1, deep.c_str()});
  put(installation, 1, {"dlv_b", "one", 1, R"({"n":12345678901234567890123, "m":0.10})"});
  const auto shown = api.get("/dead-letters/dlv_a");
  REQUIRE(shown.status == 200);
  CHECK(shown.json["text"] == deep);
  CHECK(api.get("/dead-letters/dlv_b").body.find(R"("data":{"n":12345678901234567890123, "m":0.10})") !=
        std::string::npos);
}

TEST_CASE("Dead letters: a replay stands on events, for its endpoint alone, with all the event had") {
  Installation installation;
  Process api(installation);
  put(installation, 0, {"dlv_a", "one", 1, "{\"a\" : 1}"});
  const auto answer = api.request("POST", "/dead-letters/dlv_a/replay");
  REQUIRE(answer.status == 202);
  CHECK(answer.json["id"].get<std::string>().starts_with("rpl_"));
  CHECK(answer.json["count"] == 1);
  log::RecordPtr replay;
  for (std::int32_t p = 0; p < 3; ++p) {
    if (installation.cluster->range(log::Topic::events, p).end > 0)
      replay = installation.cluster->at(log::Topic::events, p, 0);
  }
  REQUIRE(replay);
  CHECK(replay->value == "{\"a\" : 1}");
  CHECK(replay->headers.get("certes-replay") == answer.json["id"].get<std::string>());
  CHECK(replay->headers.get("certes-endpoint") == "one");
  CHECK(replay->headers.get("ce_type") == "order.created");
  CHECK(replay->headers.get("certes-h-x-github-event") == "push");
  CHECK(replay->headers.get("content-type") == "application/json");
  for (const char* name :
       {"certes-delivery", "certes-term", "certes-origin", "certes-attempts", "certes-rule", "certes-error"}) {
    CHECK_FALSE(replay->headers.find(name));
  }
  CHECK(api.request("POST", "/dead-letters/dlv_none/replay").status == 404);
}

TEST_CASE("Dead letters: many are replayed by filter, and one without endpoint is not") {
  Installation installation;
  Process api(installation);
  put(installation, 0, {"dlv_a", "one", 1});
  put(installation, 1, {"dlv_b", "two", 1});
  put(installation, 2, {"dlv_c", "one", 1});
  put(installation, 2, {"", "", 1});
  const auto count = [&](const Json& filter) {
    const auto answer = api.post("/dead-letters/replay", filter);
    REQUIRE_MESSAGE(answer.status == 202, answer.body);
    return answer.json["count"].get<int>();
  };
  CHECK(count({{"endpoint", "one"}}) == 2);
  CHECK(count({{"ids", {"dlv_b", "2-0", "none"}}}) == 2);
  CHECK(count(Json::object()) == 3);
  CHECK(count({{"limit", 1}}) == 1);
  CHECK(api.post("/dead-letters/replay", {{"colour", "red"}}).json["pointer"] == "/colour");
  CHECK(api.request("POST", "/dead-letters/2-1/replay").status == 409);
  std::int64_t appended = 0;
  for (std::int32_t p = 0; p < 3; ++p) appended += installation.cluster->range(log::Topic::events, p).end;
  CHECK(appended == 8);
}

TEST_CASE("Dead letters: a cursor survives as text, and other text is none") {
  const gateway::api::DeadLetterCursor cursor{3, 77, 5};
  const auto read = gateway::api::DeadLetterCursor::parse(cursor.text());
  REQUIRE(read);
  CHECK(read->partition == 3);
  CHECK(read->offset == 77);
  CHECK(read->term == 5);
  for (const char* text : {"x", "MS0y", "LS0t", "MS0tMi0z"}) CHECK_FALSE(gateway::api::DeadLetterCursor::parse(text));
}
