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

// Passes over those that are full, which keep their places: four at most have a quarter.
auto Scheduler::first_of(const Tenants& tenants) const -> Tenant* {
  const auto* place = tenants.find([this](const Lanes::TenantPlace& one) { return !is_full(*one.tenant); });
  return place == nullptr ? nullptr : place->tenant;
}

}  // namespace certes::dispatcher
