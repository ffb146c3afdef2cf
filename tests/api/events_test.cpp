#include <doctest/doctest.h>

#include "tests/api/fixture.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;
using namespace certes::api::history::testing;
using certes::fakes::eventually;
using log::Topic;

namespace {

struct Fixture {
  explicit Fixture(const std::function<void(config::Settings&)>& also = {})
      : api(installation, true, [&](config::Settings& settings) {
          settings.history.dir = directory.path();
          if (also) also(settings);
        }) {
    api.key = *api::ensure_admin_key(api.registry, api.settings);
  }
  std::string event(const EventText& text, std::int32_t partition = 0) {
    const auto offset = installation.cluster->put(Topic::events, partition, event_record(text));
    return std::to_string(partition) + ":" + std::to_string(offset);
  }
  void attempt(const AttemptText& text, std::int32_t partition = 0) {
    installation.cluster->put(Topic::attempts, partition, attempt_record(text));
  }
  // Once all that was put is indexed.
  void settle(const std::string& last) {
    REQUIRE(eventually([&] { return api.get("/events/" + last).status == 200; }));
  }
  std::string ids(const std::string& query) { return ids_in(api.get(query)); }
  static std::string ids_in(const Answer& answer) {
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    std::string all;
    for (const auto& item : answer.json["items"]) all += item["id"].get<std::string>() + " ";
    return all;
  }

  test::TemporaryDirectory directory;
  Installation installation;
  Process api;
};

}  // namespace

TEST_CASE("Events: a process without history says so, and where there is one") {
  Installation installation;
  Process api(installation);
  for (const char* path : {"/events", "/events/evt_1", "/events/evt_1/attempts", "/conversations/evt_1"}) {
    const auto answer = api.get(path);
    CHECK(answer.status == 501);
    CHECK(answer.json["type"] == "/problems/no-history");
    CHECK(answer.json["detail"].get<std::string>().find("certes serve") != std::string::npos);
  }
}

TEST_CASE("Events: one is shown with what its record holds, its deliveries and how they stand") {
  Fixture f;
  const auto place = f.event({.id = "evt_1", .client_id = "7", .data = R"({"n": 1})"});
  f.attempt({.origin = place, .outcome = "retry", .status = 503, .error = "503", .next_at = 1'700'000'000'000});
  f.attempt({.origin = place, .endpoint = "mail"});
  f.settle("evt_1");
  REQUIRE(eventually([&] { return f.api.get("/events/evt_1").json["deliveries"].size() == 2; }));
  const auto shown = f.api.get("/events/evt_1");
  CHECK(shown.json["state"] == "open");
  CHECK(shown.json["type"] == "order.created");
  CHECK(shown.json["source_id"] == "7");
  CHECK(shown.body.find(R"("data":{"n": 1})") != std::string::npos);
  CHECK(shown.json.contains("indexed_until"));
  Json billing, mail;
  for (const auto& one : shown.json["deliveries"]) (one["endpoint"] == "mail" ? mail : billing) = one;
  CHECK(billing["state"] == "retrying");
  CHECK(billing["status"] == 503);
  CHECK(billing["retry_at"] == "2023-11-14T22:13:20.000Z");
  CHECK(mail["state"] == "delivered");
}

