#include "common/registry/nearest_policy.hpp"

#include <array>

namespace certes::registry {
namespace {

constexpr std::array<std::string_view, 6> kFrom = {"subscription", "endpoint", "event_type",
                                                   "source",       "global",   "built_in"};

std::shared_ptr<const BackoffPolicy> named(const State& state, std::string_view tenant, std::string_view id) {
  return id.empty() ? nullptr : state.backoff_policy(tenant, id);
}

}  // namespace

std::string_view to_string(PolicyFrom from) { return kFrom[static_cast<std::size_t>(from)]; }

std::shared_ptr<const BackoffPolicy> policy_of(const State& state, std::string_view tenant, std::string_view id) {
  if (auto own = named(state, tenant, id)) return own;
  return named(state, kDefaultTenant, id);
}

NearestPolicy global_policy(const State& state, std::string_view tenant, std::string_view global) {
  if (auto policy = policy_of(state, tenant, global)) return {std::move(policy), PolicyFrom::global};
  return {};
}

NearestPolicy nearest_policy(const State& state, const Endpoint& endpoint, const Subscription* subscription,
                             std::string_view type, EventKind kind, std::string_view global) {
  const std::string_view tenant = endpoint.tenant;
  if (subscription != nullptr)
    if (auto own = named(state, tenant, subscription->backoff_policy))
      return {std::move(own), PolicyFrom::subscription};
  if (auto own = named(state, tenant, endpoint.backoff_policy)) return {std::move(own), PolicyFrom::endpoint};
  // Event types are of events; a type from a source begins with the source's id, and sources make no commands.
  if (kind != EventKind::event) return global_policy(state, tenant, global);
  if (const auto declared = state.event_type(tenant, type))
    if (auto own = named(state, tenant, declared->backoff_policy)) return {std::move(own), PolicyFrom::event_type};
  if (const auto source = state.source(tenant, type.substr(0, type.find('.'))))
    if (auto own = named(state, tenant, source->backoff_policy)) return {std::move(own), PolicyFrom::source};
  return global_policy(state, tenant, global);
}

}  // namespace certes::registry
