// The slots in all, shared by tenants: as threads are (common/base/thread_shares.hpp), but a request holds one for as
// long as it takes, so that what is kept for others is never given away.
#include <algorithm>

#include "dispatcher/scheduling/scheduler.hpp"
#include "dispatcher/scheduling/scheduler_rings.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kTrustedFor{10'000};  // who has answered

}  // namespace

std::size_t Scheduler::quarter() const { return std::max<std::size_t>(1, options_.in_flight_max / 4); }

bool Scheduler::is_full(const Tenant& tenant) const {
  return !alone() && in_flight_ + quarter() >= options_.in_flight_max && tenant.in_flight >= part_of(tenant);
}

std::size_t Scheduler::part_of(const Tenant& tenant) const {
  if (tenant.weight >= busy_.largest()) return quarter();
  const auto weight = static_cast<std::size_t>(tenant.weight), largest = static_cast<std::size_t>(busy_.largest());
  return std::max<std::size_t>(1, quarter() * weight / largest);
}

void Scheduler::hold(Tenant& tenant, std::size_t slots) {
  if (tenant.in_flight == 0 && slots > 0) busy_.come(tenant.weight);
  if (tenant.in_flight > 0 && slots == 0) busy_.leave(tenant.weight);
  in_flight_ += slots - tenant.in_flight;
  tenant.in_flight = slots;
}

// An eighth, and where there are more slots than workers one at least: of one that takes one request at a time there is
// none to keep.
int Scheduler::reserved_of(int slots, int workers) const {
  if (!options_.reserves) return 0;
  return std::max(slots > workers ? 1 : 0, slots / 8);
}

// What is kept for other endpoints is not, where there are none.
bool Scheduler::has_others() const { return options_.reserves && endpoints_.size() > 1; }

// Of the slots in all no more than a quarter, where there are others.
int Scheduler::most_of(const Lanes& lanes) const {
  if (!has_others()) return lanes.allowed();
  return static_cast<int>(std::min(quarter(), static_cast<std::size_t>(lanes.allowed())));
}

// The lanes of the endpoint below this one may send.
int Scheduler::sends_below(Lanes& lanes, SteadyTime now) const {
  const int most = most_of(lanes), left = most - lanes.in_flight_;
  if (!lanes.open_ || left <= 0 || !lanes.bucket_.ready(now) || keeps_back(lanes, now)) return 0;
  return left > reserved_of(most, lanes.workers_) ? kLanes : lane_of(Priority::normal, false);
}

// Less than an eighth of the slots in all is left; where there are very few, none.
bool Scheduler::last_slots() const {
  return has_others() && in_flight_ + options_.in_flight_max / 8 >= options_.in_flight_max;
}

// It has something out, of which nobody knows whether it will ever be answered.
bool Scheduler::keeps_back(const Lanes& lanes, SteadyTime now) const {
  return lanes.in_flight_ > 0 && last_slots() && lanes.worked_at_ + kTrustedFor <= now;
}

void Scheduler::worked(Lanes& lanes, SteadyTime now) {
  lanes.worked_at_ = now;
  if (static_cast<NodeOf<KeptBack>&>(lanes).linked()) update(lanes, now);
}

// As a slot was given back: the first that has something to send. Each of the others has requests out, and so a slot
// to give back.
void Scheduler::let_kept_back_go(SteadyTime now) {
  while (!kept_back_.empty() && !last_slots()) {
    Lanes& lanes = *kept_back_.front();
    update(lanes, now);
    if (std::ranges::any_of(lanes.places_, [](const auto& place) { return place.linked(); })) return;
  }
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

// Passes over those that are full, which keep their places: four at most of the largest weight, and as many more of
// others as these weigh less.
auto Scheduler::first_of(const Tenants& tenants, int lane) const -> Tenant* {
  if (options_.reserves && is_for_urgent(lane)) return nullptr;
  const auto* place = tenants.find([this](const Lanes::TenantPlace& one) { return !is_full(*one.tenant); });
  return place == nullptr ? nullptr : place->tenant;
}

}  // namespace certes::dispatcher
