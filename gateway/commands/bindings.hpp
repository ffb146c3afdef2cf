#pragma once
// Bindings: which endpoint takes a command, as the registry stands. Who: command intake, one per loop. Confined to it.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/registry/resources.hpp"

namespace certes::gateway::commands {

class Bindings {
 public:
  // The subscription of kind command that takes `name`; none: nobody does. There is never more than one (rules.hpp).
  std::shared_ptr<const registry::Subscription> find(const registry::StatePtr& state, std::string_view tenant,
                                                     std::string_view name);

 private:
  using ByPattern = std::map<std::string, std::shared_ptr<const registry::Subscription>, std::less<>>;
  struct Tenant {
    ByPattern exact, wild;  // without `*` and `#`, and with
    ByPattern& of(const registry::Subscription& subscription);
  };

  void follow(const registry::StatePtr& state);

  registry::StatePtr state_;  // what the others are of
  std::map<std::string, Tenant, std::less<>> by_tenant_;
};

}  // namespace certes::gateway::commands
