#pragma once
// Which back-off policy holds for a delivery: the nearest that is named and there. Who: the dispatcher's router, by
// which it sends, and the Master API, which explains. Pure; any thread.

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/registry/resources.hpp"

namespace certes::registry {

// Who has named it; built_in: nobody has, and it is the caller's fallback.
enum class PolicyFrom : std::uint8_t { subscription, endpoint, event_type, source, global, built_in };
std::string_view to_string(PolicyFrom from);

struct NearestPolicy {
  std::shared_ptr<const BackoffPolicy> policy;  // null: built_in
  PolicyFrom from = PolicyFrom::built_in;
};

// `subscription`: by which the endpoint gets it; null: by none. `global`: the id in the settings.
NearestPolicy nearest_policy(const State& state, const Endpoint& endpoint, const Subscription* subscription,
                             std::string_view type, EventKind kind, std::string_view global);
// The one that a delivery of the tenant says it was sent by: its own, else the default tenant's of that name, which the
// settings may have named. Null: there is none.
std::shared_ptr<const BackoffPolicy> policy_of(const State& state, std::string_view tenant, std::string_view id);
// Of a tenant's deliveries of which nothing nearer is known.
NearestPolicy global_policy(const State& state, std::string_view tenant, std::string_view global);

}  // namespace certes::registry
