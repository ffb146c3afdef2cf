#pragma once
// Who may publish under a registered source's name: its own route, and keys that are bound to it. Who: Intake. Pure;
// any thread; nothing is allocated unless the name is percent-encoded or refused.

#include <string_view>

#include "gateway/gateway.hpp"

namespace certes::gateway::ingest {

// Whether the caller may publish with this `source` in that tenant: yes, where it is not a registered source's name
// (its id, urn:certes:TENANT:ID, or the same percent-encoded or after "./"), or the caller is bound to that one. Error:
// forbidden, at `place`.
Result<void> may_take_name(const Caller& caller, const registry::State& state, std::string_view tenant,
                           std::string_view source, std::string_view place);

// Whether the caller may use the route of a source that verifies by key: one that is bound to sources, only theirs.
Result<void> may_use_route(const Caller& caller, std::string_view source);

}  // namespace certes::gateway::ingest
