#include <future>

#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api::testing;

TEST_CASE("Master API: an endpoint is created, shown, replaced, merged and deleted") {
  Installation installation;
  Process api(installation);
  const auto created = api.post("/endpoints", {{"id", "billing"}, {"url", "https://example.com/hooks"}});
  REQUIRE(created.status == 201);
  CHECK(created.header("Location") == "/api/v1/endpoints/billing");
  CHECK(created.header("ETag") == "\"1\"");
  CHECK(created.json["secret"].get<std::string>().starts_with("whsec_"));
  CHECK(created.json["version"] == 1);
  CHECK(created.json["created_by"] == "dev");

  const auto shown = api.get("/endpoints/billing");
  CHECK(shown.status == 200);
  CHECK(shown.json["secret"] == Json({{"set", true}}));
  CHECK(shown.body.find("sealed") == std::string::npos);
  CHECK(shown.json["concurrency"] == 64);

  const auto replaced = api.put("/endpoints/billing", {{"url", "https://example.com/other"}});
  CHECK(replaced.status == 200);
  CHECK(replaced.json["version"] == 2);
  CHECK(replaced.json["secret"] == Json({{"set", true}}));

  const auto merged = api.request("PATCH", "/endpoints/billing", R"({"concurrency":3})",
                                  {{"Content-Type", "application/merge-patch+json"}});
  CHECK(merged.status == 200);
  CHECK(merged.json["url"] == "https://example.com/other");
  CHECK(merged.json["concurrency"] == 3);
  const httplib::Headers shouted = {{"Content-Type", "Application/Merge-Patch+JSON ; charset=utf-8"}};
  CHECK(api.request("PATCH", "/endpoints/billing", R"({"concurrency":4})", shouted).json["concurrency"] == 4);
  CHECK(api.patch("/endpoints/billing", {{"concurrency", nullptr}}).json["concurrency"] == 64);

  const auto would = api.request("PUT", "/endpoints/billing?dry_run=true", R"({"url":"https://example.com/new"})");
  CHECK(would.status == 200);
  CHECK(would.json["url"] == "https://example.com/new");
  for (const char* member : {"version", "created_at", "created_by", "updated_at", "updated_by"})
    CHECK_FALSE(would.json.contains(member));

  CHECK(api.request("DELETE", "/endpoints/billing").status == 204);
  CHECK(api.get("/endpoints/billing").status == 404);
  CHECK(api.request("DELETE", "/endpoints/billing").status == 404);
}

TEST_CASE("Master API: a dry run and a cascade are asked for by true or false, and nothing else is taken for either") {
  Installation installation;
  Process api(installation);
  const std::string body = R"({"url":"https://example.com/"})";
  for (const char* value : {"1", "yes", "TRUE", ""}) {
    CAPTURE(value);
    const auto dry = api.request("PUT", std::string("/endpoints/a?dry_run=") + value, body);
    CHECK(dry.status == 400);
    CHECK(dry.json["pointer"] == "dry_run");
    CHECK(api.get("/endpoints/a").status == 404);
    CHECK(api.request("DELETE", std::string("/endpoints/a?cascade=") + value).json["pointer"] == "cascade");
  }
  CHECK(api.request("PUT", "/endpoints/a?dry_run=false", body).status == 201);
}

TEST_CASE("Master API: every kind of resource has its routes; ids are made where none is given") {
  Installation installation;
  Process api(installation);
  const std::pair<const char*, Json> resources[] = {
      {"/tenants", Json::object()},
      {"/backoff-policies", {{"strategy", "constant"}, {"base_seconds", 1}}},
      {"/sources", {{"verify", {{"scheme", "none"}}}}},
      {"/endpoints", {{"url", "https://example.com/"}}},
      {"/subscriptions", {{"endpoint", "here"}, {"pattern", "order.#"}, {"priority", "critical"}}},
      {"/keys", {{"scopes", {"events:write"}}}}};
  REQUIRE(api.put("/endpoints/here", {{"url", "https://example.com/"}}).status == 201);
  for (const auto& [path, body] : resources) {
    CAPTURE(path);
    const auto created = api.post(path, body);
    REQUIRE_MESSAGE(created.status == 201, created.body);
    const std::string one = std::string(path) + "/" + created.json["id"].get<std::string>();
    const auto shown = api.get(one);
    CHECK(shown.status == 200);
    // What is shown can be put back, and changes nothing.
    const auto put = api.put(one, shown.json);
    CHECK_MESSAGE(put.status == 200, put.body);
    CHECK(put.json == shown.json);
    CHECK(api.get(path).json["items"].size() == (std::string(path) == "/endpoints" ? 2 : 1));
    CHECK(api.request("DELETE", one).status == 204);
  }
}

TEST_CASE("Master API: lists go on after the last item") {
  Installation installation;
  Process api(installation);
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    REQUIRE(api.put("/endpoints/" + std::string(id), {{"url", "https://example.com/"}}).status == 201);
  }
  std::string ids;
  std::string after;
  for (int pages = 0; pages < 3; ++pages) {
    const auto page = api.get("/endpoints?limit=2" + (after.empty() ? "" : "&after=" + after));
    REQUIRE(page.status == 200);
    for (const auto& item : page.json["items"]) ids += item["id"].get<std::string>();
    CHECK(page.json["next"].is_null() == (pages == 2));
    if (!page.json["next"].is_null()) after = page.json["next"].get<std::string>();
  }
  CHECK(ids == "abcde");
  for (const char* limit : {"0", "1001", "x", "-1"})
    CHECK(api.get("/endpoints?limit=" + std::string(limit)).status == 400);
}

