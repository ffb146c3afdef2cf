#pragma once
// What the times in which an endpoint was disabled or paused, and what was asked of all that waits for it, make of an
// event and its deliveries, by append times alone: the same in every process, whatever was restarted meanwhile. Who:
// core. Pure; any thread.

#include "common/base/clock.hpp"
#include "common/log/record.hpp"
#include "common/registry/resources.hpp"

namespace certes::dispatcher {

enum class Fate : std::uint8_t {
  deliver,
  unmatched,    // appended while an operator had disabled the endpoint: it does not match
  dead_letter,  // appended before the endpoint was disabled, or while Certes itself had disabled it
  purged,       // appended before it was purged of such as this
};
// By its being disabled alone.
Fate fate_of(const registry::Endpoint& endpoint, UnixMillis appended_at);
// Of its delivery in a lane of that class: what came first has decided.
Fate fate_of(const registry::Endpoint& endpoint, const log::StoredRecord& event, registry::Priority priority);

// What was appended before, of that class, may be not delivered any more, whatever waits of it; 0: there is no such
// time. INT64_MAX: it is disabled now.
UnixMillis doomed_before(const registry::Endpoint& endpoint, registry::Priority priority);

// When it was disabled last; 0: never, as far as that is kept.
UnixMillis last_disabled_at(const registry::Endpoint& endpoint);
UnixMillis last_purged_at(const registry::Endpoint& endpoint);

// How long it was paused between two times.
Millis paused_between(const registry::Endpoint& endpoint, UnixMillis from, UnixMillis to);

// For how long it has done nothing but fail, of `since` (0: it does not fail) until now, where it was to get something.
Millis failing_for(const registry::Endpoint& endpoint, UnixMillis since, UnixMillis now);

}  // namespace certes::dispatcher
