#pragma once
// The member `verify` of a source, as JSON. Internal to the registry. Pure.

#include "common/registry/json.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::registry {

// Takes "verify" from `outer`. What a declaration has is checked against the table of schemes.
void read_verify(Fields& outer, Verify& verify, Form form);
// Secrets only into what is stored; a member only where it is not the default.
void write_verify(OrderedJson& out, const Verify& verify, bool stored);

}  // namespace certes::registry
