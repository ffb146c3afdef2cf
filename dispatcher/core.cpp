#include "dispatcher/core.hpp"

#include <algorithm>

namespace certes::dispatcher {
namespace {
constexpr std::size_t kEndingBytes = 8u << 20;

// Requests take at most half of the memory.
CoreOptions fitted(CoreOptions options) {
  options.in_flight_max = std::clamp<std::size_t>(options.memory_bytes / 2 / kRequestBytes, 1,
                                                  std::max<std::size_t>(1, options.in_flight_max));
  options.shares.in_flight_max = options.in_flight_max;
  return options;
}

}  // namespace

Core::Core(CoreOptions options, CorePorts ports)
    : options_(fitted(std::move(options))),
      ports_(ports),
      scheduler_(options_.shares, ports.clock.now()),
      awaiting_(options_.awaiting_bytes),
      routes_(options_.routing),
      endpoints_(scheduler_, sweep_, ports.observer, ports.sealer, ports.clock),
      book_(scheduler_, sweep_, awaiting_, ports.outcomes, ports.clock),
      recorder_(options_, book_, ports.outcomes, ports.observer, ports.clock),
      attempts_(options_, {book_, endpoints_, recorder_, routes_, awaiting_, ports.transfers, ports.registrar,
                           ports.observer, ports.sealer, ports.clock}),
      intake_(options_, {book_, endpoints_, recorder_, routes_, ports.registrar, ports.outcomes, ports.observer,
                         ports.sealer, ports.clock}) {}

void Core::run() {
  const SteadyTime now = ports_.clock.now();
  intake_.ask_fence();
  expire(now);
  wake_rested(now);
  book_.release_held();
  if (draining_) return;
  sweep();
  send_waiting(now);
}

void Core::expire(SteadyTime now) {
  while (Delivery* due = book_.expire(now)) {
    if (std::holds_alternative<AwaitingResult>(due->place))
      recorder_.no_result(*due);
    else
      book_.queue(*due);
  }
}

void Core::wake_rested(SteadyTime now) {
  while (Endpoint* endpoint = endpoints_.wake(now)) book_.release_rested(*endpoint);
}

void Core::sweep() {
  sweep_.run([this](Delivery& delivery) { recorder_.end_unsent(delivery); }, [this] { return may_end_more(); });
  endpoints_.drop_left();
}

// Of what a sweep ends: its dead letters have the payload again until they are acknowledged, which wakes the loop.
bool Core::may_end_more() const { return ports_.outcomes.memory_bytes() < kEndingBytes; }

void Core::send_waiting(SteadyTime now) {
  while (scheduler_.in_flight() < options_.in_flight_max) {
    Slot slot;
    Delivery* delivery = book_.next(now, slot);
    if (delivery == nullptr) return;
    if (ports_.outcomes.may_act(delivery->record->record->partition))
      attempts_.start(*delivery, std::move(slot));
    else
      book_.hold(*delivery);
  }
}

Core::Room Core::room() const {
  static constexpr std::size_t kBatch = 512;
  if (draining_ || is_full()) return {};
  return {kBatch, options_.memory_bytes - memory_bytes()};
}

std::optional<SteadyTime> Core::next_at() {
  const SteadyTime now = ports_.clock.now();
  if (draining_) return std::nullopt;
  if (sweep_.running() && may_end_more()) return now;
  std::optional<SteadyTime> when;
  const auto earlier = [&](std::optional<SteadyTime> other) {
    if (other) when = when ? std::min(*when, *other) : *other;
  };
  if (scheduler_.in_flight() < options_.in_flight_max) earlier(scheduler_.next_at(now));
  earlier(book_.next_expiry());
  earlier(endpoints_.next_wake());
  return when;
}

void Core::on_fence(registry::StatePtr state) {
  on_state(std::move(state));
  intake_.on_fence();
}

void Core::on_state(registry::StatePtr state) {
  if (routes_.use(state)) endpoints_.use(std::move(state));
}

// A partition that goes: a revoked one stops sending and lets go once nothing of it is out; a lost one is forgotten.
void Core::on_revoked(std::int32_t partition) {
  leave(partition, false);
  book_.let_go_if_settled(partition);
}

void Core::on_lost(std::int32_t partition) { leave(partition, true); }

void Core::leave(std::int32_t partition, bool lost) {
  intake_.leave(partition);
  book_.leave(partition, lost, [this](std::uint64_t id) { ports_.transfers.abort(id); });
}

void Core::abort_all() {
  book_.each_delivery([this](Delivery& delivery) {
    if (std::holds_alternative<Sending>(delivery.place)) ports_.transfers.abort(delivery.id);
  });
}

CoreGauges Core::gauges() const {
  CoreGauges gauges;
  gauges.in_flight = scheduler_.in_flight();
  gauges.memory_bytes = memory_bytes();
  gauges.awaiting_bytes = awaiting_.held();
  gauges.identities = intake_.identities();
  gauges.identity_bytes = intake_.identity_bytes();
  for (std::size_t i = 0; i < registry::kPriorities; ++i) {
    const auto priority = static_cast<Priority>(i);
    gauges.waiting[i] = scheduler_.waiting(priority, false) + scheduler_.waiting(priority, true);
    gauges.retrying[i] = book_.retrying(priority);
    gauges.oldest_waiting[i] = book_.oldest_waiting(priority);
  }
  gauges.endpoint_waiting = book_.waiting_by_meter();
  return gauges;
}

std::size_t Core::open_deliveries(std::string_view endpoint_key) const {
  const Endpoint* endpoint = endpoints_.find(endpoint_key);
  return endpoint == nullptr ? 0 : endpoint->deliveries;
}

}  // namespace certes::dispatcher
