#include "dispatcher/endpoint/endpoints.hpp"

#include <algorithm>

#include "common/base/seconds.hpp"
#include "common/registry/fate.hpp"

namespace certes::dispatcher {
namespace {

bool has_moved(const registry::Endpoint& was, const registry::Endpoint& is) {
  return !std::ranges::equal(was.worker_urls(), is.worker_urls());
}

// What its answers have said holds no more.
bool is_another(const registry::Endpoint& was, const registry::Endpoint& is) {
  return has_moved(was, is) || was.breaker != is.breaker || was.state != is.state ||
         was.retries.size() != is.retries.size() ||
         (!is.retries.empty() && was.retries.back().at != is.retries.back().at);
}

}  // namespace

Endpoints::Endpoints(Scheduler& scheduler, Sweep& sweep, Observer& observer, Notices& notices,
                     const crypto::Sealer& sealer, const Clock& clock, int first_in_flight)
    : scheduler_(scheduler),
      sweep_(sweep),
      observer_(observer),
      notices_(notices),
      sealer_(sealer),
      clock_(clock),
      first_in_flight_(first_in_flight) {}

Endpoint& Endpoints::of(const Match& match, const registry::State* state) {
  const auto found = endpoints_.find(match.key);
  if (found != endpoints_.end()) return *found->second;
  auto made = std::make_unique<Endpoint>();
  made->key = match.key;
  const auto tenant = state ? state->tenant(match.endpoint->tenant) : nullptr;
  made->lanes = &scheduler_.add(match.endpoint->tenant, tenant ? tenant->weight : 1);
  auto& limits = tenants_[match.endpoint->tenant];
  if (!limits)
    limits = std::make_shared<TenantLimits>(TenantLimits{tenant ? tenant->max_priority : registry::Priority::critical});
  made->limits = limits;
  made->reply = match.endpoint->id == kReplyEndpoint;
  made->affinity = next_affinity_++;
  made->meter = observer_.meter(*match.endpoint);
  made->attempts.since = clock_.unix_millis();
  Endpoint& endpoint = *made;
  endpoints_.emplace(match.key, std::move(made));
  update(endpoint, match.endpoint);
  return endpoint;
}

const Endpoint* Endpoints::find(std::string_view key) const {
  const auto found = endpoints_.find(key);
  return found == endpoints_.end() ? nullptr : found->second.get();
}

Endpoint* Endpoints::find(std::string_view key) {
  const auto found = endpoints_.find(key);
  return found == endpoints_.end() ? nullptr : found->second.get();
}

void Endpoints::use(registry::StatePtr state) {
  const registry::StatePtr before = std::exchange(state_, std::move(state));
  use_endpoints(*before);
  use_tenants(*before);
  notices_.states(*before, *state_);
}

void Endpoints::use(const Share& share) {
  if (share == share_) return;
  share_ = share;
  for (auto& [key, endpoint] : endpoints_) apply(*endpoint);
  for (const Owned& endpoint : leaving_) apply(*endpoint);
}

void Endpoints::use_endpoints(const registry::State& before) {
  registry::State::Map<registry::Endpoint>::difference(
      before.endpoints, state_->endpoints, [this](const std::string& key, const auto*, const auto* is) {
        const auto found = endpoints_.find(key);
        if (found == endpoints_.end()) return;
        Endpoint& endpoint = *found->second;
        // One that was made anew under the same name is another.
        if (is == nullptr || (*is)->created_at != endpoint.config().created_at)
          remove(endpoint);
        else if (is->get() != &endpoint.config())
          update(endpoint, *is);
      });
}

// What is in the scheduler already keeps its class; retries take the lower one.
void Endpoints::use_tenants(const registry::State& before) {
  const std::size_t others = state_->tenants.size() - (state_->tenant(registry::kDefaultTenant) ? 1 : 0);
  scheduler_.set_alone(others == 0);
  registry::State::Map<registry::Tenant>::difference(
      before.tenants, state_->tenants, [this](const std::string&, const auto* was, const auto* is) {
        const std::string& id = is ? (*is)->id : (*was)->id;
        scheduler_.set_weight(id, is ? (*is)->weight : 1);
        const auto found = tenants_.find(id);
        if (found == tenants_.end()) return;
        found->second->highest = is ? (*is)->max_priority : registry::Priority::critical;
        if (!is) tenants_.erase(found);  // its endpoints, which go, have it still
      });
}

void Endpoints::update(Endpoint& endpoint, std::shared_ptr<const registry::Endpoint> config) {
  if (!endpoint.target || is_another(endpoint.config(), *config)) begin_anew(endpoint, *config);
  endpoint.target = std::make_unique<Target>(std::move(config), sealer_);
  if (std::exchange(endpoint.token, {}).asked() != 0) end_wait(endpoint);
  if (endpoint.target->problem()) observer_.problem(endpoint.target->problem()->message);
  const Mode configured = mode_of(*endpoint.target);
  // Also where it is active again already: not every state is seen.
  const std::int64_t disabled_by = last_disabled_by(endpoint.config()), purged_by = last_purged_by(endpoint.config());
  const bool disabled_anew = disabled_by != std::exchange(endpoint.disabled_by, disabled_by);
  const bool purged_anew = purged_by != std::exchange(endpoint.purged_by, purged_by);
  if (disabled_anew || endpoint.mode != Mode::gone) endpoint.mode = configured;
  if ((disabled_anew && disabled_by >= 0) || (purged_anew && purged_by >= 0)) {
    sweep_.begin(endpoint);
    endpoint.ends_anew = true;
  }
  apply(endpoint);
  if (!takes(endpoint.mode)) observer_.left(endpoint.key);
}

void Endpoints::apply(Endpoint& endpoint) {
  const registry::Endpoint& config = endpoint.config();
  const SteadyTime now = clock_.now();
  endpoint.workers.set_most(share_.of(config.concurrency));
  endpoint.workers.set_timeout(millis_of(config.timeout_seconds));
  const auto urls = static_cast<int>(endpoint.workers.urls());
  const int together = std::min(share_.of(config.concurrency * urls), endpoint.workers.most() * urls);
  scheduler_.configure(*endpoint.lanes, together, share_.of(config.rate_per_second), now, urls);
  allow(endpoint);
  scheduler_.set_open(*endpoint.lanes, takes(endpoint.mode) && !endpoint.rests(), now);
  changed_.push_back(&endpoint);
}

// Who has mended it is not to wait for what was known of it before.
void Endpoints::begin_anew(Endpoint& endpoint, const registry::Endpoint& config) {
  const bool is_new = endpoint.workers.size() == 0;
  if (!is_new && !endpoint.workers.closed()) {
    end_rest(endpoint, clock_.now());
    notices_.breaker_closed(config);
  }
  if (!is_new && has_moved(endpoint.config(), config)) endpoint.attempts.failing_since = 0;
  begin_workers(endpoint, config, config.breaker);
}

void Endpoints::begin_workers(Endpoint& endpoint, const registry::Endpoint& config,
                              const std::optional<registry::BreakerSettings>& breaker) {
  Workers& workers = endpoint.workers;
  if (workers.size() > 0 && !workers.closed()) observer_.breaker_closed(endpoint.key, endpoint.meter);
  if (const int tripped = workers.tripped()) observer_.workers_tripped(endpoint.key, endpoint.meter, -tripped, {});
  // What goes to URLs of their own says nothing of one another.
  workers.begin_anew(config.worker_urls(), breaker, endpoint.reply ? 0 : first_in_flight_);
  wake_worker_at(endpoint, std::nullopt);
}

// So many requests as its workers' answers allow; of one that fails, the probe alone.
void Endpoints::allow(Endpoint& endpoint) {
  scheduler_.allow(*endpoint.lanes, endpoint.workers.allowed(), clock_.now());
}

Seat Endpoints::choose(Endpoint& endpoint, const Workers::Ids& tried) {
  Seat seat = endpoint.workers.choose(tried, clock_.now());
  allow(endpoint);
  return seat;
}

void Endpoints::learn(Endpoint& endpoint, const Seat& seat, const http::ResolutionPtr& resolution) {
  if (endpoint.reply || !resolution) return;
  const Standing before = standing_of(endpoint);
  if (!endpoint.workers.learn(seat.worker(), resolution)) return;
  tell(endpoint, before, {});
  apply(endpoint);
}

void Endpoints::answered(Endpoint& endpoint, const Seat& seat, Health health, Micros took) {
  if (endpoint.reply || health == Health::unknown) return;
  const Standing before = standing_of(endpoint);
  endpoint.workers.answered(seat, health, clock_.now(), took);
  if (health == Health::works) scheduler_.worked(*endpoint.lanes, clock_.now());
  tell(endpoint, before, seat.worker().name);
  allow(endpoint);
}

Endpoints::Standing Endpoints::standing_of(const Endpoint& endpoint) {
  return {endpoint.workers.closed(), endpoint.workers.tripped()};
}

// While the breakers of all are open it rests; else each of them ends in its own time.
void Endpoints::tell(Endpoint& endpoint, const Standing& before, std::string_view worker) {
  const Standing now = standing_of(endpoint);
  const auto open_until = endpoint.workers.open_until();
  if (open_until) rest(endpoint, *open_until);
  wake_worker_at(endpoint, open_until ? std::nullopt : endpoint.workers.next_wake());
  if (const int more = now.tripped - before.tripped; more != 0)
    observer_.workers_tripped(endpoint.key, endpoint.meter, more, more > 0 ? worker : std::string_view());
  if (before.closed && !now.closed) {
    observer_.breaker_opened(endpoint.key, endpoint.meter);
    notices_.breaker_opened(endpoint.config());
  }
  if (before.closed || !now.closed) return;
  end_rest(endpoint, clock_.now());
  observer_.breaker_closed(endpoint.key, endpoint.meter);
  notices_.breaker_closed(endpoint.config());
}

void Endpoints::wake_worker_at(Endpoint& endpoint, std::optional<SteadyTime> at) {
  waking_.erase({endpoint.wakes_worker_at, &endpoint});
  endpoint.wakes_worker_at = at.value_or(SteadyTime::min());
  if (at) waking_.insert({*at, &endpoint});
}

void Endpoints::wake_workers(SteadyTime now) {
  while (!waking_.empty() && waking_.begin()->first <= now) {
    Endpoint& endpoint = *waking_.begin()->second;
    endpoint.workers.wake(now);
    wake_worker_at(endpoint, endpoint.workers.next_wake());
    allow(endpoint);
  }
}

void Endpoints::given_up(Endpoint& endpoint) {
  endpoint.mode = Mode::gone;
  apply(endpoint);
}

void Endpoints::disable_failed(std::string_view key) {
  const auto found = endpoints_.find(key);
  if (found == endpoints_.end()) return;
  Endpoint& endpoint = *found->second;
  if (endpoint.mode == Mode::gone) endpoint.mode = mode_of(*endpoint.target);
  apply(endpoint);
}

// What waits is ended round by round; what is sent ends by itself. The same id may come again meanwhile.
void Endpoints::remove(Endpoint& endpoint) {
  endpoint.mode = Mode::deleted;
  begin_workers(endpoint, endpoint.config(), std::nullopt);
  apply(endpoint);
  observer_.left(endpoint.key);
  sweep_.begin(endpoint);
  const auto found = endpoints_.find(endpoint.key);
  leaving_.push_back(std::move(found->second));
  endpoints_.erase(found);
}

void Endpoints::rest(Endpoint& endpoint, SteadyTime until) {
  if (until <= endpoint.rests_until) return;
  resting_.erase({endpoint.rests_until, &endpoint});
  endpoint.rests_until = until;
  resting_.insert({until, &endpoint});
  apply(endpoint);
}

// It wakes in this round or the next.
void Endpoints::end_rest(Endpoint& endpoint, SteadyTime now) {
  endpoint.is_back = true;
  wake_at(endpoint, now);
}

void Endpoints::end_wait(Endpoint& endpoint) {
  if (endpoint.rests() && !endpoint.workers.open_until()) wake_at(endpoint, clock_.now());
}

void Endpoints::wake_at(Endpoint& endpoint, SteadyTime at) {
  if (endpoint.rests() && endpoint.rests_until <= at) return;
  resting_.erase({endpoint.rests_until, &endpoint});
  endpoint.rests_until = at;
  resting_.insert({at, &endpoint});
}

Endpoint* Endpoints::wake(SteadyTime now) {
  wake_workers(now);
  if (resting_.empty() || resting_.begin()->first > now) return nullptr;
  Endpoint& endpoint = *resting_.begin()->second;
  resting_.erase(resting_.begin());
  endpoint.rests_until = SteadyTime::min();
  endpoint.workers.wake(now);
  if (!endpoint.workers.open_until()) wake_worker_at(endpoint, endpoint.workers.next_wake());
  apply(endpoint);
  return &endpoint;
}

std::optional<SteadyTime> Endpoints::next_wake() const {
  std::optional<SteadyTime> next;
  for (const auto* const times : {&resting_, &waking_})
    if (!times->empty()) next = next ? std::min(*next, times->begin()->first) : times->begin()->first;
  return next;
}

void Endpoints::drop_left() {
  std::erase_if(leaving_, [&](const Owned& endpoint) {
    if (endpoint->deliveries > 0 || endpoint->sweeping || Backlogs::any_open(*endpoint)) return false;
    Backlogs::part_with(*endpoint);
    scheduler_.remove(*endpoint->lanes);
    std::erase(changed_, endpoint.get());
    resting_.erase({endpoint->rests_until, endpoint.get()});
    wake_worker_at(*endpoint, std::nullopt);
    return true;
  });
}

}  // namespace certes::dispatcher
