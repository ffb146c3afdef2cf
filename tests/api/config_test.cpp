#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

namespace {

Json setting(const Json& page, const std::string& name) {
  for (const Json& line : page["items"])
    if (line["name"] == name) return line;
  return nullptr;
}

}  // namespace

TEST_CASE("Master API: the settings of the process, and where they are from") {
  Installation installation;
  Process api(installation);
  const auto shown = api.get("/config");
  REQUIRE(shown.status == 200);
  CHECK(shown.json["next"].is_null());
  const Json listen = setting(shown.json, "api.listen");
  CHECK(listen["value"] == "127.0.0.1:0");
  CHECK(listen["from"] == "flag");
  CHECK(listen["default"] == "127.0.0.1:9610");
  CHECK(listen["variable"] == "CERTES_API_LISTEN");
  CHECK(setting(shown.json, "dispatcher.in_flight_max")["from"] == "default");
  CHECK(api.get("/config?limit=1").status == 400);
}

TEST_CASE("Master API: settings that are secrets are not shown") {
  Installation installation;
  const std::string secret = "certes_c2VjcmV0IG9mIHRoaXMgdGVzdCBvbmx5IQ";
  Process api(installation, true, [&](config::Settings& settings) {
    settings.admin_key = secret;
    settings.kafka.properties["sasl.oauthbearer.client.secret"] = secret;
  });
  const auto shown = api.get("/config");
  REQUIRE(shown.status == 200);
  CHECK(shown.body.find(secret) == std::string::npos);
  CHECK(setting(shown.json, "kafka.properties.sasl.oauthbearer.client.secret")["value"] == "(not shown)");
}

TEST_CASE("Master API: the settings are for keys of the installation, with the scope") {
  Installation installation;
  Process api(installation, false);
  const std::string admin = *ensure_admin_key(api.registry, api.settings);
  api.key = admin;
  REQUIRE(api.put("/tenants/other", Json::object()).status == 201);
  const auto others = api.post("/keys?tenant=other", {{"scopes", {"*"}}});
  const auto reader = api.post("/keys", {{"scopes", {"config:read"}}});
  const auto without = api.post("/keys", {{"scopes", {"endpoints:read"}}});
  api.key = others.json["key"].get<std::string>();
  CHECK(api.get("/config").status == 404);
  api.key = without.json["key"].get<std::string>();
  CHECK(api.get("/config").status == 403);
  api.key = reader.json["key"].get<std::string>();
  CHECK(api.get("/config").status == 200);
}

TEST_CASE("Master API: settings that may change while the process runs") {
  Installation installation;
  Process api(installation);
  CHECK(setting(api.get("/config").json, "gateway.maintenance")["changeable"] == true);
  CHECK(setting(api.get("/config").json, "gateway.listen")["changeable"] == false);
  const auto changed = api.patch("/config", {{"gateway.maintenance", true}, {"gateway.max_waiting", 5}});
  REQUIRE(changed.status == 200);
  CHECK(changed.json["changed"].size() == 2);
  CHECK(changed.json["changed"][0] == Json{{"name", "gateway.maintenance"}, {"from", "false"}, {"to", "true"}});
  const Json now = setting(api.get("/config").json, "gateway.maintenance");
  CHECK(now["value"] == "true");
  CHECK(now["from"].get<std::string>().starts_with("PATCH /config by "));
  CHECK(api.patch("/config", {{"gateway.maintenance", nullptr}}).json["changed"].size() == 1);
  CHECK(setting(api.get("/config").json, "gateway.maintenance")["from"] == "default");

  const auto refused = api.patch("/config", {{"gateway.maintenance", true}, {"gateway.listen", "127.0.0.1:1"}});
  CHECK(refused.status == 400);
  CHECK(refused.json["pointer"] == "/gateway.listen");
  CHECK(setting(api.get("/config").json, "gateway.maintenance")["value"] == "false");
  CHECK(api.patch("/config", {{"log.level", Json::array()}}).json["pointer"] == "/log.level");
  CHECK(api.patch("/config", Json::object()).status == 400);
  CHECK(api.patch("/config", Json::array()).status == 400);
}

TEST_CASE("Master API: to change settings takes a scope of its own") {
  Installation installation;
  Process api(installation, false);
  api.key = *ensure_admin_key(api.registry, api.settings);
  const auto reader = api.post("/keys", {{"scopes", {"config:read"}}});
  api.key = reader.json["key"].get<std::string>();
  CHECK(api.patch("/config", {{"gateway.maintenance", true}}).status == 403);
}

TEST_CASE(
    "Master API: who changed which setting is in the audit trail, in every process, and says nothing of what was "
    "refused") {
  Installation installation;
  {
    Process api(installation);
    api.key = *api::ensure_admin_key(api.registry, api.settings);
    CHECK(api.patch("/config", {{"gateway.maintenance", true}, {"gateway.max_waiting", 5}}).json["audited"] == true);
    CHECK(api.patch("/config", {{"gateway.listen", "127.0.0.1:1"}}).status == 400);
    CHECK(api.patch("/config", {{"gateway.maintenance", true}}).json["changed"].empty());
    const auto reader = api.post("/keys", {{"scopes", {"audit:read"}}});
    api.key = reader.json["key"];
    const Json shown = api.get("/audit?kind=config").json["items"];
    REQUIRE(shown.size() == 1);
    CHECK_FALSE(shown[0].contains("before"));  // it may not read settings
  }
  Process later(installation);
  const Json shown = later.get("/audit?kind=config").json["items"];
  REQUIRE(shown.size() == 1);
  const Json& entry = shown[0];
  CHECK(entry["action"] == "change");
  CHECK(entry["by"] == "admin");
  CHECK(entry["kind"] == "config");
  CHECK(entry["outcome"] == "applied");
  CHECK(entry["members"] == Json{"/gateway.maintenance", "/gateway.max_waiting"});
  CHECK(entry["before"]["/gateway.maintenance"] == "false");
  CHECK(entry["after"]["/gateway.maintenance"] == "true");
  CHECK(entry["after"]["/gateway.max_waiting"] == "5");
  CHECK(later.registry.state()->unusable.size() == 0);
}
