// Tenants and keys: what is declared, and what is decided of them.
#include <doctest/doctest.h>

#include "common/registry/decider.hpp"
#include "common/registry/resource_json.hpp"
#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

Change put_tenant(std::string id, std::string body) {
  return change(Change::Op::put, "tenants", std::move(id), std::move(body));
}
Change put_source(std::string id) {
  return change(Change::Op::put, "sources", std::move(id), R"({"verify":{"scheme":"key"}})");
}
Change put_key(std::string id, const std::string& hash, const std::string& more = "") {
  return change(Change::Op::put, "keys", std::move(id), R"({"scopes":["*"],"hash":")" + hash + "\"" + more + "}");
}
}  // namespace

TEST_CASE("Tenant: weight, highest priority and quotas are read, checked and shown") {
  const auto tenant = parse<Tenant>(
      R"({"id":"acme","weight":3,"max_priority":"normal","quotas":{"endpoints":2,"events_per_second":1.5}})",
      Form::declared);
  REQUIRE(tenant);
  CHECK(tenant->weight == 3);
  CHECK(tenant->max_priority == Priority::normal);
  CHECK(*tenant->quotas.endpoints == 2);
  CHECK(*tenant->quotas.events_per_second == 1.5);
  CHECK_FALSE(tenant->quotas.keys);
  const auto again = parse<Tenant>(stored_json(*tenant), Form::stored);
  REQUIRE(again);
  CHECK(stored_json(*again) == stored_json(*tenant));
  CHECK(parse<Tenant>("{}", Form::stored)->weight == 1);
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"weight":0})", "/weight"},
      {R"({"weight":101})", "/weight"},
      {R"({"weight":1.5})", "/weight"},
      {R"({"max_priority":"urgent"})", "/max_priority"},
      {R"({"quotas":[]})", "/quotas"},
      {R"({"quotas":{"endpoints":-1}})", "/quotas/endpoints"},
      {R"({"quotas":{"events_per_second":"x"}})", "/quotas/events_per_second"},
      {R"({"quotas":{"moons":1}})", "/quotas/moons"}};
  for (const auto& [text, at] : wrong) {
    CAPTURE(text);
    const auto refused = parse<Tenant>(text, Form::declared);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().pointer == at);
  }
}

TEST_CASE("Key: sources and former texts are read and written; declared ones say nothing of texts") {
  auto key = parse<Key>(
      R"({"scopes":["events:write"],"sources":["shop"],"hash":"h2","former":[{"hash":"h1","expires_at":5000}]})",
      Form::stored);
  REQUIRE(key);
  key->id = "k";
  CHECK(key->sources == std::vector<std::string>{"shop"});
  CHECK(key->expiry_of("h2") == 0);
  CHECK(key->expiry_of("h1") == 5'000);
  CHECK(stored_json(*parse<Key>(stored_json(*key), Form::stored)) == stored_json(*key));
  CHECK(shown_json(*key).find("h1") == std::string::npos);
  CHECK(shown_json(*key).find("1970-01-01T00:00:05") != std::string::npos);
  CHECK(parse<Key>(shown_json(*key), Form::declared));
  CHECK(parse<Key>(R"({"scopes":["*"],"sources":["a.b"]})", Form::declared).error().pointer == "/sources/0");
  CHECK(parse<Key>(R"({"scopes":["*"],"hash":"x"})", Form::declared).error().pointer == "/hash");
  CHECK(parse<Key>(R"({"scopes":["*"],"former":[]})", Form::declared).error().pointer == "/former");
}

TEST_CASE("Key: a former text is good no longer than the key itself") {
  Key key;
  key.hash = "new";
  key.former = {{"old", 5'000}};
  key.expires_at = 3'000;
  CHECK(key.expiry_of("old") == 3'000);
  CHECK(key.expiry_of("new") == 3'000);
}

TEST_CASE("Catalogue: former texts lead to their key until it goes") {
  Deciding decide;
  REQUIRE(decide(put_key("a", "h1")));
  REQUIRE(decide(put_key("a", "h2", R"(,"former":[{"hash":"h1","expires_at":9}])")));
  CHECK(decide.state().keys_by_hash.size() == 2);
  CHECK(decide.state().keys_by_hash.at("h1")->version == 2);
  REQUIRE(decide(put_key("a", "h2")));
  CHECK(decide.state().keys_by_hash.size() == 1);
  REQUIRE(decide(change(Change::Op::remove, "keys", "a")));
  CHECK(decide.state().keys_by_hash.empty());
}

TEST_CASE("Catalogue: a text that two keys have is the first one's by name, in whatever order they came") {
  for (const auto& [first, second] : {std::pair{"a", "b"}, {"b", "a"}}) {
    Deciding decide;
    REQUIRE(decide(put_key(first, "h")));
    CHECK(decide.state().keys_by_hash.at("h")->id == first);
    REQUIRE(decide(put_key(second, "h")));
    CHECK(decide.state().keys_by_hash.at("h")->id == "a");
    REQUIRE(decide(change(Change::Op::remove, "keys", "a")));
    CHECK(decide.state().keys_by_hash.at("h")->id == "b");
  }
}

TEST_CASE("Decider: a key is bound to sources of its tenant, which stay while it is") {
  Deciding decide;
  CHECK_FALSE(decide(put_key("a", "h", R"(,"sources":["shop"])")));
  REQUIRE(decide(put_source("shop")));
  REQUIRE(decide(put_key("a", "h", R"(,"sources":["shop"])")));
  const auto refused = decide(change(Change::Op::remove, "sources", "shop"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("keys/a") != std::string::npos);
  REQUIRE(decide(put_key("a", "h")));
  CHECK(decide(change(Change::Op::remove, "sources", "shop")));
}

TEST_CASE("Decider: a tenant goes with all it has, or not at all; the default one leaves its resources") {
  Deciding decide;
  REQUIRE(decide(put_tenant("acme", "{}")));
  REQUIRE(decide(put_tenant("other", "{}")));
  for (const char* tenant : {"acme", "other", "default"}) {
    REQUIRE(decide(of(tenant, put_endpoint("a"))));
    REQUIRE(decide(of(tenant, put_subscription("s", "a"))));
    REQUIRE(decide(of(tenant, put_source("shop"))));
    REQUIRE(decide(of(tenant, put_key("k", std::string("h-") + tenant, R"(,"sources":["shop"])"))));
  }
  Change remove = change(Change::Op::remove, "tenants", "acme");
  const auto refused = decide(remove);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::conflict);
  remove.cascade = true;
  REQUIRE(decide(remove));
  CHECK_FALSE(decide.state().tenant("acme"));
  CHECK_FALSE(decide.state().endpoint("acme", "a"));
  CHECK(decide.state().keys_by_hash.size() == 2);
  CHECK(decide.decider.audit().entries().back().with == "tenants/acme");
  CHECK(decide.state().endpoint("other", "a"));
  REQUIRE(decide(put_tenant("default", R"({"weight":2})")));
  remove.id = "default";
  REQUIRE(decide(remove));
  CHECK(decide.state().endpoint("default", "a"));
}
