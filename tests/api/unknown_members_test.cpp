// What is stored and not known, or not understood, by this version: shown, kept, and nobody's to change.
#include "common/registry/proposal.hpp"
#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

namespace {

constexpr Millis kLong{20'000};

void store(Process& api, const std::string& kind, const std::string& id, const std::string& body,
           const std::string& state = {}) {
  registry::Change change;
  change.kind = kind;
  change.id = id;
  change.body = body;
  change.by = "later";
  change.envelope.state = state;
  REQUIRE(api.registry.propose(change, kLong));
}

// As every endpoint has one: where there is none, a PUT makes it.
std::string secret_of(const Process& api) {
  return R"("secrets":[{"secret":")" + api.sealer.seal(crypto::StandardWebhooks::new_secret(), "default/endpoints/a") +
         R"("}])";
}

void refuse(const Answer& answer, const std::string& pointer) {
  CHECK_MESSAGE(answer.status == 400, answer.body);
  CHECK(answer.json.value("pointer", "") == pointer);
}

}  // namespace

TEST_CASE("Master API: unknown members are shown, survive changes of others, and take no other value") {
  Installation installation;
  Process api(installation);
  const std::string body =
      R"({"url":"https://example.com/","colour":{"is":"red"},"shape":[1,2],)" + secret_of(api) + "}";
  store(api, "endpoints", "a", body, "active");
  const auto shown = api.get("/endpoints/a");
  REQUIRE(shown.status == 200);
  CHECK(shown.json["colour"] == Json({{"is", "red"}}));

  CHECK(api.put("/endpoints/a", shown.json).json["version"] == 1);
  const auto patched = api.patch("/endpoints/a", {{"concurrency", 3}});
  CHECK(patched.json["version"] == 2);
  CHECK(patched.json["colour"] == shown.json["colour"]);
  CHECK(patched.json["shape"] == shown.json["shape"]);
  CHECK(api.request("POST", "/endpoints/a/pause").json["colour"] == shown.json["colour"]);
  CHECK(api.patch("/endpoints/a", {{"colour", {{"is", "red"}}}}).json["version"] == 3);
  CHECK(api.registry.state()->endpoint("default", "a")->body->find(R"("colour":{"is":"red"},"shape":[1,2])") !=
        std::string::npos);

  refuse(api.patch("/endpoints/a", {{"colour", "blue"}}), "/colour");
  refuse(api.patch("/endpoints/a", {{"colour", {{"is", "blue"}}}}), "/colour");
  refuse(api.patch("/endpoints/a", {{"colour", nullptr}}), "/colour");
  refuse(api.patch("/endpoints/a", {{"taste", 1}}), "/taste");
  Json other = shown.json;
  other["shape"] = {1, 3};
  refuse(api.put("/endpoints/a", other), "/shape");
  // Who puts the whole resource without them wants it so.
  const auto put = api.put("/endpoints/a", {{"url", "https://example.com/"}});
  CHECK(put.status == 200);
  CHECK_FALSE(put.json.contains("colour"));
}

TEST_CASE("Master API: a stored member that would be refused today leaves the resource usable and as it was") {
  Installation installation;
  {
    Process api(installation);
    store(api, "endpoints", "a",
          R"({"url":"https://example.com/","concurrency":0,"retry_on":"none",)" + secret_of(api) + "}", "active");
    REQUIRE(api.put("/subscriptions/s", {{"endpoint", "a"}, {"pattern", "#"}}).status == 201);
  }
  Process api(installation);
  CHECK(api.get("/subscriptions/s").status == 200);
  const auto shown = api.get("/endpoints/a");
  REQUIRE(shown.status == 200);
  CHECK(shown.json["concurrency"] == 64);
  CHECK(shown.json["not_understood"] == Json({"/concurrency", "/retry_on"}));
  CHECK(api.put("/endpoints/a", shown.json).json["version"] == 1);
  CHECK(api.patch("/endpoints/a", {{"timeout_seconds", 2}}).json["not_understood"] ==
        Json({"/concurrency", "/retry_on"}));
  CHECK(api.patch("/endpoints/a", {{"concurrency", 7}}).json["not_understood"] == Json({"/retry_on"}));
}

TEST_CASE("Master API: what cannot be used is shown, listed in its place, replaced or deleted, and not changed") {
  Installation installation;
  Process api(installation);
  store(api, "sources", "b", R"({"verify":{"scheme":"later","secrets":["sealed:v1:x"]}})");
  store(api, "endpoints", "e", R"({"url":"https://example.com/","auth":{"token":"sealed:v1:x"}})", "active");
  for (const char* id : {"a", "c"})
    REQUIRE(api.put("/sources/" + std::string(id), {{"verify", {{"scheme", "key"}}}}).status == 201);
  const auto shown = api.get("/sources/b");
  REQUIRE(shown.status == 200);
  CHECK(shown.header("ETag") == "\"1\"");
  CHECK(shown.body.find("sealed:") == std::string::npos);
  CHECK(shown.json["unusable"].get<std::string>().find("later") != std::string::npos);
  std::string ids;
  for (std::string after; ids.size() < 3;) {
    const auto page = api.get("/sources?limit=1" + (after.empty() ? "" : "&after=" + after));
    after = page.json["items"][0]["id"];
    ids += after;
    CHECK(page.json["next"].is_null() == (ids.size() == 3));
  }
  CHECK(ids == "abc");
  CHECK(api.get("/endpoints").json["items"].size() == 1);

  CHECK(api.patch("/sources/b", {{"deduplicate", false}}).status == 409);
  CHECK(api.request("POST", "/endpoints/e/resume").status == 409);
  CHECK(api.put("/sources/b", {{"verify", {{"scheme", "key"}}}}, {{"If-Match", "\"2\""}}).status == 412);
  CHECK(api.put("/sources/b", {{"verify", {{"scheme", "key"}}}}).json["version"] == 2);
  CHECK(api.request("DELETE", "/endpoints/e").status == 204);
  CHECK(api.get("/endpoints/e").status == 404);
}

TEST_CASE("Master API: a key that cannot be used is taken away only by who may do everything") {
  Installation installation;
  Process api(installation, false);
  const std::string admin = api.key = *ensure_admin_key(api.registry, api.settings);
  store(api, "keys", "k", R"({"hash":"h","scopes":["*"],"expires":"later"})");
  const std::string weak = api.post("/keys", {{"scopes", {"keys:write", "keys:read"}}}).json["key"];
  api.key = weak;
  CHECK(api.get("/keys/k").json.contains("unusable"));
  CHECK(api.put("/keys/k", {{"scopes", {"keys:read"}}}).status == 403);
  CHECK(api.request("DELETE", "/keys/k").status == 403);
  CHECK(api.post("/keys/k/rotate", Json::object()).status == 409);
  api.key = admin;
  CHECK(api.request("DELETE", "/keys/k").status == 204);
}
