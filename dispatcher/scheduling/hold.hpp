#pragma once
// Hold: why the scheduler sends nothing of one of an endpoint's lanes at the moment, the nearest reason first. Who: the
// scheduler says it (Scheduler::hold_of), answers about a delivery show it. Plain values.

#include <cstdint>
#include <optional>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

enum class HoldBy : std::uint8_t {
  nothing,  // but the turn of others
  // The endpoint.
  closed,       // it gets nothing
  concurrency,  // it has as many in flight as it takes
  slow_start,   // the same, as its answers allow fewer at the moment
  quarter,      // the same: no endpoint has more than a quarter of all slots, where there are others
  urgent,       // what it has left is for critical and high ones
  rate,
  // All of them together.
  all_slots,   // what is left, if anything, is for critical and high ones
  last_slots,  // few are left, and it has not answered for a while
  tenant,      // has its part of the last quarter
  budget,      // of retries
};

struct Hold {
  HoldBy by = HoldBy::nothing;
  std::optional<SteadyTime> until = {};  // where time alone ends it
};

}  // namespace certes::dispatcher
