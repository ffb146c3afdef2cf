#pragma once
// The kinds of resources, as a table for templates. Internal to the registry and the Master API.

#include <string_view>
#include <type_traits>

#include "common/registry/resources.hpp"

namespace certes::registry {

template <class T>
struct Kind;
#define CERTES_KIND(TYPE, NAME, MEMBER)                                             \
  template <>                                                                       \
  struct Kind<TYPE> {                                                               \
    static constexpr std::string_view name = NAME;                                  \
    static State::Map<TYPE>& map(State& state) { return state.MEMBER; }             \
    static const State::Map<TYPE>& map(const State& state) { return state.MEMBER; } \
  }
CERTES_KIND(Tenant, "tenants", tenants);
CERTES_KIND(Source, "sources", sources);
CERTES_KIND(Endpoint, "endpoints", endpoints);
CERTES_KIND(Subscription, "subscriptions", subscriptions);
CERTES_KIND(BackoffPolicy, "backoff-policies", backoff_policies);
CERTES_KIND(EventType, "event-types", event_types);
CERTES_KIND(Key, "keys", keys);
CERTES_KIND(Installation, "installation", installation);
CERTES_KIND(Job, "jobs", jobs);
#undef CERTES_KIND

// visit(std::type_identity<T>{}) for each kind.
template <class Visit>
void for_each_kind(Visit&& visit) {
  visit(std::type_identity<Tenant>{});
  visit(std::type_identity<BackoffPolicy>{});
  visit(std::type_identity<EventType>{});
  visit(std::type_identity<Source>{});
  visit(std::type_identity<Endpoint>{});
  visit(std::type_identity<Subscription>{});
  visit(std::type_identity<Key>{});
  visit(std::type_identity<Installation>{});
  visit(std::type_identity<Job>{});
}

// The same for the one of that name. False if there is none.
template <class Visit>
bool with_kind(std::string_view name, Visit&& visit) {
  bool found = false;
  for_each_kind([&](auto type) {
    using T = typename decltype(type)::type;
    if (found || Kind<T>::name != name) return;
    found = true;
    visit(type);
  });
  return found;
}

// The name of a resource in a State's map.
inline std::string map_key(std::string_view tenant, std::string_view id) {
  std::string key;
  key.reserve(tenant.size() + 1 + id.size());
  key.append(tenant).append(1, '/').append(id);
  return key;
}

}  // namespace certes::registry
