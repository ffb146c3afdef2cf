// What is asked of all that waits for an endpoint, and tests of one.
#include <doctest/doctest.h>

#include <thread>

#include "tests/api/fixture.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;

namespace {

struct Purging {
  Purging() { REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201); }
  Answer purge(const Json& body) { return api.post("/endpoints/a/purge", body); }
  Installation installation;
  Process api{installation};
};

}  // namespace

TEST_CASE("Master API: a purge is recorded beside its endpoint, as of the change that asks for it") {
  Purging test;
  const auto purged = test.purge({{"priority", "bulk"}, {"before", "2026-01-31T08:00:00Z"}, {"pattern", "order.#"}});
  REQUIRE(purged.status == 200);
  CHECK(purged.json["version"] == 2);
  CHECK(purged.header("ETag") == "\"2\"");
  REQUIRE(purged.json["purges"].size() == 1);
  const Json& one = purged.json["purges"][0];
  CHECK(one["at"] == purged.json["updated_at"]);
  CHECK(one["by"] == purged.json["updated_by"]);
  CHECK(one["priority"] == Json{"bulk"});
  CHECK(one["before"] == "2026-01-31T08:00:00.000Z");
  CHECK(one["pattern"] == "order.#");
  const auto kept = test.api.registry.state()->endpoint("default", "a")->purges;
  REQUIRE(kept.size() == 1);
  CHECK(format_rfc3339(kept[0].at) == one["at"]);

  const auto all = test.purge({{"all", true}});
  CHECK(all.json["version"] == 3);
  CHECK(all.json["purges"].size() == 1);  // it takes the place of who asked for less
  CHECK(test.purge({{"pattern", "order.#"}}).json["purges"].size() == 2);
  // What is declared says nothing of it.
  const auto replaced = test.api.put("/endpoints/a", {{"url", "https://b.example.com/"}});
  CHECK(replaced.json["purges"].size() == 2);
  CHECK(test.api.put("/endpoints/a", replaced.json).json["version"] == replaced.json["version"]);
  CHECK(test.api.request("POST", "/endpoints/a/pause").json["purges"].size() == 2);
}

TEST_CASE("Master API: a purge says what it is about, with the member at fault where that is wrong") {
  Purging test;
  for (const char* body : {"", "{}", R"({"all":false})"}) {
    const auto refused = test.api.request("POST", "/endpoints/a/purge", body);
    CHECK(refused.status == 400);
    CHECK(refused.json["detail"].get<std::string>().find(R"({"all":true})") != std::string::npos);
  }
  const std::pair<Json, const char*> wrong[] = {{{{"all", true}, {"pattern", "a"}}, "/all"},
                                                {{{"priority", "urgent"}}, "/priority"},
                                                {{{"priority", Json::array()}}, "/priority"},
                                                {{{"priority", {"bulk", 7}}}, "/priority"},
                                                {{{"before", "yesterday"}}, "/before"},
                                                {{{"pattern", "a..b"}}, "/pattern"},
                                                {{{"pattern", ""}}, "/pattern"},
                                                {{{"class", "bulk"}}, "/class"}};
  for (const auto& [body, pointer] : wrong) {
    CAPTURE(body.dump());
    const auto refused = test.purge(body);
    CHECK(refused.status == 400);
    CHECK(refused.json["pointer"] == pointer);
  }
  const auto dry = test.api.request("POST", "/endpoints/a/purge?dry_run=true", R"({"all":true})");
  CHECK(dry.status == 400);
  CHECK(dry.json["pointer"] == "dry_run");
  CHECK(test.api.request("POST", "/endpoints/a/purge", R"({"all":true})", {{"If-Match", "\"7\""}}).status == 412);
  CHECK(test.api.request("POST", "/endpoints/none/purge", R"({"all":true})").status == 404);
  CHECK_FALSE(test.api.get("/endpoints/a").json.contains("purges"));
  CHECK(test.purge({{"priority", {"bulk", "low", "bulk"}}}).json["purges"][0]["priority"] == Json{"bulk", "low"});
}