TEST_CASE("Master API: bad requests get a problem with its place") {
  Installation installation;
  Process api(installation);
  const auto refuse = [&](const Answer& answer, int status, const std::string& pointer) {
    CHECK_MESSAGE(answer.status == status, answer.body);
    CHECK(answer.header("Content-Type") == "application/problem+json");
    CHECK(answer.json.value("pointer", "") == pointer);
  };
  refuse(api.post("/endpoints", {{"url", "ftp://example.com/"}}), 400, "/url");
  refuse(api.post("/endpoints", {{"url", "http://user:pw@example.com/"}}), 400, "/url");
  refuse(api.post("/endpoints", {{"url", "http://127.0.0.1/"}}), 400, "/url");
  refuse(api.post("/endpoints", {{"url", "https://example.com/"}, {"ordering", "some"}}), 400, "/ordering");
  refuse(api.post("/endpoints", {{"url", "https://example.com/"}, {"tenant", "acme"}}), 400, "/tenant");
  refuse(api.post("/subscriptions", {{"endpoint", "none"}, {"pattern", "a"}}), 400, "/endpoint");
  refuse(api.post("/sources", {{"id", "s"}, {"verify", {{"scheme", "github"}}}}), 400, "/verify/secret");
  refuse(api.put("/sources/a.b", Json::object()), 400, "/id");
  refuse(api.put("/sources/a", {{"id", "b"}, {"verify", {{"scheme", "none"}}}}), 400, "/id");
  refuse(api.put("/sources/a", Json::object()), 400, "/verify");
  refuse(api.put("/sources/a", {{"verify", nullptr}}), 400, "/verify");
  refuse(api.request("POST", "/endpoints", "{"), 400, "");
  refuse(api.request("POST", "/endpoints", "[]"), 400, "");
  refuse(api.request("POST", "/endpoints", "{}", {{"Content-Type", "text/plain"}}), 415, "content-type");
  refuse(api.patch("/endpoints/none", Json::object()), 404, "");
  refuse(api.get("/moons"), 404, "");
  CHECK(api.request("POST", "/endpoints/x").status == 405);
}

