#pragma once
// What a declared resource must hold by beside what there is: what it names is there, the tenant may have it. These
// rules are the API's, judged against the state that it has: a change that was made at the same time may pass them.
// What is on the log is not judged again. Who: gateway/api, before it proposes. Pure functions, any thread.

#include <functional>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/registry/resources.hpp"

namespace certes::api {

// `is_new`: it counts against the tenant's quota. Errors: invalid with a pointer; conflict (quota).
Result<void> check_beside(const registry::State& state, const registry::Tenant& tenant, bool is_new);
Result<void> check_beside(const registry::State& state, const registry::Source& source, bool is_new);
Result<void> check_beside(const registry::State& state, const registry::Endpoint& endpoint, bool is_new);
Result<void> check_beside(const registry::State& state, const registry::Subscription& subscription, bool is_new);
Result<void> check_beside(const registry::State& state, const registry::BackoffPolicy& policy, bool is_new);
Result<void> check_beside(const registry::State& state, const registry::EventType& type, bool is_new);
Result<void> check_beside(const registry::State& state, const registry::Key& key, bool is_new);

// What becomes of an event goes by the times in which its endpoint was paused or disabled, and by what it was purged
// of, of which the last registry::kKeptSpells of each and kKeptPurges are kept: another one may come only if nothing is
// open that the oldest is about. `current` may be null. `open_before`: as gateway::Dependencies; where it does not
// know, the oldest is let go. Errors: conflict.
Result<void> check_kept(const registry::Endpoint* current, const registry::Endpoint& next,
                        const std::function<std::optional<bool>(UnixMillis)>& open_before);

// A back-off policy that is declared, or named where another one was, takes no longer than deliveries may be open
// (backoff/bound.hpp). What stands stays: `current` may be null. Errors: invalid, with the member that makes it.
template <class T>
Result<void> check_bound(const registry::State&, const T&, const T*, Millis) {
  return {};
}
template <>
Result<void> check_bound(const registry::State& state, const registry::BackoffPolicy& next,
                         const registry::BackoffPolicy* current, Millis max_wait);
template <>
Result<void> check_bound(const registry::State& state, const registry::Endpoint& next,
                         const registry::Endpoint* current, Millis max_wait);
template <>
Result<void> check_bound(const registry::State& state, const registry::Subscription& next,
                         const registry::Subscription* current, Millis max_wait);
template <>
Result<void> check_bound(const registry::State& state, const registry::Source& next, const registry::Source* current,
                         Millis max_wait);
template <>
Result<void> check_bound(const registry::State& state, const registry::EventType& next,
                         const registry::EventType* current, Millis max_wait);

}  // namespace certes::api