TEST_CASE("Master API: what has failed is tried now, all of it or since a time") {
  Purging test;
  const auto asked = test.api.request("POST", "/endpoints/a/retry");
  REQUIRE(asked.status == 200);
  CHECK(asked.json["version"] == 2);
  REQUIRE(asked.json["retries"].size() == 1);
  CHECK(asked.json["retries"][0]["at"] == asked.json["updated_at"]);
  CHECK_FALSE(asked.json["retries"][0].contains("since"));
  const auto since = test.api.post("/endpoints/a/retry", {{"since", "2026-01-31T08:00:00Z"}});
  CHECK(since.json["retries"].back()["since"] == "2026-01-31T08:00:00.000Z");
  CHECK(test.api.post("/endpoints/a/retry", {{"since", 7}}).json["pointer"] == "/since");
  CHECK(test.api.post("/endpoints/a/retry", {{"until", "2026-01-31T08:00:00Z"}}).json["pointer"] == "/until");
  CHECK(test.api.request("POST", "/endpoints/a/retry?dry_run=true").json["pointer"] == "dry_run");
  CHECK(test.api.request("POST", "/endpoints/none/retry").status == 404);
}

TEST_CASE("Master API: a 17th purge is refused while something is open that the first is about") {
  std::optional<bool> open = true;
  UnixMillis asked = 0;
  Installation installation;
  installation.open_before = [&](UnixMillis at) {
    asked = at;
    return open;
  };
  Process api(installation);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  const auto purge = [&](const std::string& pattern) { return api.post("/endpoints/a/purge", {{"pattern", pattern}}); };
  for (int i = 0; i < 16; ++i) REQUIRE(purge("a.b" + std::to_string(i)).status == 200);
  CHECK(asked == 0);
  CHECK(purge("a.b3").status == 200);  // the same again takes the place of the former
  CHECK(asked == 0);
  const UnixMillis first = api.registry.state()->endpoint("default", "a")->purges.front().at;
  const auto refused = purge("another");
  CHECK(refused.status == 409);
  CHECK(refused.json["detail"].get<std::string>().starts_with("endpoints/a was purged 16 times, and deliveries of"));
  CHECK(asked == first);
  open = false;
  CHECK(purge("another").json["purges"].size() == 16);
  CHECK(api.registry.state()->endpoint("default", "a")->purges.front().pattern == "a.b1");
}

TEST_CASE(
    "Master API: who pauses or resumes an endpoint has nothing else to say, and what he says is not passed over") {
  Purging test;
  for (const char* action : {"/endpoints/a/pause", "/endpoints/a/resume"}) {
    CAPTURE(action);
    const auto refused = test.api.post(action, {{"until", "2026-01-31T08:00:00Z"}});
    CHECK(refused.status == 400);
    CHECK(refused.json["pointer"] == "/until");
    CHECK(test.api.post(action, Json::object()).status == 200);
    CHECK(test.api.request("POST", action).status == 200);
  }
}

TEST_CASE("Endpoint actions: a test is an event for one endpoint, and its answer waits for what has come of it") {
  test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, [&](config::Settings& settings) { settings.history.dir = directory.path(); });
  api.key = *api::ensure_admin_key(api.registry, api.settings);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}, {"timeout_seconds", 20}}).status == 201);
  REQUIRE(api.put("/endpoints/p", {{"url", "https://example.com/"}, {"state", "paused"}}).status == 201);
  CHECK(api.post("/endpoints/none/test", Json::object()).status == 404);
  CHECK(api.post("/endpoints/p/test", Json::object()).status == 409);
  CHECK(api.post("/endpoints/a/test", {{"type", "x"}}).json["pointer"] == "/type");
  REQUIRE(fakes::eventually([&] { return api.get("/dead-letters").status == 200; }));
  // What a dispatcher writes once it has sent it.
  std::thread dispatcher([&] {
    const auto found = [&]() -> log::RecordPtr {
      for (std::int32_t p = 0; p < 3; ++p)
        if (installation.cluster->range(log::Topic::events, p).end > 0)
          return installation.cluster->at(log::Topic::events, p, 0);
      return nullptr;
    };
    fakes::eventually([&] { return found() != nullptr; });
    const auto event = found();
    if (!event) return;
    const std::string id(event->headers.get(log::names::kId));
    api::history::testing::AttemptText attempt{
        .origin = std::to_string(event->partition) + ":" + std::to_string(event->offset), .endpoint = "a"};
    attempt.event = id;
    attempt.address = "192.0.2.1:443";
    installation.cluster->put(log::Topic::attempts, event->partition, attempt_record(attempt));
  });
  const auto answer = api.post("/endpoints/a/test", {{"data", {{"n", 7}}}});
  dispatcher.join();
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  CHECK(answer.json["outcome"] == "delivered");
  CHECK(answer.json["endpoint"] == "a");
  CHECK(answer.json["attempt"]["address"] == "192.0.2.1:443");
  const auto event = api.get("/events/" + answer.json["id"].get<std::string>());
  CHECK(event.json["type"] == "certes.endpoint.test");
  CHECK(event.json["data"] == Json{{"n", 7}});
}
