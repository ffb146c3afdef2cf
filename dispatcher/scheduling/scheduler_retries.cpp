// Whom the retry budget binds. Retries are not to crowd out first attempts, so it binds all while some wait; and a
// tenant's own, for ten seconds behind each of its first attempts, so that what keeps failing is no more than a share
// of what it sends. First attempts of other tenants, which do not wait, do not slow it down.
#include <algorithm>

#include "dispatcher/scheduling/scheduler.hpp"
#include "dispatcher/scheduling/scheduler_rings.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kBindsFor{10'000};  // behind a first attempt

std::size_t at(int lane) { return static_cast<std::size_t>(lane); }

}  // namespace

Scheduler::Tenants& Scheduler::ring_of(int lane, const Tenant& tenant) {
  Ring& ring = (*rings_)[at(lane)];
  return lane % 2 != 0 && tenant.bound ? ring.bound : ring.tenants;
}

// Those that can be sent now: what waits at a paused or busy endpoint is not crowded out by retries.
bool Scheduler::first_attempts_wait() const {
  for (int lane = 0; lane < kLanes; lane += 2)
    if (first_in(lane) != nullptr) return true;
  return false;
}

Scheduler::RetriesMay Scheduler::retries_may(SteadyTime now) {
  const bool budget = retries_.allows(now);
  return {budget, budget || !first_attempts_wait()};
}

void Scheduler::sent_first(Tenant& tenant, SteadyTime now) {
  retries_.sent_first();
  tenant.last_first = now;
  if (tenant.bound) return;
  set_bound(tenant, true);
  bound_.add(tenant, tick(now + kBindsFor));
}

void Scheduler::set_bound(Tenant& tenant, bool bound) {
  tenant.bound = bound;
  for (int lane = 1; lane < kLanes; lane += 2) {
    Lanes::TenantPlace& place = tenant.places[at(lane)];
    if (!place.linked()) continue;
    place.unlink();
    ring_of(lane, tenant).push_back(place);
  }
}

void Scheduler::let_free(SteadyTime now) {
  while (Timer* const due = bound_.expire(tick(now))) {
    Tenant& tenant = *static_cast<Tenant*>(due);
    const SteadyTime until = tenant.last_first + kBindsFor;
    if (tick(now) < tick(until))
      bound_.add(tenant, tick(until));
    else
      set_bound(tenant, false);
  }
}

// When retries that wait may go, though nothing is pushed and no slot is given back.
std::optional<SteadyTime> Scheduler::retries_at(SteadyTime now) {
  const RetriesMay may = retries_may(now);
  bool wait = false;
  for (int lane = 1; lane < kLanes; lane += 2) {
    const bool bound = first_bound_in(lane) != nullptr;
    const bool free = first_in(lane) != nullptr;
    if ((may.bound && bound) || (may.free && free)) return now;
    wait = wait || bound || free;
  }
  if (!wait) return std::nullopt;
  const SteadyTime when = retries_.allows_at(now);
  const auto free_at = bound_.next();
  return free_at ? std::min(when, start_ + Millis{static_cast<std::int64_t>(*free_at)}) : when;
}

}  // namespace certes::dispatcher