TEST_CASE("Events: what is on the log no more is shown without its payload") {
  Fixture f;
  f.event({.id = "evt_1"});
  f.event({.id = "evt_2"});
  f.settle("evt_2");
  auto log = log::memory::make(f.installation.cluster, 50);
  REQUIRE(log->prepare());
  REQUIRE(log->trim(Topic::events, 0, 1, Millis{1'000}));
  const auto shown = f.api.get("/events/evt_1");
  CHECK(shown.status == 200);
  CHECK(shown.json["payload_gone"] == true);
  CHECK_FALSE(shown.json.contains("data"));
}

TEST_CASE("Events: words of payloads are sought where they are kept, and asked for there alone") {
  SUBCASE("kept") {
    Fixture f([](config::Settings& settings) { settings.history.payload_text = true; });
    f.event({.id = "evt_1", .data = R"({"to":"Anna"})"});
    f.event({.id = "evt_2", .tenant = "acme", .data = R"({"to":"Anna"})"});
    f.event({.id = "evt_3", .type = "order.paid", .data = R"({"to":"Anna and Bob"})"});
    f.settle("evt_3");
    CHECK(f.ids("/events?text=anna") == "evt_3 evt_1 ");
    CHECK(f.ids("/events?text=anna%20b*") == "evt_3 ");
    CHECK(f.ids("/events?text=anna&type=order.created") == "evt_1 ");
    const auto empty = f.api.get("/events?text=-");
    CHECK(empty.status == 400);
    CHECK(empty.json["pointer"] == "text");
  }
  SUBCASE("not kept") {
    Fixture f;
    const auto answer = f.api.get("/events?text=anna");
    CHECK(answer.status == 400);
    CHECK(answer.json["detail"].get<std::string>().find("history.payload_text") != std::string::npos);
  }
}

TEST_CASE("Events: attempts come in their order, a page at a time, and a replay's behind the event's own") {
  Fixture f;
  const auto place = f.event({.id = "evt_1"});
  f.attempt({.origin = place, .outcome = "retry", .status = 500, .answer = "out of order", .error = "500"});
  f.attempt({.origin = place, .outcome = "dead_lettered", .attempt = 2, .status = 500, .rule = "exhausted"});
  const auto replay = f.event({.id = "evt_1", .replay = "rpl_1", .endpoint = "billing"});
  f.attempt({.origin = replay});
  f.event({.id = "evt_2"});
  f.settle("evt_2");
  REQUIRE(eventually([&] { return f.api.get("/events/evt_1/attempts").json["items"].size() == 3; }));
  const auto all = f.api.get("/events/evt_1/attempts").json;
  CHECK(all["items"][0]["answer"] == "out of order");
  CHECK(all["items"][0]["endpoint"] == "billing");
  CHECK(all["items"][0]["duration_ms"] == 1.5);
  CHECK(all["items"][1]["rule"] == "exhausted");
  CHECK(all["items"][2]["outcome"] == "delivered");
  CHECK(all["next"].is_null());
  std::string outcomes, after;
  for (;;) {
    const auto page = f.api.get("/events/evt_1/attempts?limit=1&after=" + after).json;
    for (const auto& one : page["items"]) outcomes += one["outcome"].get<std::string>() + " ";
    if (page["next"].is_null()) break;
    after = page["next"];
  }
  CHECK(outcomes == "retry dead_lettered delivered ");
  const auto shown = f.api.get("/events/evt_1").json;
  CHECK(shown["state"] == "failed");
  CHECK(shown["deliveries"].size() == 2);
  CHECK(shown["deliveries"][1]["replay"] == "rpl_1");
  CHECK(f.ids("/events") == "evt_2 evt_1 ");
}

TEST_CASE("Events: an attempt shows where it went, how long its parts took, and what decided the next") {
  Fixture f;
  const auto place = f.event({.id = "evt_1"});
  f.attempt({.origin = place,
             .outcome = "retry",
             .status = 503,
             .error = "503",
             .next_at = 1'700'000'000'000,
             .phases = "-,1500,-,20000",
             .address = "10.0.0.7:443",
             .answer_header = "Server: shop\nVia: a\nvia: b\nno field\n",
             .next_by = "retry_after",
             .policy = "slow",
             .breaker = "open"});
  f.attempt({.origin = place, .attempt = 2, .phases = "nonsense"});
  f.settle("evt_1");
  REQUIRE(eventually([&] { return f.api.get("/events/evt_1/attempts").json["items"].size() == 2; }));
  const auto all = f.api.get("/events/evt_1/attempts").json["items"];
  CHECK(all[0]["timings_ms"] == Json{{"connect", 1.5}, {"first_byte", 20.0}});
  CHECK(all[0]["address"] == "10.0.0.7:443");
  CHECK(all[0]["answer_headers"] == Json{{"server", "shop"}, {"via", "a, b"}});
  CHECK(all[0]["retry_by"] == "retry_after");
  CHECK(all[0]["backoff_policy"] == "slow");
  CHECK(all[0]["breaker_open"] == true);
  for (const char* name : {"timings_ms", "address", "answer_headers", "retry_by", "backoff_policy", "breaker_open"})
    CHECK_FALSE(all[1].contains(name));
}

TEST_CASE("Events: a list is what is asked for, the newest first, page by page") {
  Fixture f;
  std::string expected;
  for (int i = 0; i < 600; ++i) {
    const std::string id = "evt_" + std::to_string(i);
    const auto place = f.event({.id = id, .type = i % 3 == 0 ? "order.paid" : "order.created"});
    f.attempt({.origin = place, .endpoint = i % 2 == 0 ? "even" : "odd", .event = id});
    if (i % 6 == 0) expected.insert(0, id + " ");
  }
  f.settle("evt_599");
  REQUIRE(eventually([&] { return f.api.get("/events?state=delivered&limit=1000").json["items"].size() == 600; }));
  const std::string query = "/events?type=order.paid&endpoint=even&state=delivered&limit=7";
  std::string all, after;
  for (;;) {
    const auto page = f.api.get(query + "&after=" + after);
    all += Fixture::ids_in(page);
    if (page.json["next"].is_null()) break;
    after = page.json["next"];
  }
  CHECK(all == expected);
  CHECK(f.ids("/events?type=order.none").empty());
  CHECK(f.ids("/events?from=2100-01-01T00:00:00Z").empty());
}

TEST_CASE("Events: a conversation ends with the event that began it; one that there is not is 404") {
  Fixture f;
  f.event({.id = "evt_1"});
  f.event({.id = "evt_2", .conversation = "evt_1"});
  f.event({.id = "evt_3"});
  f.event({.id = "evt_4", .conversation = "evt_1"});
  f.settle("evt_4");
  CHECK(f.ids("/conversations/evt_1") == "evt_4 evt_2 evt_1 ");
  CHECK(f.ids("/events?conversation=evt_1") == "evt_4 evt_2 evt_1 ");
  CHECK(f.ids("/conversations/evt_3") == "evt_3 ");
  std::string all, after;
  for (;;) {
    const auto page = f.api.get("/conversations/evt_1?limit=1&after=" + after);
    all += Fixture::ids_in(page);
    if (page.json["next"].is_null()) break;
    after = page.json["next"];
  }
  CHECK(all == "evt_4 evt_2 evt_1 ");
  const auto none = f.api.get("/conversations/evt_9");
  CHECK(none.status == 404);
  CHECK(none.json.contains("indexed_until"));
}

TEST_CASE("Events: another tenant sees nothing, neither what is there nor that it is") {
  Fixture f;
  f.api.put("/tenants/acme", Json::object());
  const auto key = f.api.post("/keys?tenant=acme", {{"scopes", {"events:read"}}});
  f.event({.id = "evt_1", .client_id = "7"});
  f.event({.id = "evt_2", .tenant = "acme", .client_id = "7"});
  f.settle("evt_1");
  REQUIRE(eventually([&] { return f.ids("/events?tenant=acme") == "evt_2 "; }));
  CHECK(f.ids("/events?source_id=7") == "evt_1 ");
  CHECK(f.api.get("/events/evt_2").status == 404);
  f.api.key = key.json["key"];
  CHECK(f.ids("/events") == "evt_2 ");
  CHECK(f.ids("/events?source_id=7") == "evt_2 ");
  for (const char* path : {"/events/evt_1", "/events/evt_1/attempts", "/conversations/evt_1"})
    CHECK(f.api.get(path).status == 404);
}

TEST_CASE("Events: what is not understood is refused with its place") {
  Fixture f;
  f.event({.id = "evt_1"});
  f.settle("evt_1");
  const std::pair<const char*, const char*> wrong[] = {
      {"/events?state=done", "state"},
      {"/events?type=a..b", "type"},
      {"/events?from=yesterday", "from"},
      {"/events?to=1", "to"},
      {"/events?from=2030-01-01T00:00:00Z&to=2029-01-01T00:00:00Z", "from"},
      {"/events?after=x", "after"},
      {"/events?limit=0", "limit"},
      {"/events?text=x", "text"},
      {"/events/evt_1/attempts?after=1", "after"},
      {"/events/evt_1/attempts?limit=x", "limit"},
      {"/conversations/evt_1?after=-", "after"}};
  for (const auto& [path, pointer] : wrong) {
    CAPTURE(path);
    const auto answer = f.api.get(path);
    CHECK(answer.status == 400);
    CHECK(answer.json["pointer"] == pointer);
  }
}

TEST_CASE("Events: a search that takes longer than it may says where to go on, and comes to its end") {
  Fixture f([](config::Settings& settings) { settings.api.scan_time = Millis{0}; });
  for (int i = 0; i < 600; ++i) f.event({.id = "evt_" + std::to_string(i), .source = i == 0 ? "/rare" : "/often"});
  REQUIRE(eventually([&] { return f.api.get("/events").status == 200; }));
  REQUIRE(eventually([&] { return f.ids("/events?limit=1") == "evt_599 "; }));
  REQUIRE(eventually([&] { return f.api.get("/events?limit=1").json["indexed_from"].is_null(); }));
  std::string all, after;
  int pages = 0;
  for (;;) {
    const auto page = f.api.get("/events?source=/rare&after=" + after);
    all += Fixture::ids_in(page);
    ++pages;
    if (page.json["next"].is_null()) break;
    after = page.json["next"];
  }
  CHECK(all == "evt_0 ");
  CHECK(pages == 3);
}
