#include "common/log/names.hpp"
#include "tests/api/fixture.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

namespace {

Json of_type(const char* type) { return {{"type", "object"}, {"properties", {{"total", {{"type", type}}}}}}; }

void quarantine(Installation& installation, const std::string& value, const std::string& rule = "schema") {
  log::Record record;
  for (const auto& [name, text] : {std::pair{"ce_id", "c-1"},
                                   {"ce_type", "order"},
                                   {"ce_source", "shop"},
                                   {"ce_specversion", "1.0"},
                                   {"certes-id", "evt_1"},
                                   {"certes-tenant", "default"},
                                   {"certes-attempts", "0"},
                                   {"certes-verified", "value/shop"},
                                   {"certes-rule", rule.c_str()},
                                   {"certes-error", "/total: no"}})
    record.headers.add(name, text);
  record.value = value;
  installation.cluster->put(log::Topic::dead_letters, 0, std::move(record));
}

}  // namespace

TEST_CASE("Event types: have versions of their schema, numbered, the newest last") {
  Installation installation;
  Process api(installation);
  REQUIRE(api.put("/event-types/order.created", {{"schema", of_type("integer")}}).status == 201);
  CHECK(api.put("/event-types/order.created", {{"schema", of_type("integer")}}).json["schema_version"] == 1);
  CHECK(api.patch("/event-types/order.created", {{"compatibility", "backward"}}).json["schema_version"] == 1);
  const auto changed =
      api.put("/event-types/order.created", {{"schema", of_type("number")}, {"compatibility", "backward"}});
  CHECK(changed.status == 200);
  CHECK(changed.json["schema_version"] == 2);
  CHECK_FALSE(changed.json.contains("versions"));
  const auto versions = api.get("/event-types/order.created/versions");
  REQUIRE(versions.json["items"].size() == 2);
  CHECK(versions.json["items"][0]["schema"] == of_type("integer"));
  CHECK(api.get("/event-types/order.created/versions/2").json["schema"] == of_type("number"));
  CHECK(api.get("/event-types/order.created/versions/3").status == 404);
  CHECK(api.get("/event-types/none/versions").status == 404);
  for (int i = 0; i < 20; ++i)
    REQUIRE(api.put("/event-types/order.created", {{"schema", {{"maxLength", i}}}}).status == 200);
  const auto kept = api.get("/event-types/order.created/versions");
  CHECK(kept.json["items"].size() == registry::EventType::kMaxVersions);
  CHECK(kept.json["items"].back()["version"] == 22);
  CHECK(api.get("/event-types/order.created/versions/1").status == 404);
  CHECK(api.request("DELETE", "/event-types/order.created").status == 204);
}

TEST_CASE("Event types: Certes' own are built in: shown, and nobody's to declare, change or delete") {
  Installation installation;
  Process api(installation);
  const std::string lost = "/event-types/certes.log.lost";
  const auto shown = api.get(lost);
  CHECK(shown.status == 200);
  CHECK(shown.json["built_in"] == true);
  CHECK(shown.json["schema"]["type"] == "object");
  CHECK(api.get("/event-types").body.find("certes.delivery.dead_lettered") != std::string::npos);
  for (const std::string& path : {lost, std::string("/event-types/certes"), std::string("/event-types/certes.mine")}) {
    CAPTURE(path);
    CHECK(api.put(path, {{"schema", of_type("integer")}}).status == 403);
    CHECK(api.post("/event-types", {{"id", path.substr(13)}}).status == 403);
  }
  CHECK(api.patch(lost, {{"compatibility", "full"}}).json["detail"].get<std::string>().find("built in") !=
        std::string::npos);
  CHECK(api.request("DELETE", lost).status == 403);
  CHECK(api.request("DELETE", "/event-types/certes.mine").status == 404);
  CHECK(api.get(lost).json == shown.json);
}

TEST_CASE("Event types: names of types are their ids") {
  Installation installation;
  Process api(installation);
  CHECK(api.put("/event-types/a%2Fb%3Ac.d_e", {{"compatibility", "none"}}).json["id"] == "a/b:c.d_e");
  CHECK(api.get("/event-types/a%2Fb%3Ac.d_e").status == 200);
  CHECK(api.post("/event-types", {{"id", "a..b"}}).json["pointer"] == "/id");
  CHECK(api.post("/event-types", {{"id", "a.*"}}).json["pointer"] == "/id");
  CHECK(api.put("/event-types/a", {{"backoff_policy", "none"}}).json["pointer"] == "/backoff_policy");
}