TEST_CASE(
    "Master API: an endpoint has one URL or several, each of which is judged, and a patch goes from one to the other") {
  Installation installation;
  Process api(installation);
  const auto refuse = [&](const Json& urls, const std::string& pointer) {
    const auto refused = api.put("/endpoints/a", {{"urls", urls}});
    CHECK_MESSAGE(refused.status == 400, refused.body);
    CHECK(refused.json.value("pointer", "") == pointer);
  };
  const std::string one = "https://one.example.com/", two = "https://two.example.com/";
  refuse({one, "ftp://two.example.com/"}, "/urls/1");
  refuse({one, two, "http://127.0.0.1/"}, "/urls/2");
  refuse({one, one}, "/urls/1");
  refuse(Json::array(), "/urls");
  REQUIRE(api.put("/endpoints/a", {{"urls", {one, two}}}).status == 201);
  CHECK(api.get("/endpoints/a").json["urls"] == Json({one, two}));
  CHECK_FALSE(api.get("/endpoints/a").json.contains("url"));
  CHECK(api.patch("/endpoints/a", {{"concurrency", 2}}).json["urls"] == Json({one, two}));
  const auto alone = api.patch("/endpoints/a", {{"url", one}});
  CHECK_MESSAGE(alone.status == 200, alone.body);
  CHECK(alone.json["url"] == one);
  CHECK_FALSE(alone.json.contains("urls"));
  const auto several = api.patch("/endpoints/a", {{"urls", {two, one}}});
  CHECK_MESSAGE(several.status == 200, several.body);
  CHECK(several.json["urls"] == Json({two, one}));
  CHECK_FALSE(several.json.contains("url"));
  CHECK(api.patch("/endpoints/a", {{"url", nullptr}, {"urls", {one}}}).json["urls"] == Json::array({one}));
  CHECK(api.patch("/endpoints/a", {{"url", one}, {"urls", {two}}}).status == 400);
  CHECK(api.patch("/endpoints/a", {{"urls", nullptr}}).status == 400);
  CHECK(api.patch("/endpoints/a", {{"urls", {one, "http://10.0.0.1/"}}}).json.value("pointer", "") == "/urls/1");
}

TEST_CASE("Master API: an endpoint with subscriptions is deleted only with them") {
  Installation installation;
  Process api(installation);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  REQUIRE(api.put("/subscriptions/s", {{"endpoint", "a"}, {"pattern", "#"}}).status == 201);
  CHECK(api.post("/endpoints", {{"id", "a"}, {"url", "https://example.com/"}}).status == 409);
  CHECK(api.request("DELETE", "/endpoints/a", "", {{"If-Match", "\"1\""}}).status == 409);
  CHECK(api.request("DELETE", "/endpoints/a?cascade=true", "", {{"If-Match", "\"7\""}}).status == 412);
  CHECK(api.request("DELETE", "/endpoints/a?cascade=true").status == 204);
  CHECK(api.get("/subscriptions/s").status == 404);
}

TEST_CASE("Master API: If-Match that names another version changes nothing") {
  Installation installation;
  Process api(installation);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  CHECK(api.put("/endpoints/a", {{"url", "https://other.com/"}}, {{"If-Match", "\"2\""}}).status == 412);
  CHECK(api.put("/endpoints/b", {{"url", "https://other.com/"}}, {{"If-Match", "*"}}).status == 412);
  CHECK(api.put("/endpoints/a", {{"url", "https://other.com/"}}, {{"If-Match", "yesterday"}}).status == 400);
  CHECK(api.patch("/endpoints/a", {{"concurrency", 2}}, {{"If-Match", "\"1\""}}).json["version"] == 2);
  CHECK(api.patch("/endpoints/a", {{"concurrency", 3}}, {{"If-Match", "\"1\""}}).status == 412);
  CHECK(api.get("/endpoints/a").json["concurrency"] == 2);
}

