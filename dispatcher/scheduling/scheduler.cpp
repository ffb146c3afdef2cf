#include "dispatcher/scheduling/scheduler.hpp"

#include <algorithm>
#include <numeric>

#include "dispatcher/scheduling/scheduler_rings.hpp"

namespace certes::dispatcher {

namespace {
std::size_t at(int lane) { return static_cast<std::size_t>(lane); }
NodeOf<KeptBack>& kept(NodeOf<KeptBack>& lanes) { return lanes; }
}  // namespace

Scheduler::Scheduler(Options options, SteadyTime now)
    : options_(options),
      start_(now),
      latest_(now),
      retries_(options.retry_share, now),
      rings_(std::make_unique<std::array<Ring, kLanes>>()) {}

Scheduler::~Scheduler() {
  for (auto& [key, lanes] : endpoints_)
    for (auto& queue : lanes->queues_)
      while (queue.pop_front() != nullptr) {
      }
}

Lanes& Scheduler::add(std::string_view tenant_name, int weight) {
  auto found = tenants_.find(tenant_name);
  if (found == tenants_.end()) {
    found = tenants_.emplace(std::string(tenant_name), std::make_unique<Tenant>()).first;
    found->second->name = tenant_name;
    found->second->weight = std::clamp(weight, 1, registry::kMostWeight);
  }
  auto lanes = std::make_unique<Lanes>();
  lanes->scheduler_ = this;
  lanes->tenant_ = found->second.get();
  ++lanes->tenant_->endpoints;
  for (auto& place : lanes->places_) place.lanes = lanes.get();
  Lanes& added = *lanes;
  endpoints_.emplace(&added, std::move(lanes));
  return added;
}

void Scheduler::configure(Lanes& lanes, int concurrency, double rate_per_second, SteadyTime now, int workers) {
  lanes.concurrency_ = std::max(1, concurrency);
  lanes.workers_ = workers;
  if (lanes.bucket_.rate() != rate_per_second)
    lanes.bucket_ = rate_per_second > 0 ? TokenBucket::for_rate(rate_per_second, now) : TokenBucket();
  update(lanes, now);
}

void Scheduler::allow(Lanes& lanes, int in_flight, SteadyTime now) {
  if (lanes.allowed_ == in_flight) return;
  lanes.allowed_ = std::max(1, in_flight);
  update(lanes, now);
}

void Scheduler::set_open(Lanes& lanes, bool open, SteadyTime now) {
  lanes.open_ = open;
  update(lanes, now);
}

void Scheduler::remove(Lanes& lanes) {
  for (int lane = 0; lane < kLanes; ++lane) leave(lanes, lane);
  rated_.cancel(lanes);
  kept(lanes).unlink();
  Tenant* tenant = lanes.tenant_;
  hold(*tenant, tenant->in_flight - static_cast<std::size_t>(lanes.in_flight_));
  endpoints_.erase(&lanes);
  if (--tenant->endpoints > 0) return;
  bound_.cancel(*tenant);
  tenants_.erase(std::string(tenant->name));
}

void Scheduler::set_weight(std::string_view tenant_name, int weight) {
  const auto found = tenants_.find(tenant_name);
  if (found == tenants_.end()) return;
  Tenant& tenant = *found->second;
  if (tenant.in_flight > 0) busy_.leave(tenant.weight);
  tenant.weight = std::clamp(weight, 1, registry::kMostWeight);
  if (tenant.in_flight > 0) busy_.come(tenant.weight);
  for (Lanes::TenantPlace& place : tenant.places) place.deficit = std::min(place.deficit, tenant.weight);
}

void Scheduler::push(Lanes& lanes, Waiting& item, Priority priority, bool retry, SteadyTime now) {
  const int lane = lane_of(priority, retry);
  item.lanes = &lanes;
  item.lane = static_cast<std::uint8_t>(lane);
  lanes.queues_[at(lane)].push_back(item);
  ++waiting_[at(lane)];
  if (lane < lanes.first_out_)
    enter(lanes, lane);
  else if (lanes.first_out_ == 0)
    update(lanes, now);
}

void Scheduler::push_front(Lanes& lanes, Waiting& item, Priority priority, bool retry, SteadyTime now) {
  push(lanes, item, priority, retry, now);
  item.unlink();
  lanes.queues_[item.lane].push_front(item);
}

void Scheduler::erase(Waiting& item) {
  if (!item.linked()) return;
  item.unlink();
  --waiting_[item.lane];
  if (item.lanes->queues_[item.lane].empty()) leave(*item.lanes, item.lane);
}

void Scheduler::update(Lanes& lanes, SteadyTime now) {
  latest_ = now;
  const int below = sends_below(lanes, now);
  if (below != lanes.first_out_) {
    lanes.first_out_ = below;
    for (int lane = 0; lane < kLanes; ++lane)
      if (lane < below && !lanes.queues_[at(lane)].empty())
        enter(lanes, lane);
      else
        leave(lanes, lane);
  }
  const bool could = below == 0 && lanes.open_ && lanes.in_flight_ < most_of(lanes);
  const bool is_kept = could && keeps_back(lanes, now);
  if (!is_kept) kept(lanes).unlink();
  if (is_kept && !kept(lanes).linked()) kept_back_.push_back(lanes);
  // Only for want of a token: time alone brings it back.
  Timer& timer = lanes;
  const bool wait = could && !is_kept;
  if (wait && !timer.linked()) rated_.add(lanes, tick(lanes.bucket_.ready_at(now)) + 1);
  if (!wait) rated_.cancel(lanes);
}

void Scheduler::enter(Lanes& lanes, int lane) {
  Lanes::Place& place = lanes.places_[at(lane)];
  if (place.linked()) return;
  Lanes::TenantPlace& tenant = lanes.tenant_->places[at(lane)];
  tenant.endpoints.push_back(place);
  if (!tenant.linked()) ring_of(lane, *tenant.tenant).push_back(tenant);
}

void Scheduler::leave(Lanes& lanes, int lane) {
  Lanes::Place& place = lanes.places_[at(lane)];
  if (!place.linked()) return;
  place.unlink();
  Lanes::TenantPlace& tenant = lanes.tenant_->places[at(lane)];
  if (!tenant.endpoints.empty()) return;
  tenant.unlink();
  tenant.deficit = 0;
}

std::uint64_t Scheduler::tick(SteadyTime when) const {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<Millis>(when - start_).count()));
}

