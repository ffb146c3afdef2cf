#include "gateway/commands/bindings.hpp"

#include "common/event/pattern.hpp"

namespace certes::gateway::commands {

using registry::EventKind;
using registry::State;
using registry::Subscription;

Bindings::ByPattern& Bindings::Tenant::of(const Subscription& subscription) {
  return subscription.pattern.find_first_of("*#") == std::string::npos ? exact : wild;
}

// What goes goes first: its pattern may be another's now.
void Bindings::follow(const registry::StatePtr& state) {
  static const State kNone;
  const auto& before = (state_ ? *state_ : kNone).subscriptions;
  const auto is_bound = [](const auto* one) { return one != nullptr && (*one)->kind == EventKind::command; };
  State::Map<Subscription>::difference(before, state->subscriptions,
                                       [&](const std::string&, const auto* was, const auto*) {
                                         if (!is_bound(was)) return;
                                         const auto owner = by_tenant_.find((*was)->tenant);
                                         if (owner == by_tenant_.end()) return;
                                         owner->second.of(**was).erase((*was)->pattern);
                                         if (owner->second.exact.empty() && owner->second.wild.empty())
                                           by_tenant_.erase(owner);
                                       });
  State::Map<Subscription>::difference(before, state->subscriptions,
                                       [&](const std::string&, const auto*, const auto* is) {
                                         if (is_bound(is)) by_tenant_[(*is)->tenant].of(**is)[(*is)->pattern] = *is;
                                       });
  state_ = state;
}

std::shared_ptr<const Subscription> Bindings::find(const registry::StatePtr& state, std::string_view tenant,
                                                   std::string_view name) {
  if (state != state_) follow(state);
  const auto own = by_tenant_.find(tenant);
  if (own == by_tenant_.end()) return nullptr;
  const auto exact = own->second.exact.find(name);
  if (exact != own->second.exact.end()) return exact->second;
  for (const auto& [pattern, subscription] : own->second.wild)
    if (event::matches(pattern, name)) return subscription;
  return nullptr;
}

}  // namespace certes::gateway::commands
