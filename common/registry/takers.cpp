#include "common/registry/takers.hpp"

#include "common/event/pattern.hpp"

namespace certes::registry {
namespace {

bool takes(const State& state, std::string_view whose, std::string_view tenant, std::string_view type) {
  const std::string prefix = std::string(whose) + "/";
  for (auto at = state.subscriptions.lower_bound(prefix);
       at != state.subscriptions.end() && at->first.starts_with(prefix); ++at) {
    const Subscription& one = *at->second;
    if (one.kind == EventKind::event && one.takes_of(tenant) && event::matches(one.pattern, type) &&
        state.endpoint(one.tenant, one.endpoint))
      return true;
  }
  return false;
}

}  // namespace

bool has_taker(const State& state, std::string_view tenant, std::string_view type) {
  return takes(state, kDefaultTenant, tenant, type) || (tenant != kDefaultTenant && takes(state, tenant, tenant, type));
}

}  // namespace certes::registry
