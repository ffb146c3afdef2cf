#pragma once
// Who may publish under a registered source's name, and events of its types: its own route, and keys that are bound to
// it. Who: Judge, and the Master API for what is repaired. Pure; any thread; nothing is allocated unless the name is
// percent-encoded or refused.

#include <string_view>

#include "gateway/access/caller.hpp"

namespace certes::gateway {

// Whether the caller may publish with this `source` in that tenant: yes, where it is not a registered source's name
// (its id, urn:certes:TENANT:ID, or the same percent-encoded or after "./"), or the caller is bound to that one. Error:
// forbidden, at `place`.
Result<void> may_take_name(const Caller& caller, const registry::State& state, std::string_view tenant,
                           std::string_view source, std::string_view place);

// Whether the caller may publish an event of this type in that tenant: yes, unless its first word is the id of a source
// that is `exclusive`; then only who is bound to that one, or may write sources. Error: forbidden, at `place`.
Result<void> may_take_type(const Caller& caller, const registry::State& state, std::string_view tenant,
                           std::string_view type, std::string_view place);

// Whether the caller may use the route of a source that verifies by key: one that is bound to sources, only theirs.
Result<void> may_use_route(const Caller& caller, std::string_view source);

}  // namespace certes::gateway
