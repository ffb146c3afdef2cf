#include "gateway/access/caller.hpp"
#include "tests/api/fixture.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

TEST_CASE("Master API: without --dev a key is needed, and it must be a good one") {
  Installation installation;
  Process api(installation, false);
  const auto refused = api.get("/endpoints");
  CHECK(refused.status == 401);
  CHECK(refused.header("WWW-Authenticate").starts_with("Bearer"));
  CHECK(refused.header("Content-Type") == "application/problem+json");
  api.key = crypto::new_api_key();
  CHECK(api.get("/endpoints").status == 401);
  api.key = *ensure_admin_key(api.registry, api.settings);
  CHECK(api.get("/endpoints").status == 200);
}

TEST_CASE("Master API: basic authentication takes the key as password") {
  Installation installation;
  Process api(installation, false);
  const std::string key = *ensure_admin_key(api.registry, api.settings);
  const auto with = [&](const std::string& value) {
    return api.request("GET", "/endpoints", "", {{"Authorization", value}}).status;
  };
  CHECK(with("Basic " + crypto::base64_encode("anyone:" + key)) == 200);
  CHECK(with("basic " + crypto::base64_encode(":" + key)) == 200);
  CHECK(with("bEARER " + key) == 200);
  for (const std::string& value :
       {std::string("Basic x"), std::string("Bearer"), "Token " + key, key, "Basic " + crypto::base64_encode(key)}) {
    CHECK(with(value) == 401);
  }
}

TEST_CASE("Master API: a Bearer without a key is told apart, as an unset variable makes it") {
  Installation installation;
  for (const bool dev : {false, true}) {
    Process api(installation, dev);
    for (const char* value : {"Bearer", "bearer "}) {
      const auto refused = api.request("GET", "/endpoints", "", {{"Authorization", value}});
      CHECK(refused.status == 401);
      const std::string detail = refused.json["detail"];
      CHECK(detail.find("Bearer is empty") != std::string::npos);
      CHECK((detail.find("leave the header out") != std::string::npos) == dev);
    }
  }
}

TEST_CASE("Master API: a key does what its scopes say, and cannot give more") {
  Installation installation;
  Process api(installation, false);
  const std::string admin = *ensure_admin_key(api.registry, api.settings);
  api.key = admin;
  const auto made = api.post("/keys", {{"id", "reader"}, {"scopes", {"endpoints:read", "keys:write"}}});
  REQUIRE(made.status == 201);
  const std::string text = made.json["key"].get<std::string>();
  CHECK(text.size() == 50);
  CHECK(api.get("/keys/reader").body.find(text.substr(10)) == std::string::npos);
  CHECK_FALSE(api.get("/keys/reader").json.contains("hash"));

  api.key = text;
  CHECK(api.get("/endpoints").status == 200);
  const auto refused = api.put("/endpoints/a", {{"url", "https://example.com/"}});
  CHECK(refused.status == 403);
  CHECK(refused.json["detail"].get<std::string>().find("endpoints:write") != std::string::npos);
  CHECK(api.get("/sources").status == 403);
  CHECK(api.get("/dead-letters").status == 403);
  CHECK(api.post("/keys", {{"scopes", {"endpoints:read"}}}).status == 201);
  const auto more = api.post("/keys", {{"scopes", {"endpoints:read", "events:write"}}});
  CHECK(more.status == 403);
  CHECK(more.json["pointer"] == "/scopes/1");
  CHECK(api.post("/keys", {{"scopes", {"*"}}}).status == 403);

  api.key = admin;
  CHECK(api.request("DELETE", "/keys/reader").status == 204);
  api.key = text;
  CHECK(api.get("/endpoints").status == 401);
}

TEST_CASE("Master API: an expired key is refused") {
  Installation installation;
  Process api(installation, false);
  const std::string admin = *ensure_admin_key(api.registry, api.settings);
  api.key = admin;
  const auto made = api.post("/keys", {{"scopes", {"*"}}, {"expires", "2020-01-01T00:00:00Z"}});
  REQUIRE(made.status == 201);
  api.key = made.json["key"].get<std::string>();
  CHECK(api.get("/endpoints").json["detail"].get<std::string>().find("expired") != std::string::npos);
}

