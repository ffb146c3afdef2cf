// Keys: rotated, bound to sources, given for a tenant; tenants; the audit trail.
#include <thread>
#include <tuple>

#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

namespace {

struct Keyed {
  Keyed() : api(installation, false) { admin = api.key = *ensure_admin_key(api.registry, api.settings); }
  std::string make(const Json& body) {
    api.key = admin;
    const auto made = api.post("/keys", body);
    REQUIRE_MESSAGE(made.status == 201, made.body);
    return made.json["key"].get<std::string>();
  }
  int as(const std::string& text, const std::string& path = "/endpoints") {
    const std::string before = std::exchange(api.key, text);
    const int status = api.get(path).status;
    api.key = before;
    return status;
  }
  Installation installation;
  Process api;
  std::string admin;
};

std::string ids_of(const Json& page) {
  std::string text;
  for (const auto& item : page["items"])
    text += item["kind"].get<std::string>() + "/" + item["id"].get<std::string>() + " ";
  return text;
}

}  // namespace

TEST_CASE("Master API: no key has the name of Certes itself, which changes resources under it") {
  Keyed keyed;
  keyed.api.key = keyed.admin;
  const auto refused = keyed.api.post("/keys", {{"id", "certes"}, {"scopes", {"endpoints:read"}}});
  CHECK(refused.status == 400);
  CHECK(refused.json["detail"].get<std::string>().find("Certes itself") != std::string::npos);
}

