#pragma once
// What the time in which an endpoint was disabled or paused makes of an event and its deliveries, by append times
// alone: the same in every process, whatever was restarted meanwhile. Who: core. Pure; any thread.

#include "common/base/clock.hpp"
#include "common/registry/resources.hpp"

namespace certes::dispatcher {

enum class Fate : std::uint8_t {
  deliver,
  unmatched,    // appended while an operator had disabled the endpoint: it does not match
  dead_letter,  // appended before the endpoint was disabled, or while Certes itself had disabled it
};
Fate fate_of(const registry::Endpoint& endpoint, UnixMillis appended_at);

// What was appended before is not delivered any more, whatever waits of it; 0: there is no such time. INT64_MAX: it is
// disabled now.
UnixMillis doomed_before(const registry::Endpoint& endpoint);

// When it was disabled last; 0: never, as far as that is kept.
UnixMillis last_disabled_at(const registry::Endpoint& endpoint);

// How long it was paused between two times.
Millis paused_between(const registry::Endpoint& endpoint, UnixMillis from, UnixMillis to);

}  // namespace certes::dispatcher
