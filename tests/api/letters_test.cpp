// Dead letters of a process with history.

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
  // Its place in its partition.
  std::int64_t letter(const AttemptText& text, std::int32_t partition = 0) {
    return installation.cluster->put(Topic::dead_letters, partition, letter_record(text));
  }
  // "event:state …"
  std::string list(const std::string& query = "") {
    const auto answer = api.get("/dead-letters" + query);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    std::string all;
    for (const auto& item : answer.json["items"])
      all += item["event"].get<std::string>() + ":" + item["state"].get<std::string>() + " ";
    return all;
  }
  // Once it is indexed.
  bool shows(const std::string& all, const std::string& query = "") {
    const bool shown = eventually([&] { return api.get("/dead-letters").status == 200 && list(query) == all; });
    CHECK(list(query) == all);
    return shown;
  }
  std::string id_of(const std::string& event) {
    const auto items = api.get("/dead-letters?event=" + event).json["items"];
    REQUIRE(!items.empty());
    return items[0]["id"];
  }

  test::TemporaryDirectory directory;
  Installation installation;
  Process api;
};

}  // namespace

TEST_CASE("Letters: the newest is first over all partitions, page by page, by whatever is asked for") {
  Fixture f;
  f.letter({.origin = "0:1", .event = "evt_1", .rule = "exhausted"});
  CHECK(f.shows("evt_1:open "));
  f.letter({.origin = "2:1", .endpoint = "mail", .event = "evt_2", .rule = "status"}, 2);
  CHECK(f.shows("evt_2:open evt_1:open "));
  f.letter({.origin = "1:1", .event = "evt_3", .rule = "status", .type = "order.paid"}, 1);
  f.letter({.origin = "1:2", .event = "evt_4", .tenant = "acme"}, 1);
  CHECK(f.shows("evt_3:open evt_2:open evt_1:open "));
  CHECK(f.list("?endpoint=billing") == "evt_3:open evt_1:open ");
  CHECK(f.list("?rule=status") == "evt_3:open evt_2:open ");
  CHECK(f.list("?type=order.paid") == "evt_3:open ");
  CHECK(f.list("?event=evt_2") == "evt_2:open ");
  CHECK(f.list("?delivery=dlv_evt_2_mail") == "evt_2:open ");
  CHECK(f.list("?state=open") == "evt_3:open evt_2:open evt_1:open ");
  CHECK(f.list("?state=discarded").empty());
  CHECK(f.list("?to=2020-01-01T00:00:00Z").empty());
  CHECK(f.list("?from=2020-01-01T00:00:00Z") == "evt_3:open evt_2:open evt_1:open ");
  const auto first = f.api.get("/dead-letters?limit=2");
  CHECK(first.json["items"].size() == 2);
  CHECK(first.json.contains("indexed_until"));
  CHECK(f.list("?after=" + first.json["next"].get<std::string>()) == "evt_1:open ");
  CHECK(f.api.get("/dead-letters?after=x").status == 400);
  CHECK(f.api.get("/dead-letters?state=x").status == 400);
}

TEST_CASE("Letters: one is shown with its state, by its id and by its delivery") {
  Fixture f;
  f.letter({.origin = "0:1", .event = "evt_1"});
  f.letter({.origin = "0:2", .event = "evt_2", .tenant = "acme"});
  CHECK(f.shows("evt_1:open "));
  const auto shown = f.api.get("/dead-letters/" + f.id_of("evt_1"));
  REQUIRE(shown.status == 200);
  CHECK(shown.json["state"] == "open");
  CHECK(shown.json["data"] == Json::object());
  const auto by_delivery = f.api.get("/dead-letters/dlv_evt_1_billing");
  REQUIRE(by_delivery.status == 200);
  CHECK(by_delivery.json == shown.json);
  CHECK(f.api.get("/dead-letters/dlv_evt_2_billing").status == 404);
  CHECK(f.api.get("/dead-letters/dlv_evt_3_billing").status == 404);
}

TEST_CASE("Letters: a replay is seen in the state of its letter") {
  Fixture f;
  f.letter({.origin = "0:1", .event = "evt_1"});
  CHECK(f.shows("evt_1:open "));
  REQUIRE(f.api.request("POST", "/dead-letters/" + f.id_of("evt_1") + "/replay").status == 202);
  CHECK(f.shows("evt_1:replayed "));
  f.installation.cluster->put(Topic::attempts, 0, attempt_record({.origin = "0:0", .event = "evt_1"}));
  CHECK(f.shows("evt_1:delivered "));
  CHECK(f.list("?state=replayed").empty());
  CHECK(f.list("?state=delivered") == "evt_1:delivered ");
}

TEST_CASE("Letters: a process without history knows no states") {
  Installation installation;
  Process api(installation);
  installation.cluster->put(Topic::dead_letters, 0, letter_record({.origin = "0:1"}));
  CHECK_FALSE(api.get("/dead-letters").json["items"][0].contains("state"));
  const auto asked = api.get("/dead-letters?state=open");
  CHECK(asked.status == 501);
  CHECK(asked.json["type"] == "/problems/no-history");
}