void Scheduler::wake_rated(SteadyTime now) {
  while (Timer* due = rated_.expire(tick(now))) update(*static_cast<Lanes*>(due), now);
}

// Retries first, where they may go: they have waited already.
Scheduler::Turn Scheduler::choose_lane(int priority, RetriesMay may) const {
  const int first = priority * 2, retry = first + 1;
  if (Tenant* const tenant = may.bound ? first_bound_in(retry) : nullptr) return {retry, tenant};
  if (Tenant* const tenant = may.free ? first_in(retry) : nullptr) return {retry, tenant};
  return {first, first_in(first)};
}

// Lower classes have their share in turn, not by rank: none starves.
Scheduler::Turn Scheduler::choose_class(SteadyTime now) {
  const RetriesMay may = retries_may(now);
  const auto nobody = [&](int priority) { return choose_lane(priority, may).tenant == nullptr; };
  int highest = 0;
  while (highest < registry::kPriorities && nobody(highest)) ++highest;
  if (highest == registry::kPriorities) return {};
  std::array<int, registry::kPriorities> lower{};
  std::size_t lower_count = 0;
  for (int step = 1; step <= registry::kPriorities; ++step) {
    const int priority = (lower_turn_ + step) % registry::kPriorities;
    if (priority > highest && !nobody(priority)) lower[lower_count++] = priority;
  }
  if (lower_count > 0) {
    lower_credit_ += options_.lower_share;
    if (lower_credit_ >= 1 - 1e-9) {
      lower_credit_ -= 1;
      lower_turn_ = lower[0];
      highest = lower_turn_;
    }
  }
  return choose_lane(highest, may);
}

Waiting* Scheduler::next(SteadyTime now) {
  latest_ = now;
  wake_rated(now);
  let_free(now);
  for (;;) {
    const auto [credit, last] = std::pair(lower_credit_, lower_turn_);
    const Turn turn = choose_class(now);
    if (turn.tenant == nullptr) return nullptr;
    if (Waiting* const item = take(turn, now)) return item;
    lower_credit_ = credit;
    lower_turn_ = last;
  }
}

// Nothing: whose turn it was is kept back, and in the rings no more.
Waiting* Scheduler::take(Turn turn, SteadyTime now) {
  const int lane = turn.lane;
  Lanes::TenantPlace& tenant = turn.tenant->places[at(lane)];
  Lanes& lanes = *tenant.endpoints.front()->lanes;
  if (keeps_back(lanes, now)) {
    update(lanes, now);
    return nullptr;
  }
  if (tenant.deficit <= 0) tenant.deficit += tenant.tenant->weight;
  --tenant.deficit;
  tenant.endpoints.rotate();
  if (tenant.deficit <= 0) ring_of(lane, *turn.tenant).move_to_back(tenant);

  if (lane % 2 == 0)
    sent_first(*turn.tenant, now);
  else if (turn.tenant->bound || first_attempts_wait())
    retries_.sent_retry(now);
  Waiting* item = lanes.queues_[at(lane)].front();
  erase(*item);
  ++lanes.in_flight_;
  hold(*lanes.tenant_, lanes.tenant_->in_flight + 1);
  lanes.bucket_.take(now);
  update(lanes, now);
  return item;
}

void Scheduler::release(Lanes& lanes, SteadyTime now) {
  --lanes.in_flight_;
  hold(*lanes.tenant_, lanes.tenant_->in_flight - 1);
  update(lanes, now);
  let_kept_back_go(now);
}

std::optional<SteadyTime> Scheduler::next_at(SteadyTime now) {
  std::optional<SteadyTime> when = retries_at(now);
  if (const auto rated = rated_.next()) {
    const SteadyTime token = start_ + Millis{static_cast<std::int64_t>(*rated)};
    when = when ? std::min(*when, token) : token;
  }
  return when;
}

std::size_t Scheduler::waiting() const { return std::accumulate(waiting_.begin(), waiting_.end(), std::size_t{0}); }

}  // namespace certes::dispatcher
