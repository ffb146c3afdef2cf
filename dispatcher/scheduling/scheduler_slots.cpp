// The slots in all, shared by tenants: as threads are (common/base/thread_shares.hpp), but a request holds one for as
// long as it takes, so that what is kept for others is never given away.
#include <algorithm>

#include "dispatcher/scheduling/scheduler.hpp"
#include "dispatcher/scheduling/scheduler_rings.hpp"

namespace certes::dispatcher {

bool Scheduler::is_full(const Tenant& tenant) const {
  const std::size_t quarter = std::max<std::size_t>(1, options_.in_flight_max / 4);
  return !alone() && tenant.in_flight >= quarter && in_flight_ + quarter >= options_.in_flight_max;
}

// An eighth, and where there are several slots one at least.
int Scheduler::reserved_of(int slots) const { return options_.reserves && slots > 1 ? std::max(1, slots / 8) : 0; }

// The lanes of the endpoint below this one may send.
int Scheduler::sends_below(Lanes& lanes, SteadyTime now) const {
  const int left = lanes.allowed() - lanes.in_flight_;
  if (!lanes.open_ || left <= 0 || !lanes.bucket_.ready(now)) return 0;
  return left > reserved_of(lanes.allowed()) ? kLanes : lane_of(Priority::normal, false);
}

// The slots that are left in all are not for that lane.
bool Scheduler::is_for_urgent(int lane) const {
  if (lane < lane_of(Priority::normal, false)) return false;
  const auto most = static_cast<int>(std::min<std::size_t>(options_.in_flight_max, std::numeric_limits<int>::max()));
  return in_flight_ + static_cast<std::size_t>(reserved_of(most)) >= options_.in_flight_max;
}

auto Scheduler::first_in(int lane) const -> Tenant* {
  return first_of((*rings_)[static_cast<std::size_t>(lane)].tenants, lane);
}

auto Scheduler::first_bound_in(int lane) const -> Tenant* {
  return first_of((*rings_)[static_cast<std::size_t>(lane)].bound, lane);
}

// Passes over those that are full, which keep their places: four at most have a quarter.
auto Scheduler::first_of(const Tenants& tenants, int lane) const -> Tenant* {
  if (options_.reserves && is_for_urgent(lane)) return nullptr;
  const auto* place = tenants.find([this](const Lanes::TenantPlace& one) { return !is_full(*one.tenant); });
  return place == nullptr ? nullptr : place->tenant;
}

}  // namespace certes::dispatcher
