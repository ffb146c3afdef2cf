#pragma once
// Mistakes that are planted in what stands between the real core and its world (CoreProcess), to show that the judge
// notices: each is a small one that a dispatcher could make.

#include <cstdint>

namespace certes::dispatcher::simulation {

enum class Mistake : std::uint8_t {
  none,
  forgets_states,     // what is known of deliveries of records that are read again
  forgets_attempts,   // of what was tried, how many there were
  forgets_letters,    // of it, that a dead letter is due
  forgets_times,      // of it, when the next is due
  forgets_first,      // of it, when the first was
  finishes_early,     // a delivery counts as ended once it was tried
  believes_records,   // outcomes count as recorded before they are
  believes_results,   // so do results of commands
  drops_letters,      // dead letters count without being appended
  drops_results,      // so do results
  forgets_past,       // identities from before a restart
  overtakes,          // requests of a round are made in the wrong order
  stale_fence,        // a record is routed by what the process has read already
  ignores_intervals,  // of endpoints: when they were disabled or paused
  ignores_pauses,     // of these, the pauses
  ignores_purges,     // and what it was purged of
  ignores_order,      // of an endpoint
  sends_to_paused,    // who is paused counts as active
  sends_to_gone,      // so does who answered 410, until the registry says otherwise
  lets_go_at_once,    // of a partition with requests that are out
};

}  // namespace certes::dispatcher::simulation