TEST_CASE("Master API: of two processes that change one version at once, one gets 412, and nothing is lost") {
  Installation installation;
  Process one(installation);
  Process two(installation);
  REQUIRE(one.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  for (int version = 1; version <= 20; ++version) {
    const httplib::Headers match{{"If-Match", "\"" + std::to_string(version) + "\""}};
    auto other = std::async(std::launch::async, [&] {
      return two.patch("/endpoints/a", {{"concurrency", 2'000 + version}}, match);
    });
    const auto mine = one.patch("/endpoints/a", {{"concurrency", 1'000 + version}}, match);
    const auto theirs = other.get();
    CHECK(std::min(mine.status, theirs.status) == 200);
    CHECK(std::max(mine.status, theirs.status) == 412);
    CHECK(two.get("/endpoints/a").json["concurrency"] == (mine.status == 200 ? 1'000 : 2'000) + version);
  }
}

TEST_CASE("Master API: If-None-Match: * changes nothing that exists") {
  Installation installation;
  Process api(installation);
  const httplib::Headers none{{"If-None-Match", "*"}};
  const Json body = {{"url", "https://example.com/"}};
  CHECK(api.put("/endpoints/a", body, none).status == 201);
  const auto again = api.put("/endpoints/a", {{"url", "https://other.com/"}}, none);
  CHECK(again.status == 412);
  CHECK(again.json["type"] == "/problems/precondition-failed");
  CHECK(again.json["pointer"] == "If-None-Match");
  CHECK(api.put("/endpoints/a", body, none).status == 412);  // though it would change nothing
  CHECK(api.patch("/endpoints/a", {{"concurrency", 2}}, none).status == 412);
  CHECK(api.request("DELETE", "/endpoints/a", "", none).status == 412);
  CHECK(api.get("/endpoints/a").json["version"] == 1);
  CHECK(api.request("DELETE", "/endpoints/b", "", none).status == 404);
  CHECK(api.patch("/endpoints/b", {{"concurrency", 2}}, none).status == 404);
  CHECK(api.put("/endpoints/b", body, {{"If-None-Match", "\"1\""}}).status == 400);
  CHECK(api.put("/endpoints/b", body, {{"If-None-Match", "*"}, {"If-Match", "*"}}).status == 400);
  CHECK(api.get("/endpoints/b").status == 404);
}

TEST_CASE("Master API: of two processes that create one with If-None-Match, one is told that it exists") {
  Installation installation;
  Process first(installation);
  Process second(installation);
  for (int i = 0; i < 20; ++i) {
    const std::string path = "/endpoints/e" + std::to_string(i);
    const auto create = [&](Process& process, const char* url) {
      return process.put(path, {{"url", url}}, {{"If-None-Match", "*"}}).status;
    };
    auto other = std::async(std::launch::async, [&] { return create(second, "https://second.com/"); });
    const int mine = create(first, "https://first.com/");
    const int theirs = other.get();
    CHECK(std::min(mine, theirs) == 201);
    CHECK(std::max(mine, theirs) == 412);
    CHECK(first.get(path).json["url"] == (mine == 201 ? "https://first.com/" : "https://second.com/"));
  }
}

TEST_CASE("Master API: a merge patch takes what a verification no longer has for what it is") {
  Installation installation;
  Process api(installation);
  const Json stripe = {{"scheme", "stripe"}, {"secret", "a"}, {"tolerance_seconds", 60}};
  REQUIRE(api.put("/sources/shop", {{"verify", stripe}}).status == 201);
  const Json value = {{"scheme", "value"}, {"header", "X-Token"}, {"secret", "b"}};
  const auto kept = api.patch("/sources/shop", {{"verify", value}});
  CHECK(kept.status == 400);
  CHECK(kept.json["pointer"] == "/verify/tolerance_seconds");
  CHECK(api.get("/sources/shop").json["verify"]["scheme"] == "stripe");
  Json without = value;
  without["tolerance_seconds"] = nullptr;
  CHECK(api.patch("/sources/shop", {{"verify", without}}).status == 200);
  CHECK_FALSE(api.get("/sources/shop").json["verify"].contains("tolerance_seconds"));
  // And members of a verification merge, as those of other objects do.
  REQUIRE(api.put("/sources/shop", {{"verify", stripe}}).status == 200);
  CHECK(api.patch("/sources/shop", {{"verify", {{"tolerance_seconds", 90}}}}).json["verify"]["scheme"] == "stripe");
}

TEST_CASE("Master API: without If-Match two processes' merges are both kept") {
  Installation installation;
  Process one(installation);
  Process two(installation);
  REQUIRE(one.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  for (int i = 1; i <= 20; ++i) {
    auto other = std::async(std::launch::async, [&] { return two.patch("/endpoints/a", {{"timeout_seconds", i}}); });
    CHECK(one.patch("/endpoints/a", {{"concurrency", i}}).status == 200);
    CHECK(other.get().status == 200);
    const auto now = one.get("/endpoints/a").json;
    CHECK(now["concurrency"] == i);
    CHECK(now["timeout_seconds"] == i);
  }
}

TEST_CASE("Master API: an unchanged PUT makes no version, and keeps state and secret") {
  Installation installation;
  Process api(installation);
  const std::string secret = crypto::StandardWebhooks::new_secret();
  const Json body = {{"url", "https://example.com/"}, {"secret", secret}};
  REQUIRE(api.put("/endpoints/a", body).status == 201);
  REQUIRE(api.request("POST", "/endpoints/a/pause").status == 200);
  const auto again = api.put("/endpoints/a", body);
  CHECK(again.status == 200);
  CHECK(again.json["version"] == 2);
  CHECK(again.json["state"] == "paused");
  const auto endpoint = api.registry.state()->endpoint("default", "a");
  REQUIRE(endpoint->secrets.size() == 1);
  CHECK(*api.sealer.open(endpoint->secrets[0].secret, "default/endpoints/a") == secret);
  CHECK(api.put("/endpoints/a", {{"url", "https://example.com/"}, {"state", "active"}}).json["state"] == "active");
}

TEST_CASE("Master API: a rotated secret is shown once, and the old one signs along for a while") {
  Installation installation;
  Process api(installation);
  const auto created = api.put("/endpoints/a", {{"url", "https://example.com/"}});
  const auto rotated = api.post("/endpoints/a/rotate-secret", {{"grace_seconds", 60}});
  REQUIRE(rotated.status == 200);
  const auto endpoint = api.registry.state()->endpoint("default", "a");
  REQUIRE(endpoint->secrets.size() == 2);
  CHECK(*api.sealer.open(endpoint->secrets[0].secret, "default/endpoints/a") ==
        rotated.json["secret"].get<std::string>());
  CHECK(*api.sealer.open(endpoint->secrets[1].secret, "default/endpoints/a") ==
        created.json["secret"].get<std::string>());
  CHECK(endpoint->secrets[0].expires_at == 0);
  CHECK(endpoint->secrets[1].expires_at <= api.clock.unix_millis() + 60'000);
  CHECK(api.post("/endpoints/a/rotate-secret", {{"grace_seconds", 0}}).status == 200);
  CHECK(api.registry.state()->endpoint("default", "a")->secrets.size() == 1);
  CHECK(api.post("/endpoints/a/rotate-secret", {{"grace", 0}}).json["pointer"] == "/grace");
}

TEST_CASE("Master API: an endpoint's secrets are shown to who may see them, and former ones are ended early") {
  Installation installation;
  Process api(installation);
  const std::string first = api.put("/endpoints/a", {{"url", "https://example.com/"}}).json["secret"];
  const std::string given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  CHECK(api.post("/endpoints/a/rotate-secret", {{"secret", "x"}}).json["pointer"] == "/secret");
  REQUIRE(api.post("/endpoints/a/rotate-secret", {{"secret", given}}).json["secret"] == given);
  const auto shown = api.get("/endpoints/a/secret");
  REQUIRE(shown.status == 200);
  CHECK(shown.header("Cache-Control") == "no-store");
  CHECK(shown.json["secret"] == given);
  REQUIRE(shown.json["former"].size() == 1);
  CHECK(shown.json["former"][0]["secret"] == first);
  const auto endpoint = api.get("/endpoints/a");
  CHECK(endpoint.json["former_secrets"] == Json::array({{{"expires_at", shown.json["former"][0]["expires_at"]}}}));
  // What is shown can be put back.
  Json again = endpoint.json;
  for (const char* name : {"version", "created_at", "created_by", "updated_at", "updated_by"}) again.erase(name);
  CHECK(api.put("/endpoints/a", again).status == 200);
  CHECK(api.get("/endpoints/a/secret").json == shown.json);
  const auto ended = api.request("DELETE", "/endpoints/a/former-secrets");
  REQUIRE(ended.status == 200);
  CHECK_FALSE(ended.json.contains("former_secrets"));
  CHECK(api.get("/endpoints/a/secret").json["former"].empty());
  CHECK(api.get("/endpoints/a/secret").json["secret"] == given);
  CHECK(api.get("/endpoints/b/secret").status == 404);
  CHECK(api.request("DELETE", "/endpoints/b/former-secrets").status == 404);
}

TEST_CASE("Master API: pause and resume") {
  Installation installation;
  Process api(installation);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  CHECK(api.request("POST", "/endpoints/a/pause").json["state"] == "paused");
  CHECK(api.request("POST", "/endpoints/a/resume").json["state"] == "active");
  CHECK(api.patch("/endpoints/a", {{"state", "disabled"}}).json["disabled_reason"] == "user");
  CHECK_FALSE(api.request("POST", "/endpoints/a/resume").json.contains("disabled_reason"));
  CHECK(api.request("POST", "/endpoints/none/pause").status == 404);
}

TEST_CASE("Master API: a 17th pause is refused while something is open that the first is about") {
  std::optional<bool> open = true;
  UnixMillis asked = 0;
  Installation installation;
  installation.open_before = [&](UnixMillis at) {
    asked = at;
    return open;
  };
  Process api(installation);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  const auto change = [&](const char* action) { return api.request("POST", std::string("/endpoints/a/") + action); };
  for (int times = 0; times < 16; ++times) {
    REQUIRE(change("pause").status == 200);
    REQUIRE(change("resume").status == 200);
  }
  const UnixMillis first = api.registry.state()->endpoint("default", "a")->intervals.front().to;
  CHECK(asked == 0);
  for (const Answer& refused : {change("pause"), api.patch("/endpoints/a", {{"state", "paused"}})}) {
    CHECK(refused.status == 409);
    CHECK(refused.json["detail"].get<std::string>().starts_with("endpoints/a was paused 16 times, and deliveries of"));
  }
  CHECK(asked == first);
  CHECK(api.patch("/endpoints/a", {{"state", "disabled"}}).status == 200);  // these times are kept apart
  CHECK(change("resume").status == 200);
  open.reset();
  CHECK(change("pause").status == 200);
  CHECK(change("resume").status == 200);
  CHECK(api.registry.state()->endpoint("default", "a")->intervals.size() == 17);  // 16 pauses, and the other
  open = false;
  CHECK(change("pause").status == 200);
}

TEST_CASE("Master API: a source's secrets are sealed, kept and replaced") {
  Installation installation;
  Process api(installation);
  const Json verify = {{"scheme", "github"}, {"secret", "first"}};
  const auto created = api.put("/sources/hub", {{"verify", verify}});
  REQUIRE(created.status == 201);
  CHECK(created.body.find("first") == std::string::npos);
  const auto secret = [&] {
    const auto source = api.registry.state()->source("default", "hub");
    REQUIRE(source->verify.secrets.size() == 1);
    return *api.sealer.open(source->verify.secrets[0], "default/sources/hub");
  };
  CHECK(secret() == "first");
  CHECK(api.put("/sources/hub", {{"verify", verify}}).json["version"] == 1);
  CHECK(api.patch("/sources/hub", {{"deduplicate", false}}).json["version"] == 2);
  CHECK(secret() == "first");
  CHECK(api.patch("/sources/hub", {{"verify", {{"secret", "second"}}}}).json["version"] == 3);
  CHECK(secret() == "second");
  CHECK(api.patch("/sources/hub", {{"verify", {{"scheme", "none"}}}}).status == 200);
  CHECK(api.registry.state()->source("default", "hub")->verify.secrets.empty());
}

TEST_CASE("Master API: a source follows its scheme in being exclusive until it says so itself") {
  Installation installation;
  Process api(installation);
  const Json github = {{"scheme", "github"}, {"secret", "s"}};
  CHECK(api.put("/sources/a", {{"verify", github}}).json["exclusive"] == true);
  CHECK(api.put("/sources/a", api.get("/sources/a").json).json["version"] == 1);
  CHECK(api.patch("/sources/a", {{"verify", {{"scheme", "none"}}}}).json["exclusive"] == false);
  CHECK(api.patch("/sources/a", {{"exclusive", true}}).json["exclusive"] == true);
  CHECK(api.patch("/sources/a", {{"verify", github}}).json["exclusive"] == true);
  CHECK(api.patch("/sources/a", {{"exclusive", false}}).json["exclusive"] == false);
  CHECK(api.patch("/sources/a", {{"verify", nullptr}}).json["pointer"] == "/verify");
}
