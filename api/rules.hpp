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

}  // namespace certes::api
