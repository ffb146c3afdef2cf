#pragma once
// Sealed members in declarations: {"set":true}, as GET shows them, stands for what is stored there. Who: the routes of
// resources. Any thread.

#include "common/crypto/crypto.hpp"
#include "common/registry/json.hpp"
#include "common/registry/resources.hpp"

namespace certes::api {

// Puts what `current` (null: there is none) has, opened, in the place of each {"set":true} in `declared`; an array's
// entries by their place. Errors: invalid with the pointer, nothing is stored there; internal, it does not open.
Result<void> fill_in(registry::Json& declared, const registry::Endpoint* current, const crypto::Sealer& sealer);
Result<void> fill_in(registry::Json& declared, const registry::Source* current, const crypto::Sealer& sealer);
template <class T>
Result<void> fill_in(registry::Json&, const T*, const crypto::Sealer&) {
  return {};
}

// The sealed value of that header, whatever the case of its name; empty: there is none.
std::string stored_header(const registry::Endpoint* current, std::string_view name);

// A resource as it is shown, to merge `patch` into: without what the patch takes the place of.
// Of an object with a scheme, where that becomes another: without its secrets. Other members stay, and are refused
// where the new scheme does not take them.
void prepare_merge(registry::Json& shown, const registry::Json& patch, const registry::Source& current);
void prepare_merge(registry::Json& shown, const registry::Json& patch, const registry::Endpoint& current);
template <class T>
void prepare_merge(registry::Json&, const registry::Json&, const T&) {}

}  // namespace certes::api
