// Who may publish under a registered source's name, and for which tenant.
#include "gateway/ingest/source_names.hpp"

#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

registry::State with_source(const std::string& tenant, const std::string& id) {
  registry::State state;
  auto source = std::make_shared<registry::Source>();
  source->tenant = tenant;
  source->id = id;
  state.sources[tenant + "/" + id] = source;
  return state;
}

Headers with_key(const std::string& text) {
  return {{"Authorization", "Bearer " + text}, {"Content-Type", "application/json"}};
}

std::string event_of(const std::string& source) { return R"({"type":"a.b","data":1,"source":")" + source + R"("})"; }

}  // namespace

TEST_CASE("Source names: a registered one is only for keys bound to it, in whatever form it is written") {
  const registry::State state = with_source("acme", "shop_1");
  const Caller other{"k", "acme", {"*"}, {}};
  const Caller bound{"b", "acme", {"*"}, {"shop_1"}};
  for (const char* name : {"shop_1", "urn:certes:acme:shop_1", "URN:Certes:acme:shop_1", "./shop_1", "sho%70_1",
                           "%73hop%5F1", "urn:certes:acme:%73hop_1", "%2E/shop_1", "urn%3acertes:acme:shop_1"}) {
    CAPTURE(name);
    const auto refused = may_take_name(other, state, "acme", name, "/source");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::forbidden);
    CHECK(refused.error().pointer == "/source");
    CHECK(may_take_name(bound, state, "acme", name, "/source"));
  }
  for (const char* name : {"", "shop", "Shop_1", "shop_1/", "shop_1#x", "urn:certes:acme", "urn:certes:acme:",
                           "urn:certes:other:shop_1", "urn:certes:shop_1", "https://shop_1", "%", "%7", "shop%zz"}) {
    CAPTURE(name);
    CHECK(may_take_name(other, state, "acme", name, "/source"));
  }
  CHECK(may_take_name(other, state, "other", "shop_1", "/source"));
}

TEST_CASE("Source names: a key that is bound to sources uses only their routes") {
  CHECK(may_use_route({"k", "default", {"*"}, {}}, "shop"));
  CHECK(may_use_route({"k", "default", {"*"}, {"shop", "bank"}}, "bank"));
  CHECK_FALSE(may_use_route({"k", "default", {"*"}, {"shop"}}, "bank"));
}

TEST_CASE("Ingest: a source's name needs a key that is bound to it, in every form of event") {
  Ingest ingest({.dev = false});
  ingest.source("shop", {{"verify", {{"scheme", "key"}}}});
  ingest.source("bank", {{"verify", {{"scheme", "key"}}}});
  const std::string plain = ingest.key("plain", {"events:write"});
  const std::string bound = crypto::new_api_key();
  ingest.declare("keys", "bound",
                 {{"hash", crypto::hash_api_key(bound)}, {"scopes", {"events:write"}}, {"sources", {"shop"}}});

  auto refused = ingest.post("/events", with_key(plain), event_of("shop"));
  CHECK(refused.status == 403);
  CHECK(json_of(refused)["pointer"] == "/source");
  refused =
      ingest.post("/events", with_key(plain), "[" + event_of("else") + "," + event_of("urn:certes:default:bank") + "]");
  CHECK(refused.status == 403);
  CHECK(json_of(refused)["pointer"] == "/1/source");
  Headers binary = with_key(plain);
  for (const auto& [name, value] :
       {std::pair{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-type", "a.b"}, {"ce-source", "shop"}})
    binary.emplace_back(name, value);
  refused = ingest.post("/events", binary, "{}");
  CHECK(refused.status == 403);
  CHECK(json_of(refused)["pointer"] == "ce-source");

  CHECK(ingest.post("/events", with_key(bound), event_of("bank")).status == 403);
  CHECK(ingest.post("/events/bank", with_key(bound), "{}").status == 403);
  CHECK(ingest.post("/events", with_key(bound), event_of("shop")).status == 202);
  CHECK(ingest.post("/events/shop", with_key(bound), "{}").status == 202);
  CHECK(ingest.post("/events/shop", with_key(plain), "{}").status == 202);
  CHECK(ingest.post("/events", with_key(plain), event_of("else")).status == 202);
  CHECK(ingest.log.taken() == 4);
}

TEST_CASE("Ingest: the path names the tenant; a key goes for its own, and the default tenant's with tenants:write") {
  Ingest ingest({.dev = false});
  ingest.declare("tenants", "acme", Json::object());
  const std::string acme = ingest.key("k", {"events:write"}, "acme");
  const std::string plain = ingest.key("plain", {"events:write"});
  const std::string wide = ingest.key("wide", {"events:write", "tenants:write"});
  const std::string body = R"({"type":"a.b","data":1})";
  CHECK(ingest.post("/t/acme/events", with_key(plain), body).status == 403);
  CHECK(ingest.post("/t/default/events", with_key(acme), body).status == 403);
  CHECK(ingest.post("/t/none/events", with_key(acme), body).status == 403);
  CHECK(ingest.post("/t/none/events", with_key(wide), body).status == 404);
  CHECK(ingest.post("/t/acme/events", with_key(acme), body).status == 202);
  CHECK(ingest.post("/events", with_key(acme), body).status == 202);
  CHECK(ingest.post("/t/acme/events", with_key(wide), body).status == 202);
  CHECK(ingest.post("/t/default/events", with_key(plain), body).status == 202);
  std::string tenants;
  for (std::size_t i = 0; i < ingest.log.taken(); ++i)
    tenants += std::string(ingest.log.record(i).headers.get(log::names::kTenant)) + " ";
  CHECK(tenants == "acme acme acme default ");
}

TEST_CASE("Ingest: a rotated key's former text is good until it expires") {
  Ingest ingest({.dev = false});
  const std::string old_text = crypto::new_api_key(), older = crypto::new_api_key(), text = crypto::new_api_key();
  const Json former = {{{"hash", crypto::hash_api_key(old_text)}, {"expires_at", 32'503'680'000'000}},
                       {{"hash", crypto::hash_api_key(older)}, {"expires_at", 1'000}}};
  ingest.declare("keys", "k", {{"hash", crypto::hash_api_key(text)}, {"scopes", {"events:write"}}, {"former", former}});
  const std::string body = R"({"type":"a.b","data":1})";
  CHECK(ingest.post("/events", with_key(text), body).status == 202);
  CHECK(ingest.post("/events", with_key(old_text), body).status == 202);
  const auto refused = ingest.post("/events", with_key(older), body);
  CHECK(refused.status == 401);
  CHECK(refused.body.find("rotated") != std::string::npos);
}