TEST_CASE("Master API: a tenant's key sees that tenant alone") {
  Installation installation;
  Process api(installation, false);
  const std::string admin = *ensure_admin_key(api.registry, api.settings);
  api.key = admin;
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  CHECK(api.post("/keys", {{"scopes", {"*"}}, {"tenant", "none"}}).json["pointer"] == "/tenant");
  const auto made = api.post("/keys", {{"id", "k"}, {"scopes", {"*"}}, {"tenant", "acme"}});
  REQUIRE(made.status == 201);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://default.com/"}}).status == 201);

  api.key = made.json["key"].get<std::string>();
  CHECK(api.get("/endpoints").json["items"].empty());
  CHECK(api.put("/endpoints/a", {{"url", "https://acme.com/"}}).status == 201);
  CHECK(api.get("/tenants").status == 403);
  CHECK(api.get("/endpoints?tenant=default").status == 403);

  api.key = admin;
  CHECK(api.get("/endpoints/a").json["url"] == "https://default.com/");
  CHECK(api.get("/endpoints/a?tenant=acme").json["url"] == "https://acme.com/");
  CHECK(api.get("/endpoints?tenant=none").status == 404);
  CHECK(api.request("DELETE", "/tenants/acme").status == 409);
}

TEST_CASE("authenticate: in --dev loopback and allowed networks need no key, others do") {
  config::Settings settings;
  settings.dev = true;
  settings.allow_from = {"172.17.0.0/16", "fd00::/8"};
  const registry::State state;
  const SystemClock clock;
  http::Request request;
  const auto from = [&](std::string_view peer) {
    request.peer = peer;
    return gateway::authenticate(request, state, settings, clock).has_value();
  };
  for (const char* peer : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "172.17.3.4", "fd12::1"})
    CHECK(from(peer));
  for (const char* peer : {"172.18.0.1", "10.0.0.1", "fe80::1", "", "localhost"}) CHECK_FALSE(from(peer));
  settings.dev = false;
  CHECK_FALSE(from("127.0.0.1"));
}

TEST_CASE("authenticate: a wrong key is refused in --dev too") {
  config::Settings settings;
  settings.dev = true;
  http::Request request;
  request.peer = "127.0.0.1";
  request.headers = {{"Authorization", "Bearer certes_wrong"}};
  CHECK_FALSE(gateway::authenticate(request, registry::State(), settings, SystemClock()));
}

TEST_CASE("Bootstrap: the admin key is made once") {
  Installation installation;
  Process one(installation, false);
  Process two(installation, false);
  const auto first = ensure_admin_key(one.registry, one.settings);
  REQUIRE(first);
  CHECK(first->size() == 50);
  const auto second = ensure_admin_key(two.registry, two.settings);
  REQUIRE(second);
  CHECK(second->empty());
  two.key = *first;
  CHECK(two.get("/endpoints").status == 200);
}

TEST_CASE("Bootstrap: a configured admin key is registered, replaces another, and must be one") {
  Installation installation;
  Process api(installation, false);
  const std::string made = *ensure_admin_key(api.registry, api.settings);
  api.settings.admin_key = crypto::new_api_key();
  CHECK(ensure_admin_key(api.registry, api.settings)->empty());
  CHECK(ensure_admin_key(api.registry, api.settings)->empty());
  api.key = made;
  CHECK(api.get("/endpoints").status == 401);
  api.key = api.settings.admin_key;
  CHECK(api.get("/endpoints").status == 200);
  CHECK(api.get("/keys/admin").json["version"] == 2);
  api.settings.admin_key = "secret";
  CHECK(ensure_admin_key(api.registry, api.settings).error().code == Code::invalid);
}

TEST_CASE("Bootstrap: a wrong sealing key is noticed, an old one among several is good") {
  Installation installation;
  Process one(installation);
  Process two(installation);
  CHECK(check_sealing_key(one.registry, one.sealer));
  CHECK(check_sealing_key(two.registry, two.sealer));
  const std::string other = crypto::Sealer::new_key();
  const auto wrong = check_sealing_key(two.registry, *crypto::Sealer::make({other}));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.starts_with("wrong sealing key"));
  CHECK(wrong.error().message.find("give every process the installation's") != std::string::npos);
  CHECK(check_sealing_key(two.registry, *crypto::Sealer::make({other, installation.sealing_key})));
}

TEST_CASE("Master API: health and metrics need no key") {
  Installation installation;
  Process api(installation, false);
  CHECK(api.get("/health/live").status == 200);
  CHECK(check_sealing_key(api.registry, api.sealer));
  CHECK(api.get("/health/ready").status == 200);
  api.get("/endpoints");
  const auto metrics = api.get("/metrics");
  CHECK(metrics.status == 200);
  CHECK(metrics.body.find("certes_api_requests_total") != std::string::npos);
}
