#pragma once
// Who may make, change, rotate and delete which key. Nobody touches a key that may do more than he, and nobody gives
// what he does not have: scopes, sources, time, rate. The installation keeps a key that may do everything. Judged
// against the state that the API has. A process judges and decides one change at a time that could break the latter;
// two processes' changes at the same moment may pass what one after the other would not. Who: the routes of keys and
// tenants. Pure functions, any thread.

#include "api/call.hpp"
#include "common/registry/resources.hpp"

namespace certes::api {

// Whether the caller may hand out such a key, or its text. Error: forbidden, with the member that goes beyond him.
Result<void> may_give(const registry::Key& key, const Call& call);

// How long a key that was made without a key may be good: the caller asks for more, or for ever, and gets this. An
// expiry that stays as it is counts as the key's own.
constexpr UnixMillis kKeylessMillis = 24 * 3'600'000;
void bound_expiry(registry::Key& next, const registry::Key* current, const Call& call, UnixMillis now);

// Whether the caller may put `next` in the place of `current` (null: there is none). Errors: forbidden; conflict, the
// last key that may do everything would be less.
Result<void> may_put(const registry::Key& next, const registry::Key* current, const Call& call, UnixMillis now);

// Whether the caller may delete it. Errors as above.
Result<void> may_remove(const registry::Key& key, const Call& call, UnixMillis now);

// Whether the installation still has a key that may do everything once this tenant's are gone. Error: conflict.
Result<void> may_remove_keys_of(const registry::Tenant& tenant, const Call& call, UnixMillis now);

}  // namespace certes::api
