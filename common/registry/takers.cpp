#include "common/registry/takers.hpp"

#include <array>

#include "common/event/pattern.hpp"

namespace certes::registry {
namespace {

constexpr std::array<std::string_view, 4> kTakes = {"yes", "kind", "tenant", "pattern"};

bool has_taker_of(const State& state, std::string_view whose, const Taken& taken) {
  const std::string prefix = std::string(whose) + "/";
  for (auto at = state.subscriptions.lower_bound(prefix);
       at != state.subscriptions.end() && at->first.starts_with(prefix); ++at) {
    const Subscription& one = *at->second;
    if (takes(one, taken) == Takes::yes && state.endpoint(one.tenant, one.endpoint)) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(Takes takes) { return kTakes[static_cast<std::size_t>(takes)]; }

Takes takes(const Subscription& subscription, const Taken& taken) {
  if (subscription.kind != taken.kind) return Takes::other_kind;
  if (!subscription.takes_of(taken.tenant)) return Takes::other_tenant;
  return event::matches(subscription.pattern, taken.type) ? Takes::yes : Takes::other_pattern;
}

bool has_taker(const State& state, std::string_view tenant, std::string_view type) {
  const Taken taken{tenant, type, EventKind::event};
  return has_taker_of(state, kDefaultTenant, taken) || (tenant != kDefaultTenant && has_taker_of(state, tenant, taken));
}

}  // namespace certes::registry
