// Who may publish under a registered source's name, and for which tenant.
#include "gateway/access/source_names.hpp"

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
  state.sources.set(tenant + "/" + id, source);
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
                           "%73hop%5F1", "urn:certes:acme:%73hop_1", "%2E/shop_1", "urn%3acertes:acme:shop_1",
                           "urn:certes:acme:shop_1#", "urn:certes:acme:shop_1#x", "urn:certes:acme:shop_1?=a",
                           "urn:certes:acme:shop_1?+a?=b#c", "URN:CERTES:acme:shop_1%23x"}) {
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

TEST_CASE("Source types: an exclusive source's are its own, but for keys bound to it and keys that may write sources") {
  registry::State state = with_source("acme", "shop");
  auto own = std::make_shared<registry::Source>();
  own->tenant = "acme";
  own->id = "shop";
  own->exclusive = true;
  state.sources.set("acme/shop", own);
  const Caller other{"k", "acme", {"events:write"}, {}}, bound{"b", "acme", {"events:write"}, {"shop"}};
  const Caller writer{"w", "acme", {"events:write", "sources:write"}, {}}, all{"a", "acme", {"*"}, {}};
  for (const char* type : {"shop", "shop.order", "shop.order.paid"}) {
    CAPTURE(type);
    const auto refused = may_take_type(other, state, "acme", type, "/type");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::forbidden);
    CHECK(refused.error().pointer == "/type");
    for (const Caller& caller : {bound, writer, all}) CHECK(may_take_type(caller, state, "acme", type, "/type"));
    CHECK(may_take_type(other, state, "other", type, "/type"));
  }
  for (const char* type : {"shops", "shop-1.order", "Shop.order", "order.shop", "shop:order"})
    CHECK(may_take_type(other, state, "acme", type, "/type"));
  CHECK(may_take_type(other, with_source("acme", "shop"), "acme", "shop.order", "/type"));
}

TEST_CASE("Ingest: an exclusive source's types come through it, in every form of event") {
  Ingest ingest({.dev = false});
  ingest.source("shop", {{"verify", {{"scheme", "github"}, {"secrets", {"s"}}}}});
  ingest.source("open", {{"verify", {{"scheme", "none"}}}});
  ingest.source("said", {{"verify", {{"scheme", "none"}}}, {"exclusive", true}});
  ingest.source("shared", {{"verify", {{"scheme", "github"}, {"secrets", {"s"}}}}, {"exclusive", false}});
  const std::string key = ingest.key("k", {"events:write"});
  const auto typed = [](const std::string& type) { return R"({"type":")" + type + R"(","data":1})"; };
  const auto check = [](const fakes::Answer& answer, const std::string& pointer) {
    CHECK(answer.status == 403);
    CHECK(json_of(answer)["pointer"] == pointer);
    CHECK(json_of(answer)["detail"].get<std::string>().find("exclusive") != std::string::npos);
  };
  check(ingest.post("/events", with_key(key), typed("shop.order")), "/type");
  check(ingest.post("/events", with_key(key), typed("said.order")), "/type");
  check(ingest.post("/t/default/events", with_key(key), typed("shop")), "/type");
  check(ingest.post("/events", with_key(key), "[" + typed("a.b") + "," + typed("shop.order") + "]"), "/1/type");
  const std::string cloud = R"({"specversion":"1.0","id":"1","source":"/s","type":"shop.order"})";
  Headers structured = {{"Authorization", "Bearer " + key}, {"Content-Type", "application/cloudevents+json"}};
  check(ingest.post("/events", structured, cloud), "/type");
  structured.back().second = "application/cloudevents-batch+json";
  check(ingest.post("/events", structured, "[" + cloud + "]"), "/0/type");
  Headers binary = with_key(key);
  for (const auto& [name, value] :
       {std::pair{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-type", "shop.order"}, {"ce-source", "/s"}})
    binary.emplace_back(name, value);
  check(ingest.post("/events", binary, "{}"), "ce-type");
  CHECK(ingest.log.taken() == 0);
  CHECK(ingest.post("/events", with_key(key), typed("open.order")).status == 202);
  CHECK(ingest.post("/events", with_key(key), typed("shared.order")).status == 202);
  CHECK(ingest.post("/events", with_key(key), typed("shopping.order")).status == 202);
  const std::string writer = ingest.key("w", {"events:write", "sources:write"});
  CHECK(ingest.post("/events", with_key(writer), typed("shop.order")).status == 202);
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
