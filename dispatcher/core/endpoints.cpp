// Endpoints as the registry changes them: limits, pauses, and the end of what waits for one that is no more.
#include <algorithm>

#include "dispatcher/core/core.hpp"
#include "dispatcher/retry/outcome.hpp"
#include "dispatcher/routing/fate.hpp"

namespace certes::dispatcher {
namespace {
constexpr std::size_t kEndedPerRound = 256;
constexpr std::size_t kLooksPerRound = 4'096;
}  // namespace

EndpointEntry& Core::endpoint_for(const Match& match) {
  const auto found = endpoints_.find(match.key);
  if (found != endpoints_.end()) return *found->second;
  auto made = std::make_unique<EndpointEntry>();
  made->key = match.key;
  const auto tenant = state_ ? state_->tenant(match.endpoint->tenant) : nullptr;
  made->lanes = &scheduler_.add(match.endpoint->tenant, tenant ? tenant->weight : 1);
  made->highest = tenant ? tenant->max_priority : registry::Priority::critical;
  made->reply = match.endpoint->id == kReplyEndpoint;
  made->affinity = static_cast<std::size_t>(next_affinity_++);
  made->meter = ports_.observer.meter(*match.endpoint);
  EndpointEntry& entry = *made;
  endpoints_.emplace(match.key, std::move(made));
  update(entry, match.endpoint);
  return entry;
}

void Core::use_state(registry::StatePtr state) {
  if (!state || (state_ && state->number <= state_->number)) return;
  state_ = std::move(state);
  router_.reset();
  std::vector<EndpointEntry*> deleted;
  for (auto& [key, entry] : endpoints_) {
    if (entry->reply) continue;
    const auto found = state_->endpoints.find(key);
    // One that was made anew under the same name is another.
    if (found == state_->endpoints.end() || found->second->created_at != entry->config().created_at)
      deleted.push_back(entry.get());
    else if (found->second.get() != &entry->config())
      update(*entry, found->second);
  }
  for (EndpointEntry* entry : deleted) remove(*entry);
  use_tenants();
}

// What is in the scheduler already keeps its class; retries take the lower one.
void Core::use_tenants() {
  scheduler_.set_weights([this](std::string_view id) {
    const auto tenant = state_->tenant(id);
    return tenant ? tenant->weight : 1;
  });
  for (auto& [key, entry] : endpoints_) {
    const auto tenant = state_->tenant(entry->config().tenant);
    entry->highest = tenant ? tenant->max_priority : registry::Priority::critical;
  }
}

void Core::update(EndpointEntry& entry, std::shared_ptr<const registry::Endpoint> config) {
  entry.target = std::make_unique<Target>(std::move(config), ports_.sealer);
  if (entry.target->problem()) ports_.observer.problem(entry.target->problem()->message);
  // Also where it is active again already: not every state is seen.
  if (const UnixMillis at = last_disabled_at(entry.config()); at != entry.swept_from) {
    entry.swept_from = at;
    entry.gone = false;
    if (at != 0) begin_sweep(entry);
  }
  apply(entry);
  if (!entry.taking()) ports_.observer.left(entry.key);
}

void Core::apply(EndpointEntry& entry) {
  const registry::Endpoint& config = entry.config();
  const SteadyTime now = ports_.clock.now();
  scheduler_.configure(*entry.lanes, config.concurrency, config.rate_per_second, now);
  scheduler_.set_open(*entry.lanes, entry.taking() && !entry.rests(), now);
}

void Core::on_disable_failed(std::string_view key) {
  const auto found = endpoints_.find(key);
  if (found == endpoints_.end()) return;
  found->second->gone = false;
  apply(*found->second);
}

// What waits is ended round by round; what is sent ends by itself. The same id may come again meanwhile.
void Core::remove(EndpointEntry& entry) {
  entry.deleted = true;
  apply(entry);
  ports_.observer.left(entry.key);
  begin_sweep(entry);
  const auto found = endpoints_.find(entry.key);
  leaving_.push_back(std::move(found->second));
  endpoints_.erase(found);
}

// Nothing is sent to it until then.
void Core::rest(EndpointEntry& entry, SteadyTime until) {
  if (until <= entry.rests_until) return;
  resting_.erase({entry.rests_until, &entry});
  entry.rests_until = until;
  resting_.insert({until, &entry});
  apply(entry);
}

void Core::wake_rested(SteadyTime now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    EndpointEntry& entry = *resting_.begin()->second;
    resting_.erase(resting_.begin());
    entry.rests_until = SteadyTime::min();
    put_back(entry.given_back, now);
    apply(entry);
  }
}

void Core::begin_sweep(EndpointEntry& entry) {
  entry.to_inspect = entry.deliveries;
  if (std::exchange(entry.sweeping, true)) return;
  sweeping_.push_back(&entry);
}

bool Core::doomed(const Delivery& delivery) {
  const EndpointEntry& entry = *delivery.endpoint;
  return entry.deleted || fate_of(entry.config(), delivery.record->record->appended_at) != Fate::deliver;
}

void Core::sweep() {
  std::size_t endings = kEndedPerRound, looks = kLooksPerRound;
  std::vector<EndpointEntry*> again;
  const auto batch = std::exchange(sweeping_, {});
  for (EndpointEntry* entry : batch) {
    sweep(*entry, endings, looks);
    entry->sweeping = entry->to_inspect > 0 && !entry->waiting.empty();
    if (entry->sweeping) again.push_back(entry);
  }
  sweeping_.insert(sweeping_.end(), again.begin(), again.end());
  std::erase_if(leaving_, [&](const std::unique_ptr<EndpointEntry>& entry) {
    if (entry->deliveries > 0 || entry->sweeping) return false;
    scheduler_.remove(*entry->lanes);
    resting_.erase({entry->rests_until, entry.get()});
    return true;
  });
}

void Core::sweep(EndpointEntry& entry, std::size_t& endings, std::size_t& looks) {
  for (; endings > 0 && looks > 0 && entry.to_inspect > 0 && !entry.waiting.empty(); --looks, --entry.to_inspect) {
    Delivery& delivery = *entry.waiting.front();
    if (doomed(delivery)) {
      end_unsent(delivery);
      --endings;
    } else {  // looked at
      static_cast<NodeOf<EndpointDeliveries>&>(delivery).unlink();
      entry.waiting.push_back(delivery);
    }
  }
}

void Core::end_unsent(Delivery& delivery) {
  settle(delivery, Stage::recording);
  if (!delivery.endpoint->deleted) return give_up(delivery, kEndpointDisabled, disabled_text(*delivery.endpoint));
  close_unsent(delivery, kCancelled, "the endpoint was deleted");
}

}  // namespace certes::dispatcher
