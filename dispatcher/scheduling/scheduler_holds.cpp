// Why nothing of an endpoint's lane is sent now: what next() goes by, said of one lane.
#include "dispatcher/scheduling/scheduler.hpp"
#include "dispatcher/scheduling/scheduler_rings.hpp"

namespace certes::dispatcher {

Hold Scheduler::hold_of(Lanes& lanes, Priority priority, bool retry, SteadyTime now) {
  wake_rated(now);
  let_free(now);
  const int lane = lane_of(priority, retry);
  if (lane >= lanes.first_out_) return endpoint_hold(lanes, now);
  if (keeps_back(lanes, now)) return {HoldBy::last_slots};
  if (in_flight_ >= options_.in_flight_max || (options_.reserves && is_for_urgent(lane))) return {HoldBy::all_slots};
  if (is_full(*lanes.tenant_)) return {HoldBy::tenant};
  if (!retry) return {};
  const RetriesMay may = retries_may(now);
  if (lanes.tenant_->bound ? may.bound : may.free) return {};
  return {HoldBy::budget, retries_.allows_at(now)};
}

// Of a lane that is not in the rings. As its slots were looked at when something of the endpoint changed last, others
// may have come or gone since: then it is its slots that it waits for.
Hold Scheduler::endpoint_hold(Lanes& lanes, SteadyTime now) {
  if (!lanes.open_) return {HoldBy::closed};
  const int most = most_of(lanes);
  if (lanes.in_flight_ >= most) {
    if (most < lanes.allowed()) return {HoldBy::quarter};
    return {lanes.allowed() < lanes.concurrency() ? HoldBy::slow_start : HoldBy::concurrency};
  }
  if (!lanes.bucket_.ready(now)) return {HoldBy::rate, lanes.bucket_.ready_at(now)};
  if (static_cast<NodeOf<KeptBack>&>(lanes).linked() || keeps_back(lanes, now)) return {HoldBy::last_slots};
  return {lanes.first_out_ > 0 ? HoldBy::urgent : HoldBy::concurrency};
}

}  // namespace certes::dispatcher