TEST_CASE("Master API: a rotated key's old text stays good for the grace that was asked for") {
  Keyed keyed;
  Process& api = keyed.api;
  const std::string first = keyed.make({{"id", "k"}, {"scopes", {"endpoints:read"}}});
  const auto rotated = api.post("/keys/k/rotate", {{"grace_seconds", 3'600}});
  REQUIRE_MESSAGE(rotated.status == 200, rotated.body);
  const std::string second = rotated.json["key"].get<std::string>();
  CHECK(second.size() == 50);
  CHECK(second != first);
  CHECK(rotated.json.contains("former_valid_until"));
  CHECK(keyed.as(first) == 200);
  CHECK(keyed.as(second) == 200);
  CHECK(api.get("/keys/k").body.find("hash") == std::string::npos);
  CHECK(api.get("/keys/k").json["version"] == 2);

  // What is shown can be put back, and the texts stay.
  CHECK(api.put("/keys/k", api.get("/keys/k").json).json["version"] == 2);
  CHECK(api.patch("/keys/k", {{"scopes", {"endpoints:read", "sources:read"}}}).status == 200);
  CHECK(keyed.as(first) == 200);

  const auto at_once = api.post("/keys/k/rotate", {{"grace_seconds", 0}});
  CHECK(keyed.as(second) == 401);
  CHECK(keyed.as(first) == 200);  // its own grace goes on
  CHECK(keyed.as(at_once.json["key"].get<std::string>()) == 200);
  CHECK(api.request("DELETE", "/keys/k").status == 204);
  CHECK(keyed.as(first) == 401);
}

TEST_CASE("Master API: rotation says what it does not take") {
  Keyed keyed;
  Process& api = keyed.api;
  keyed.make({{"id", "k"}, {"scopes", {"*"}}});
  CHECK(api.request("POST", "/keys/k/rotate").status == 200);  // the default grace
  CHECK(api.post("/keys/none/rotate", Json::object()).status == 404);
  CHECK(api.post("/keys/k/rotate", {{"grace_seconds", -1}}).json["pointer"] == "/grace_seconds");
  CHECK(api.post("/keys/k/rotate", {{"grace", 1}}).json["pointer"] == "/grace");
  CHECK(api.request("POST", "/keys/k/rotate", "{", {}).status == 400);
}

TEST_CASE("Master API: nobody gets the text of a key that may do more than he") {
  Keyed keyed;
  Process& api = keyed.api;
  const std::string weak = keyed.make({{"id", "weak"}, {"scopes", {"keys:write", "keys:read"}}});
  keyed.make({{"id", "strong"}, {"scopes", {"keys:read", "endpoints:write"}}});
  api.key = weak;
  const auto refused = api.post("/keys/strong/rotate", Json::object());
  CHECK(refused.status == 403);
  CHECK(refused.json["pointer"] == "/scopes/1");
  CHECK(api.patch("/keys/strong", {{"expires", nullptr}}).json["pointer"] == "/scopes/1");
  CHECK(api.post("/keys/weak/rotate", Json::object()).status == 200);
}

TEST_CASE("Master API: a key that may do more is not changed, replaced, rotated or deleted by one that may do less") {
  Keyed keyed;
  Process& api = keyed.api;
  const std::string weak = keyed.make({{"id", "weak"}, {"scopes", {"keys:write", "keys:read", "events:write"}}});
  keyed.make({{"id", "wide"}, {"scopes", {"keys:read", "endpoints:write"}}});
  const std::string spare = keyed.make({{"id", "spare"}, {"scopes", {"*"}}});
  const Json less = {{"scopes", {"keys:read"}}};
  for (const char* id : {"admin", "spare", "wide"}) {
    CAPTURE(id);
    const std::string one = "/keys/" + std::string(id);
    api.key = weak;
    for (const auto& refused : {api.put(one, less), api.patch(one, less), api.patch(one, {{"rate_per_second", 1}}),
                                api.post(one + "/rotate", Json::object()), api.request("DELETE", one)}) {
      CHECK_MESSAGE(refused.status == 403, refused.body);
      CHECK(refused.json["pointer"].get<std::string>().starts_with("/scopes/"));
    }
    api.key = keyed.admin;
    CHECK(api.get(one).json["version"] == 1);
  }
  api.key = spare;
  CHECK(api.patch("/keys/wide", less).status == 200);
  CHECK(api.request("DELETE", "/keys/admin").status == 204);
}

TEST_CASE("Master API: nobody gives a key beyond its own expiry and rate, nor takes them off its own") {
  Keyed keyed;
  Process& api = keyed.api;
  const std::string limited = keyed.make({{"id", "limited"},
                                          {"scopes", {"keys:write", "events:write"}},
                                          {"expires", "2099-01-01T00:00:00Z"},
                                          {"rate_per_second", 10}});
  keyed.make({{"id", "free"}, {"scopes", {"events:write"}}});
  api.key = limited;
  const auto with = [](const char* expires, double rate) {
    Json json = {{"scopes", {"events:write"}}};
    if (expires != nullptr) json["expires"] = expires;
    if (rate > 0) json["rate_per_second"] = rate;
    return json;
  };
  const auto pointer_of = [](const Answer& answer) {
    CHECK_MESSAGE(answer.status == 403, answer.body);
    return answer.json.value("pointer", "");
  };
  CHECK(pointer_of(api.post("/keys", with(nullptr, 1))) == "/expires");
  CHECK(pointer_of(api.post("/keys", with("2099-01-01T00:00:01Z", 1))) == "/expires");
  CHECK(pointer_of(api.post("/keys", with("2098-01-01T00:00:00Z", 0))) == "/rate_per_second");
  CHECK(pointer_of(api.post("/keys", with("2098-01-01T00:00:00Z", 10.5))) == "/rate_per_second");
  CHECK(api.post("/keys", with("2099-01-01T00:00:00Z", 10)).status == 201);
  CHECK(pointer_of(api.patch("/keys/limited", {{"expires", nullptr}})) == "/expires");
  CHECK(pointer_of(api.patch("/keys/limited", {{"rate_per_second", nullptr}})) == "/rate_per_second");
  CHECK(pointer_of(api.put("/keys/limited", {{"scopes", {"keys:write", "events:write"}}})) == "/expires");
  CHECK(pointer_of(api.post("/keys/free/rotate", Json::object())) == "/expires");
  CHECK(api.patch("/keys/limited", {{"rate_per_second", 5}}).status == 200);
  CHECK(api.post("/keys/limited/rotate", Json::object()).status == 200);
}

TEST_CASE("Master API: a former text gives no key that is good for longer than itself") {
  Keyed keyed;
  Process& api = keyed.api;
  const std::string former = keyed.make({{"id", "k"}, {"scopes", {"keys:write"}}});
  REQUIRE(api.post("/keys/k/rotate", {{"grace_seconds", 3'600}}).status == 200);
  api.key = former;
  CHECK(api.post("/keys/k/rotate", Json::object()).json["pointer"] == "/expires");
  CHECK(api.post("/keys", {{"scopes", {"keys:write"}}}).json["pointer"] == "/expires");
}

TEST_CASE("Master API: the last key that may do everything stays as it is") {
  Keyed keyed;
  Process& api = keyed.api;
  keyed.make({{"id", "timed"}, {"scopes", {"*"}}, {"expires", "2099-01-01T00:00:00Z"}});
  REQUIRE(api.put("/sources/shop", {{"verify", {{"scheme", "key"}}}}).status == 201);
  keyed.make({{"id", "bound"}, {"scopes", {"*"}}, {"sources", {"shop"}}});
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  keyed.make({{"id", "local"}, {"scopes", {"*"}}, {"tenant", "acme"}});
  const auto refused = [&] {
    CHECK(api.request("DELETE", "/keys/admin").status == 409);
    CHECK(api.patch("/keys/admin", {{"scopes", {"keys:write"}}}).status == 409);
    CHECK(api.put("/keys/admin", {{"scopes", {"events:read"}}}).status == 409);
    CHECK(api.patch("/keys/admin", {{"expires", "2098-01-01T00:00:00Z"}}).status == 409);
    CHECK(api.patch("/keys/admin", {{"sources", {"shop"}}}).status == 409);
  };
  refused();
  CHECK(api.request("DELETE", "/keys/timed").status == 204);
  refused();
  const auto rotated = api.post("/keys/admin/rotate", Json::object());
  REQUIRE(rotated.status == 200);
  keyed.admin = api.key = rotated.json["key"];
  CHECK(api.request("DELETE", "/tenants/acme?cascade=true").status == 204);
  keyed.make({{"id", "second"}, {"scopes", {"*"}}});
  CHECK(api.request("DELETE", "/keys/admin").status == 204);
}

TEST_CASE("Master API: of two keys that may do everything and are deleted at the same time, one stays") {
  Keyed keyed;
  Process& api = keyed.api;
  std::string one = keyed.admin, one_id = "admin";
  for (int round = 0; round < 10; ++round) {
    const std::string other_id = "k" + std::to_string(round);
    api.key = one;
    const auto made = api.post("/keys", {{"id", other_id}, {"scopes", {"*"}}});
    REQUIRE_MESSAGE(made.status == 201, made.body);
    const std::string other = made.json["key"];
    int first = 0;
    std::thread beside([&] { first = api.request("DELETE", "/keys/" + other_id).status; });
    const int second = api.request("DELETE", "/keys/" + one_id).status;
    beside.join();
    REQUIRE((first == 204) + (second == 204) == 1);
    if (second == 204) std::tie(one, one_id) = std::pair(other, other_id);
  }
}

TEST_CASE("Master API: without keys of its own tenant, a tenant's last key with * stays, and so does the tenant") {
  Installation installation;
  Process api(installation);  // --dev: nobody made an admin key
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  REQUIRE(api.post("/keys", {{"id", "local"}, {"scopes", {"*"}}, {"tenant", "acme"}}).status == 201);
  CHECK(api.request("DELETE", "/keys/local?tenant=acme").status == 409);
  CHECK(api.request("DELETE", "/tenants/acme?cascade=true").status == 409);
  REQUIRE(api.post("/keys", {{"id", "whole"}, {"scopes", {"*"}}}).status == 201);
  CHECK(api.request("DELETE", "/tenants/acme?cascade=true").status == 204);
}

TEST_CASE("Master API: a bound key touches no key that is not bound to its sources, nor another tenant's") {
  Keyed keyed;
  Process& api = keyed.api;
  for (const char* id : {"shop", "bank"})
    REQUIRE(api.put("/sources/" + std::string(id), {{"verify", {{"scheme", "key"}}}}).status == 201);
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  REQUIRE(api.put("/sources/shop?tenant=acme", {{"verify", {{"scheme", "key"}}}}).status == 201);
  const Json scopes = {"keys:write", "events:write", "tenants:write"};
  const std::string bound = keyed.make({{"id", "b"}, {"scopes", scopes}, {"sources", {"shop"}}});
  keyed.make({{"id", "open"}, {"scopes", {"events:write"}}});
  keyed.make({{"id", "other"}, {"scopes", {"events:write"}}, {"sources", {"bank"}}});
  api.key = bound;
  CHECK(api.patch("/keys/b", {{"sources", nullptr}}).json["pointer"] == "/sources");
  CHECK(api.patch("/keys/open", {{"sources", {"shop"}}}).json["pointer"] == "/sources");
  CHECK(api.request("DELETE", "/keys/open").json["pointer"] == "/sources");
  CHECK(api.post("/keys/other/rotate", Json::object()).json["pointer"] == "/sources/0");
  const Json for_acme = {{"scopes", {"events:write"}}, {"sources", {"shop"}}, {"tenant", "acme"}};
  CHECK(api.post("/keys", for_acme).json["pointer"] == "/tenant");
}

TEST_CASE("Master API: a key is bound to sources that there are, and gives no more than it is bound to") {
  Keyed keyed;
  Process& api = keyed.api;
  for (const char* id : {"shop", "bank"})
    REQUIRE(api.put("/sources/" + std::string(id), {{"verify", {{"scheme", "key"}}}}).status == 201);
  CHECK(api.post("/keys", {{"scopes", {"events:write"}}, {"sources", {"none"}}}).json["pointer"] == "/sources/0");
  const std::string bound =
      keyed.make({{"id", "b"}, {"scopes", {"keys:write", "events:write"}}, {"sources", {"shop"}}});
  CHECK(api.get("/keys/b").json["sources"] == Json({"shop"}));
  CHECK(api.request("DELETE", "/sources/shop").status == 409);
  api.key = bound;
  CHECK(api.post("/keys", {{"scopes", {"events:write"}}}).json["pointer"] == "/sources");
  CHECK(api.post("/keys", {{"scopes", {"events:write"}}, {"sources", {"shop", "bank"}}}).json["pointer"] ==
        "/sources/1");
  CHECK(api.post("/keys", {{"scopes", {"events:write"}}, {"sources", {"shop"}}}).status == 201);
}

TEST_CASE("Master API: a key for another tenant is for those who may deal with tenants") {
  Keyed keyed;
  Process& api = keyed.api;
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  const std::string local = keyed.make({{"scopes", {"keys:write", "events:write"}}});
  const std::string wide = keyed.make({{"id", "wide"}, {"scopes", {"keys:write", "events:write", "tenants:write"}}});
  const Json wanted = {{"id", "k"}, {"scopes", {"events:write"}}, {"tenant", "acme"}};
  api.key = local;
  const auto refused = api.post("/keys", wanted);
  CHECK(refused.status == 403);
  CHECK(refused.json["pointer"] == "/tenant");
  api.key = wide;
  const auto made = api.post("/keys", wanted);
  CHECK(made.status == 201);
  CHECK(made.json["tenant"] == "acme");
  Json greedy = wanted;
  greedy["scopes"] = {"endpoints:write"};
  CHECK(api.post("/keys", greedy).json["pointer"] == "/scopes/0");
}

TEST_CASE("Master API: a tenant is deleted with all it has only where that is asked for") {
  Keyed keyed;
  Process& api = keyed.api;
  REQUIRE(api.post("/tenants", {{"id", "acme"}, {"weight", 5}, {"quotas", {{"endpoints", 1}}}}).status == 201);
  CHECK(api.get("/tenants/acme").json["quotas"]["endpoints"] == 1);
  REQUIRE(api.put("/endpoints/a?tenant=acme", {{"url", "https://example.com/"}}).status == 201);
  const auto full = api.put("/endpoints/b?tenant=acme", {{"url", "https://example.com/"}});
  CHECK(full.status == 409);
  CHECK(full.json["detail"].get<std::string>().find("quotas.endpoints") != std::string::npos);
  const auto refused = api.request("DELETE", "/tenants/acme");
  CHECK(refused.status == 409);
  CHECK(refused.json["detail"].get<std::string>().find("?cascade=true") != std::string::npos);
  CHECK(api.request("DELETE", "/tenants/acme?cascade=true").status == 204);
  CHECK(api.get("/endpoints?tenant=acme").status == 404);
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  CHECK(api.get("/endpoints?tenant=acme").json["items"].empty());
}

TEST_CASE("Master API: the audit trail says who changed what, and never a secret") {
  Keyed keyed;
  Process& api = keyed.api;
  const std::string other = keyed.make({{"id", "other"}, {"scopes", {"*"}}});
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  api.key = other;
  REQUIRE(api.patch("/endpoints/a", {{"url", "https://else.com/"}}).status == 200);
  REQUIRE(api.post("/endpoints/a/rotate-secret", Json::object()).status == 200);
  CHECK(api.post("/endpoints", {{"id", "a"}, {"url", "https://example.com/"}}).status == 409);

  const auto all = api.get("/audit");
  REQUIRE_MESSAGE(all.status == 200, all.body);
  CHECK(ids_of(all.json) == "endpoints/a endpoints/a endpoints/a endpoints/a keys/other keys/admin ");
  const Json& items = all.json["items"];
  CHECK(items[0]["outcome"] == "refused");
  CHECK(items[0]["refused_as"] == "conflict");
  CHECK(items[1]["members"] == Json({"/secret"}));
  CHECK(items[2]["members"] == Json({"/url"}));
  CHECK(items[2]["by"] == "other");
  CHECK(items[2]["action"] == "change");
  CHECK(items[2]["version"] == 2);
  CHECK(items[3]["by"] == "admin");
  CHECK(items[3]["action"] == "create");
  CHECK(all.json["next"].is_null());
  CHECK(all.json["since"] == items[5]["at"]);
  CHECK(all.body.find("sealed") == std::string::npos);
  CHECK(items[2]["before"] == Json({{"/url", "https://example.com/"}}));
  CHECK(items[2]["after"] == Json({{"/url", "https://else.com/"}}));
  CHECK_FALSE(items[1].contains("after"));

  CHECK(api.get("/audit?kind=keys&by=certes").json["items"].size() == 1);
  CHECK(api.get("/audit?id=a&by=other").json["items"].size() == 3);
  CHECK(api.get("/audit?from=2999-01-01T00:00:00Z").json["items"].empty());
  CHECK(api.get("/audit?to=1999-01-01T00:00:00Z").json["items"].empty());
  const auto page = api.get("/audit?limit=4");
  CHECK(ids_of(api.get("/audit?limit=4&after=" + page.json["next"].get<std::string>()).json) ==
        "keys/other keys/admin ");
  for (const char* wrong : {"kind=moons", "from=yesterday", "to=x", "after=x", "limit=0"}) {
    CAPTURE(wrong);
    const auto refused = api.get("/audit?" + std::string(wrong));
    CHECK(refused.status == 400);
    CHECK(std::string(wrong).starts_with(refused.json["pointer"].get<std::string>() + "="));
  }
}

TEST_CASE("Master API: a change made for another tenant is in that tenant's trail, with the tenant of who made it") {
  Keyed keyed;
  Process& api = keyed.api;
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  REQUIRE(api.put("/endpoints/a?tenant=acme", {{"url", "https://example.com/"}}).status == 201);
  CHECK(api.get("/endpoints/a?tenant=acme").json["updated_by"] == "default/admin");
  CHECK(api.get("/audit?kind=endpoints").json["items"].empty());
  CHECK(api.get("/audit?kind=endpoints&tenant=acme").json["items"][0]["by"] == "default/admin");
  const std::string own = keyed.make({{"scopes", {"*"}}, {"tenant", "acme"}});
  CHECK(keyed.as(own, "/audit") == 200);
  api.key = own;
  const auto trail = api.get("/audit");
  for (const auto& item : trail.json["items"]) CHECK(item["tenant"] == "acme");
}

TEST_CASE("Master API: every kind says who changed it and when") {
  Installation installation;
  Process api(installation);
  const std::pair<const char*, Json> resources[] = {
      {"/tenants", Json::object()},
      {"/backoff-policies", {{"strategy", "constant"}, {"base_seconds", 1}}},
      {"/sources", {{"verify", {{"scheme", "none"}}}}},
      {"/endpoints", {{"url", "https://example.com/"}}},
      {"/keys", {{"scopes", {"events:write"}}}}};
  for (const auto& [path, body] : resources) {
    CAPTURE(path);
    const auto made = api.post(path, body);
    REQUIRE(made.status == 201);
    for (const char* member : {"version", "created_at", "created_by", "updated_at", "updated_by"})
      CHECK(made.json.contains(member));
  }
}

TEST_CASE("Master API: how far the audit trail goes is measured") {
  Keyed keyed;
  const auto metrics = keyed.api.get("/metrics");
  CHECK(metrics.body.find("certes_registry_audit_entries 1") != std::string::npos);
  CHECK(metrics.body.find("certes_registry_audit_forgotten 0") != std::string::npos);
}
