#pragma once
// Who takes an event: whether a subscription does, by its kind, whose events it takes, and its pattern; and whether
// anybody would get an event about Certes, so that none is published for nobody. Who: the gateway, and the Master API,
// which explains; the dispatcher asks its router, which knows many patterns at once and does the same. Pure; any
// thread.

#include <cstdint>
#include <string_view>

#include "common/registry/resources.hpp"

namespace certes::registry {

// What is asked for: an event's tenant, type and kind.
struct Taken {
  std::string_view tenant, type;
  EventKind kind = EventKind::event;
};

// yes, or the first thing that speaks against it.
enum class Takes : std::uint8_t { yes, other_kind, other_tenant, other_pattern };
std::string_view to_string(Takes takes);
Takes takes(const Subscription& subscription, const Taken& taken);

// `tenant`: whose event it is. Takes as long as the tenant's and the default tenant's subscriptions are many.
// Precondition: the first word of the type is certes.
bool has_taker(const State& state, std::string_view tenant, std::string_view type);

}  // namespace certes::registry
