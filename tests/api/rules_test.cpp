// What a declared resource must hold by beside what there is.
#include "api/rules.hpp"

#include <doctest/doctest.h>

#include "common/registry/built_in.hpp"
#include "common/registry/kinds.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::registry;

namespace {

struct Beside {
  State state;
  template <class T>
  T& has(const std::string& tenant, const std::string& id) {
    auto made = std::make_shared<T>();
    made->tenant = tenant;
    made->id = id;
    Kind<T>::map(state).set(map_key(tenant, id), made);
    return *made;
  }
};

template <class T>
T of(const std::string& tenant, const std::string& id = "new") {
  T made;
  made.tenant = tenant;
  made.id = id;
  return made;
}

std::string pointer(const Result<void>& result) { return result ? "none" : result.error().pointer; }

}  // namespace

TEST_CASE("Rules: what a resource names must be there, in its own tenant") {
  Beside beside;
  beside.has<Tenant>("default", "acme");
  beside.has<Endpoint>("acme", "e");
  beside.has<BackoffPolicy>("acme", "p");
  beside.has<Source>("acme", "shop");
  auto subscription = of<Subscription>("acme");
  subscription.endpoint = "e";
  subscription.backoff_policy = "p";
  CHECK(check_beside(beside.state, subscription, true));
  subscription.tenant = "default";
  CHECK(pointer(check_beside(beside.state, subscription, true)) == "/endpoint");
  subscription.tenant = "acme";
  subscription.backoff_policy = "q";
  CHECK(pointer(check_beside(beside.state, subscription, true)) == "/backoff_policy");
  beside.has<Endpoint>("default", "e");
  auto everybodys = of<Subscription>("default");
  everybodys.endpoint = "e";
  everybodys.tenants = {"*"};
  CHECK(check_beside(beside.state, everybodys, true));
  everybodys.tenants = {"default", "acme", "none"};
  CHECK(pointer(check_beside(beside.state, everybodys, true)) == "/tenants/2");
  auto source = of<Source>("acme");
  source.producer_backoff_policy = "q";
  CHECK(pointer(check_beside(beside.state, source, true)) == "/producer_backoff_policy");
  auto key = of<Key>("acme");
  key.sources = {"shop", "bank"};
  CHECK(pointer(check_beside(beside.state, key, true)) == "/sources/1");
  CHECK(pointer(check_beside(beside.state, of<Endpoint>("none"), true)) == "/tenant");
  CHECK(check_beside(beside.state, of<Endpoint>("default"), true));
}

TEST_CASE("Rules: quotas limit what a tenant makes, not what it has or changes") {
  Beside beside;
  auto& tenant = beside.has<Tenant>("default", "acme");
  tenant.quotas.endpoints = 2;
  tenant.quotas.event_types = 0;
  beside.has<Endpoint>("acme", "a");
  CHECK(check_beside(beside.state, of<Endpoint>("acme"), true));
  beside.has<Endpoint>("acme", "b");
  beside.has<Endpoint>("default", "c");
  const auto third = check_beside(beside.state, of<Endpoint>("acme"), true);
  REQUIRE_FALSE(third);
  CHECK(third.error().code == Code::conflict);
  CHECK(third.error().message == "the tenant \"acme\" may have 2 endpoints (quotas.endpoints), and has 2");
  CHECK(check_beside(beside.state, of<Endpoint>("acme", "a"), false));
  CHECK(check_beside(beside.state, of<Endpoint>("default"), true));
  CHECK(check_beside(beside.state, of<EventType>("acme"), true).error().message.find("quotas.event_types") !=
        std::string::npos);
}

TEST_CASE("Rules: what is built in takes nothing of the default tenant's quota") {
  Beside beside;
  beside.has<Tenant>("default", "default").quotas.event_types = 1;
  for (const auto& type : built_in_types()) beside.state.event_types.set(map_key("default", type->id), type);
  CHECK(check_beside(beside.state, of<EventType>("default"), true));
  beside.has<EventType>("default", "order");
  CHECK_FALSE(check_beside(beside.state, of<EventType>("default"), true));
}

TEST_CASE("Rules: a subscription above its tenant's highest priority is refused") {
  Beside beside;
  beside.has<Tenant>("default", "default").max_priority = Priority::high;
  beside.has<Endpoint>("default", "e");
  auto subscription = of<Subscription>("default");
  subscription.endpoint = "e";
  subscription.priority = Priority::critical;
  CHECK(pointer(check_beside(beside.state, subscription, true)) == "/priority");
  for (const Priority allowed : {Priority::high, Priority::bulk}) {
    subscription.priority = allowed;
    CHECK(check_beside(beside.state, subscription, true));
  }
}
