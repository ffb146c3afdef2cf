#pragma once
// What the times in which an endpoint was disabled or paused, and what was asked of all that waits for it, make of an
// event and its deliveries: the same in every process, whatever was restarted meanwhile. Who: the dispatcher; the
// Master API, which explains. Pure; any thread.
//
// Whether an event came after a change of the endpoint is said by its stamp, which is how far its gateway had followed
// the registry (event/stamp.hpp), and by the append times of both. These are of two topics, and the clocks of their
// brokers may be minutes apart, while a stamp cannot be too high: it decides. But it may be too low, as a gateway may
// lag behind the change that another process has answered. So a word of either is enough for what is delivered.
//
//   the event came after …      if it has a stamp                                    if not (others wrote it)
//   a resumption, a purge       stamp > the change's offset, or append time >= its   append time >= the change's
//   the endpoint was disabled   stamp > the change's offset                          append time > the change's
//
// (In the same millisecond it may have come before it was disabled: then it is kept.) Of the purges that it fits and
// did not come after, and the disablings whose resumption it did not come after, the first decides:
//
//   it came …                                     its deliveries
//   before a purge                                purged
//   before the endpoint was disabled              dead_letter
//   while an operator had disabled it             unmatched
//   while Certes itself had disabled it           dead_letter
//   else                                          deliver
//
// What is not delivered was appended before that purge or resumption by append times, too. So these may pre-select what
// is looked at (`doomed_before`), however far the clocks are apart.

#include "common/base/clock.hpp"
#include "common/log/record.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

enum class Fate : std::uint8_t {
  deliver,
  unmatched,    // it came while an operator had disabled the endpoint: it does not match
  dead_letter,  // it came before the endpoint was disabled, or while Certes itself had disabled it
  purged,       // it came before the endpoint was purged of such as this
};
// Of its delivery in a lane of that class.
Fate fate_of(const Endpoint& endpoint, const log::StoredRecord& event, Priority priority);

// Whether the event is the endpoint's at all: not where it came while an operator had disabled it. `registry_end`: the
// next offset of the registry's topic as it is known now, later than the event was read. A stamp above it is of a
// registry that was replaced by this one: the event is kept.
bool may_match(const Endpoint& endpoint, const log::StoredRecord& event, std::int64_t registry_end);

// What was appended before, of that class, may be not delivered any more, whatever waits of it; 0: there is no such
// time. INT64_MAX: it is disabled now.
UnixMillis doomed_before(const Endpoint& endpoint, Priority priority);

// The offset of the change by which it was disabled last, and of its last purge; -1: none, as far as that is kept.
std::int64_t last_disabled_by(const Endpoint& endpoint);
std::int64_t last_purged_by(const Endpoint& endpoint);

// How long it was paused between two times.
Millis paused_between(const Endpoint& endpoint, UnixMillis from, UnixMillis to);

// For how long it has done nothing but fail, of `since` (0: it does not fail) until now, where it was to get something.
Millis failing_for(const Endpoint& endpoint, UnixMillis since, UnixMillis now);

}  // namespace certes::registry