TEST_CASE("Event types: a schema that cannot be decided is refused with its place") {
  Installation installation;
  Process api(installation);
  const auto refused =
      api.put("/event-types/a", {{"schema", {{"properties", {{"b", {{"unevaluatedItems", false}}}}}}}});
  CHECK(refused.status == 400);
  CHECK(refused.json["pointer"] == "/schema/properties/b/unevaluatedItems");
  CHECK(api.put("/event-types/a", {{"schema", 5}}).json["pointer"] == "/schema");
  const auto large = api.put("/event-types/a", {{"schema", {{"title", std::string(40'000, 'x')}}}});
  CHECK(large.json["pointer"] == "/schema");
}

TEST_CASE("Event types: a schema is replaced only by a compatible one") {
  Installation installation;
  Process api(installation);
  const Json narrow = of_type("integer"), wide = of_type("number");
  REQUIRE(api.put("/event-types/a", {{"schema", wide}}).status == 201);
  const auto refused = api.put("/event-types/a", {{"schema", narrow}, {"compatibility", "backward"}});
  CHECK(refused.status == 400);
  CHECK(refused.json["pointer"] == "/schema/properties/total/type");
  CHECK(refused.json["detail"].get<std::string>().find("not backward compatible") != std::string::npos);
  CHECK(api.put("/event-types/a", {{"schema", narrow}, {"compatibility", "full"}}).status == 400);
  CHECK(api.put("/event-types/a", {{"schema", narrow}, {"compatibility", "forward"}}).status == 200);
  CHECK(api.put("/event-types/a", {{"schema", wide}, {"compatibility", "forward"}}).status == 400);
  CHECK(api.put("/event-types/a", {{"compatibility", "backward"}}).status == 200);
  CHECK(api.put("/event-types/a", {{"schema", narrow}, {"compatibility", "backward"}}).status == 400);
  CHECK(api.put("/event-types/a", {{"schema", narrow}}, {{"If-Match", "\"1\""}}).status == 412);
}

TEST_CASE("Event types: a policy that one uses stays") {
  Installation installation;
  Process api(installation);
  REQUIRE(api.put("/backoff-policies/p", {{"strategy", "constant"}}).status == 201);
  REQUIRE(api.put("/event-types/a", {{"producer_backoff_policy", "p"}}).status == 201);
  CHECK(api.request("DELETE", "/backoff-policies/p").status == 409);
}

TEST_CASE("Dead letters: what was quarantined is published once its data holds") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, [&](config::Settings& settings) { settings.history.dir = directory.path(); });
  REQUIRE(api.put("/event-types/order", {{"schema", of_type("integer")}}).status == 201);
  log::Record term;
  term.headers.add("certes-term", "7");
  installation.cluster->put(log::Topic::dead_letters, 0, std::move(term));
  quarantine(installation, R"({"total":"x"})");
  Answer list;
  REQUIRE(fakes::eventually([&] {
    list = api.get("/dead-letters");
    return list.status == 200 && list.json["items"].size() == 1;
  }));
  const std::string id = list.json["items"][0]["id"];
  CHECK(list.json["items"][0]["rule"] == "schema");
  const auto refused = api.request("POST", "/dead-letters/" + id + "/replay");
  CHECK(refused.status == 422);
  CHECK(refused.json["errors"][0]["pointer"] == "/total");
  const auto wrong = api.post("/dead-letters/" + id + "/replay", {{"data", {{"total", "y"}}}});
  CHECK(wrong.json["errors"][0]["pointer"] == "/data/total");
  CHECK(api.post("/dead-letters/" + id + "/replay", {{"dta", 1}}).status == 400);
  const Json all = api.job("/dead-letters/replay", {{"all", true}});
  CHECK(all["done"] == 0);
  CHECK(all["refused"] == 1);
  CHECK(api.post("/dead-letters/" + id + "/replay", {{"data", {{"total", 5}}}}).status == 202);
  REQUIRE(api.put("/event-types/order", {{"schema", of_type("string")}}).status == 200);
  CHECK(api.job("/dead-letters/replay", {{"all", true}, {"again", true}})["done"] == 1);
}

TEST_CASE("Dead letters: what was quarantined for its attributes is published too") {
  Installation installation;
  Process api(installation);
  quarantine(installation, R"({"total":"x"})", "attributes");
  const std::string id = api.get("/dead-letters").json["items"][0]["id"];
  CHECK(api.request("POST", "/dead-letters/" + id + "/replay").status == 202);
}

TEST_CASE("Dead letters: what is replayed as it came keeps the mark that it was verified, corrected data loses it") {
  Installation installation;
  Process api(installation);
  quarantine(installation, R"({"total":"x"})", "attributes");
  const std::string path = "/dead-letters/" + api.get("/dead-letters").json["items"][0]["id"].get<std::string>();
  REQUIRE(api.request("POST", path + "/replay").status == 202);
  REQUIRE(api.post(path + "/replay", {{"data", {{"total", 5}}}, {"again", true}}).status == 202);
  const auto replayed = [&](std::int64_t offset) { return installation.cluster->at(log::Topic::events, 0, offset); };
  CHECK(replayed(0)->headers.get("certes-verified") == "value/shop");
  CHECK_FALSE(replayed(1)->headers.find("certes-verified"));
}

TEST_CASE("Dead letters: data of one's own needs what publishing it does") {
  Installation installation;
  Process api(installation, /*dev=*/false);
  const std::string admin = *ensure_admin_key(api.registry, api.settings);
  api.key = admin;
  REQUIRE(api.put("/event-types/order", {{"schema", of_type("integer")}}).status == 201);
  quarantine(installation, R"({"total":"x"})");
  const std::string id = api.get("/dead-letters").json["items"][0]["id"];
  const auto replay = [&](const Json& scopes, const Json& sources = Json::array()) {
    api.key = admin;
    const std::string name = "k" + std::to_string(api.get("/keys").json["items"].size());
    const auto made = api.put("/keys/" + name, {{"scopes", scopes}, {"sources", sources}});
    REQUIRE_MESSAGE(made.status == 201, made.body);
    api.key = made.json["key"];
    return api.post("/dead-letters/" + id + "/replay", {{"data", {{"total", 5}}}});
  };
  const auto refused = replay({"dead-letters:write"});
  CHECK(refused.status == 403);
  CHECK(refused.json["pointer"] == "/data");
  CHECK(refused.json["detail"].get<std::string>().find("events:write") != std::string::npos);
  CHECK(replay({"dead-letters:write", "events:write"}).status == 202);

  api.key = admin;
  REQUIRE(api.put("/sources/order", {{"verify", {{"scheme", "key"}}}}).status == 201);
  const auto exclusive = replay({"dead-letters:write", "events:write"});
  CHECK(exclusive.status == 403);
  CHECK(exclusive.json["detail"].get<std::string>().find("exclusive") != std::string::npos);
  CHECK(replay({"dead-letters:write", "events:write"}, {"order"}).status == 202);
  CHECK(replay({"dead-letters:write", "events:write", "sources:write"}).status == 202);
}

TEST_CASE("Event types: a merge patch replaces the schema whole, and null in it is a value") {
  Installation installation;
  Process api(installation);
  const Json first = {{"type", "object"}, {"required", {"a"}}, {"properties", {{"a", {{"const", 1}}}}}};
  REQUIRE(api.put("/event-types/order", {{"schema", first}, {"unknown_below", "strict"}}).status == 201);
  const Json second = {{"properties", {{"b", {{"const", nullptr}, {"default", nullptr}}}}}};
  const auto patched = api.patch("/event-types/order", {{"schema", second}});
  REQUIRE_MESSAGE(patched.status == 200, patched.body);
  CHECK(patched.json["schema"] == second);
  CHECK(patched.json["unknown_below"] == "strict");
  CHECK(api.get("/event-types/order").json["schema"] == second);
  CHECK_FALSE(api.patch("/event-types/order", {{"schema", nullptr}}).json.contains("schema"));
  CHECK(api.get("/event-types/order").json["unknown_below"] == "strict");
}