TEST_CASE("Letters: a job sends open ones alone, with \"again\" replayed ones too, and discarded ones never") {
  Fixture f;
  for (int i = 1; i <= 3; ++i) f.letter({.origin = "0:1", .event = "evt_" + std::to_string(i)});
  CHECK(f.shows("evt_3:open evt_2:open evt_1:open "));
  REQUIRE(f.api.request("POST", "/dead-letters/" + f.id_of("evt_1") + "/replay").status == 202);
  REQUIRE(f.api.request("DELETE", "/dead-letters/" + f.id_of("evt_3")).status == 204);
  CHECK(f.shows("evt_3:discarded evt_2:open evt_1:replayed "));
  const auto count = [&](const Json& asked) {
    return f.api.post("/dead-letters/replay?dry_run=true", asked).json["count"].get<int>();
  };
  CHECK(count({{"all", true}}) == 1);
  CHECK(count({{"all", true}, {"again", true}}) == 2);
  Json job = f.api.job("/dead-letters/replay", {{"all", true}});
  CHECK(job["total"] == 1);
  CHECK(job["done"] == 1);
  CHECK(f.shows("evt_3:discarded evt_2:replayed evt_1:replayed "));
  job = f.api.job("/dead-letters/replay", {{"ids", {f.id_of("evt_1"), f.id_of("evt_3")}}});
  CHECK(job["done"] == 0);
  CHECK(job["repeated"] == 1);
  CHECK(job["skipped"] == 1);
  CHECK(f.api.job("/dead-letters/replay", {{"all", true}, {"again", true}})["done"] == 2);
}

TEST_CASE("Letters: many are discarded by a job, and one that is goes again only where that is said") {
  Fixture f;
  for (int i = 1; i <= 3; ++i)
    f.letter({.origin = "0:1", .endpoint = i == 3 ? "mail" : "billing", .event = "evt_" + std::to_string(i)}, i % 2);
  CHECK(eventually([&] { return f.api.get("/dead-letters?state=open").json["items"].size() == 3; }));
  CHECK(f.api.post("/dead-letters/discard", Json::object()).status == 400);
  CHECK(f.api.post("/dead-letters/discard", {{"all", true}, {"again", true}}).json["pointer"] == "/again");
  CHECK(f.api.post("/dead-letters/discard?dry_run=true", {{"endpoint", "billing"}}).json["count"] == 2);
  CHECK(f.list("?state=discarded").empty());
  const Json job = f.api.job("/dead-letters/discard", {{"endpoint", "billing"}});
  CHECK(job["kind"] == "discard_dead_letters");
  CHECK(job["state"] == "done");
  CHECK(job["done"] == 2);
  CHECK(job["left"] == 0);
  CHECK(eventually([&] { return f.list("?state=open") == "evt_3:open "; }));
  CHECK(f.api.get("/replays").json["items"].empty());
  CHECK(f.api.get("/replays/" + job["id"].get<std::string>()).status == 404);
  CHECK(f.api.get("/jobs").json["items"].size() == 1);
  const std::string path = "/dead-letters/" + f.id_of("evt_1") + "/replay";
  CHECK(f.api.request("POST", path).status == 409);
  CHECK(f.api.post(path, {{"again", true}}).status == 202);
}

TEST_CASE("Letters: headers that its source forwarded are edited as one is sent again, and no others") {
  Fixture f;
  auto record = letter_record({.origin = "0:1", .event = "evt_1"});
  record.headers.add("certes-h-x-old", "1");
  record.headers.add("certes-h-x-kept", "2");
  f.installation.cluster->put(Topic::dead_letters, 0, std::move(record));
  CHECK(f.shows("evt_1:open "));
  const std::string path = "/dead-letters/" + f.id_of("evt_1") + "/replay";
  for (const auto& [headers, pointer] :
       std::vector<std::pair<Json, std::string>>{{Json::array(), "/headers"},
                                                 {{{"authorization", "x"}}, "/headers/authorization"},
                                                 {{{"no name", "x"}}, "/headers/no name"},
                                                 {{{"x-a", 1}}, "/headers/x-a"},
                                                 {{{"x-a", "a\nb"}}, "/headers/x-a"}}) {
    const auto refused = f.api.post(path, {{"headers", headers}});
    CHECK(refused.status == 400);
    CHECK(refused.json["pointer"] == pointer);
  }
  Json many = Json::object();
  for (int i = 0; i < 64; ++i) many["x-" + std::to_string(i)] = "1";
  CHECK(f.api.post(path, {{"headers", many}}).json["pointer"] == "/headers");
  const auto scoped = f.api.post("/keys", {{"scopes", {"dead-letters:read", "dead-letters:write"}}});
  const std::string admin = std::exchange(f.api.key, scoped.json["key"].get<std::string>());
  CHECK(f.api.post(path, {{"headers", {{"x-new", "3"}}}}).status == 403);
  f.api.key = admin;
  CHECK(f.installation.cluster->range(Topic::events, 0).end == 0);
  REQUIRE(f.api.post(path, {{"headers", {{"X-New", "3"}, {"x-old", nullptr}}}}).status == 202);
  const auto sent = f.installation.cluster->at(Topic::events, 0, 0);
  CHECK(sent->headers.get("certes-h-x-new") == "3");
  CHECK(sent->headers.get("certes-h-x-kept") == "2");
  CHECK_FALSE(sent->headers.find("certes-h-x-old"));
}
