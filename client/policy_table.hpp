#pragma once
// PolicyTable: back-off policies by name, and which sources and event types name one for their producers, as the Master
// API and the files of `certes apply` have them. Who: PolicyReader, certes relay. Plain values.

#include <map>
#include <string>
#include <string_view>

#include "client/policies.hpp"
#include "common/base/result.hpp"

namespace certes::client {

struct PolicyTable {
  std::map<std::string, backoff::Policy> named;
  std::map<std::string, std::string> sources, event_types;  // id → name of the policy

  // A resource as JSON; `kind` as in the API's paths. Kinds that have nothing to do with producers are passed over.
  // Error: invalid, with its pointer.
  Result<void> add(std::string_view kind, const std::string& id, const std::string& json);
  // `base` with what the table says; `global`: the name of the global policy, or empty. Error: invalid: there is none
  // of a name that is used.
  Result<Policies> applied_to(Policies base, const std::string& global) const;
};

}  // namespace certes::client
