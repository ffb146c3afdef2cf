#pragma once
// What a declared resource takes over from its current version, and how its secrets are made, sealed and shown once.
// Who: gateway/api. Any thread.

#include <optional>
#include <string>
#include <utility>

#include "api/call.hpp"
#include "common/registry/json.hpp"
#include "common/registry/resources.hpp"

namespace certes::api {

// A member to add to the answer, this once: {"secret", "whsec_…"}.
using Revealed = std::optional<std::pair<std::string, std::string>>;

// Completes `next`, whose tenant and id are set, from `current` (null: it is new) and `declared`, its JSON. A resource
// keeps its secrets, an endpoint its state too, where the declaration says nothing of them.
Result<Revealed> complete(registry::Endpoint& next, const registry::Endpoint* current, const registry::Json& declared,
                          const Call& call, Services& services);
Result<Revealed> complete(registry::Source& next, const registry::Source* current, const registry::Json& declared,
                          const Call& call, Services& services);
Result<Revealed> complete(registry::Key& next, const registry::Key* current, const registry::Json& declared,
                          const Call& call, Services& services);
// Checks the schema, and that it is compatible with the current one; keeps its versions (event_types.cpp).
Result<Revealed> complete(registry::EventType& next, const registry::EventType* current, const registry::Json& declared,
                          const Call& call, Services& services);
// Of other tenants only the default one may take events.
Result<Revealed> complete(registry::Subscription& next, const registry::Subscription* current,
                          const registry::Json& declared, const Call& call, Services& services);
template <class T>
Result<Revealed> complete(T&, const T*, const registry::Json&, const Call&, Services&) {
  return Revealed{};
}

}  // namespace certes::api
