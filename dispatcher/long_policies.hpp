#pragma once
// LongPolicies: which back-off policies that stand in the registry take longer than deliveries may be open, as they
// were declared before that was so: what is tried by them becomes a dead letter before they end (waited_too_long). Who:
// CoreLoop, which tells. Confined to its thread; costs what has changed.

#include <optional>
#include <string>

#include "common/registry/resources.hpp"

namespace certes::dispatcher {

class LongPolicies {
 public:
  // `global_policy`: backoff.policy.
  LongPolicies(Millis max_wait, std::string global_policy)
      : max_wait_(max_wait), global_policy_(std::move(global_policy)) {}

  // What is to be told of those that are new, or have changed: a line; nothing: there is none.
  std::optional<std::string> follow(registry::StatePtr state);
  // Why a dispatcher with these settings does not start: the policy that holds where none is named takes too long.
  std::optional<std::string> refusal(const registry::State& state) const;

 private:
  const Millis max_wait_;
  const std::string global_policy_;
  bool told_default_ = false;
  registry::StatePtr before_ = std::make_shared<const registry::State>();
};

}  // namespace certes::dispatcher
