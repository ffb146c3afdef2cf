#pragma once
// What spans resources: the references that must hold. Internal to the registry; pure.

#include "common/base/result.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

// Whether the resource may stand in this state (its own earlier version is still in it).
Result<void> check_put(const State& state, const Tenant& tenant);
Result<void> check_put(const State& state, const Source& source);
Result<void> check_put(const State& state, const Endpoint& endpoint);
Result<void> check_put(const State& state, const Subscription& subscription);
Result<void> check_put(const State& state, const BackoffPolicy& policy);
Result<void> check_put(const State& state, const Key& key);
Result<void> check_put(const State& state, const Installation& installation);

// Whether it may go. With `cascade` what hangs on an endpoint goes with it: remove_dependents.
Result<void> check_remove(const State& state, const Tenant& tenant, bool cascade);
Result<void> check_remove(const State& state, const Endpoint& endpoint, bool cascade);
Result<void> check_remove(const State& state, const BackoffPolicy& policy, bool cascade);
inline Result<void> check_remove(const State&, const Source&, bool) { return {}; }
inline Result<void> check_remove(const State&, const Subscription&, bool) { return {}; }
inline Result<void> check_remove(const State&, const Key&, bool) { return {}; }
inline Result<void> check_remove(const State&, const Installation&, bool) { return {}; }

void remove_dependents(State& state, const Endpoint& endpoint);
template <class T>
void remove_dependents(State&, const T&) {}

}  // namespace certes::registry
