#include "gateway/commands/bindings.hpp"

#include "common/event/pattern.hpp"

namespace certes::gateway::commands {

std::shared_ptr<const registry::Subscription> Bindings::find(const registry::StatePtr& state, std::string_view tenant,
                                                             std::string_view name) {
  if (state != state_) {
    by_tenant_.clear();
    for (const auto& [key, subscription] : state->subscriptions)
      if (subscription->kind == registry::EventKind::command) by_tenant_[subscription->tenant].push_back(subscription);
    state_ = state;
  }
  const auto own = by_tenant_.find(tenant);
  if (own == by_tenant_.end()) return nullptr;
  for (const auto& subscription : own->second)
    if (event::matches(subscription->pattern, name)) return subscription;
  return nullptr;
}

}  // namespace certes::gateway::commands
