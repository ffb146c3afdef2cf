#include "dispatcher/core/core.hpp"

#include <algorithm>

#include "common/log/names.hpp"
#include "dispatcher/delivery/delivery_id.hpp"
#include "dispatcher/delivery/request_builder.hpp"
#include "dispatcher/retry/outcome.hpp"

namespace certes::dispatcher {

Core::Core(CoreOptions options, CorePorts ports)
    : options_(std::move(options)),
      ports_(ports),
      random_(options_.seed),
      resigner_(ports.sealer, options_.resign_only_where_said),
      start_(ports.clock.now()),
      scheduler_(options_.shares, start_),
      ids_(ports.clock, options_.seed) {}

// Lists let go of what they hold before the pools do.
Core::~Core() {
  deliveries_.for_each([&](Delivery& delivery) { stop_waiting(delivery); });
}

void Core::run() {
  const SteadyTime now = ports_.clock.now();
  ask_fence();
  expire_retries(now);
  wake_rested(now);
  release_held(now);
  if (draining_) return;
  sweep();
  send_waiting(now);
}

std::size_t Core::room() const {
  static constexpr std::size_t kBatch = 512;
  if (draining_ || memory_ >= options_.memory_bytes) return 0;
  return std::clamp<std::size_t>((options_.memory_bytes - memory_) / record_bytes_, 1, kBatch);
}

std::optional<SteadyTime> Core::next_at() {
  const SteadyTime now = ports_.clock.now();
  if (draining_) return std::nullopt;
  if (!sweeping_.empty()) return now;
  std::optional<SteadyTime> when;
  if (scheduler_.in_flight() < options_.in_flight_max) when = scheduler_.next_at(now);
  if (const auto retry = wheel_.next()) {
    const SteadyTime due = start_ + Millis{static_cast<std::int64_t>(*retry)};
    when = when ? std::min(*when, due) : due;
  }
  if (!resting_.empty()) when = when ? std::min(*when, resting_.begin()->first) : resting_.begin()->first;
  return when;
}

void Core::expire_retries(SteadyTime now) {
  while (Timer* due = wheel_.expire(tick(now))) {
    auto& delivery = *static_cast<Delivery*>(due);
    if (delivery.awaits) {
      no_result(delivery);
      continue;
    }
    --retrying_[static_cast<std::size_t>(delivery.priority)];
    static_cast<NodeOf<EndpointDeliveries>&>(delivery).unlink();
    enqueue(delivery);
  }
}

void Core::release_held(SteadyTime now) {
  for (auto& [number, list] : held_) {
    if (!list.empty() && ports_.outcomes.may_act(number)) put_back(list, now);
  }
}

// Into the scheduler, each before those that came after it.
void Core::put_back(List<Waiting, NodeOf<WaitingNode>>& held, SteadyTime now) {
  std::vector<Delivery*> back;
  while (Waiting* item = held.pop_front()) back.push_back(static_cast<Delivery*>(item));
  for (auto at = back.rbegin(); at != back.rend(); ++at) {
    (*at)->state = Stage::queued;
    scheduler_.push_front(*(*at)->endpoint->lanes, **at, (*at)->priority, (*at)->attempts > 0, now);
  }
}

void Core::send_waiting(SteadyTime now) {
  while (scheduler_.in_flight() < options_.in_flight_max) {
    Waiting* item = scheduler_.next(now);
    if (item == nullptr) return;
    auto& delivery = *static_cast<Delivery*>(item);
    delivery.slot = true;
    const std::int32_t number = delivery.record->record->partition;
    if (ports_.outcomes.may_act(number)) {
      start(delivery);
    } else {
      free_slot(delivery);
      delivery.state = Stage::held;
      held_[number].push_back(delivery);
    }
  }
}

void Core::start(Delivery& delivery) {
  if (!still_matched(delivery)) {
    settle(delivery, Stage::recording);
    return close_unsent(delivery, kCancelled, kUnmatched);
  }
  settle(delivery, Stage::sending);
  const EndpointEntry& entry = *delivery.endpoint;
  if (entry.target->problem()) {
    http::TransferResult result;
    result.id = delivery.id;
    result.error = http::TransferError::internal;
    result.message = entry.target->problem()->message;
    return attempt_ended(delivery, result);
  }
  const log::RecordPtr& record = delivery.record->record;
  const std::string event = event_id(*record);
  const std::string name = delivery_id(event, entry.config().id, record->headers.get(log::names::kReplay));
  AttemptRequest request;
  request.id = delivery.id;
  request.delivery = name;
  request.event_id = event;
  request.attempt = delivery.attempts + 1;
  request.now = ports_.clock.unix_millis();
  request.affinity = entry.affinity;
  if (entry.reply) request.url = record->headers.get(log::names::kReplyTo);
  request.anew = resigner_(*record, *state_, request.now);
  ports_.sending.submit(build_request(record, *entry.target, request, random_));
}

void Core::enqueue(Delivery& delivery) {
  delivery.state = Stage::queued;
  EndpointEntry& entry = *delivery.endpoint;
  entry.waiting.push_back(delivery);
  uncount_age(delivery);
  delivery.priority = std::max(delivery.priority, entry.highest);
  count_age(delivery);
  scheduler_.push(*entry.lanes, delivery, delivery.priority, delivery.attempts > 0, ports_.clock.now());
  if (doomed(delivery)) begin_sweep(entry);
}

void Core::wait_until(Delivery& delivery, UnixMillis due) {
  const Millis delay{std::max<std::int64_t>(0, due - ports_.clock.unix_millis())};
  delivery.state = Stage::retry;
  count_age(delivery);
  delivery.endpoint->waiting.push_back(delivery);
  ++retrying_[static_cast<std::size_t>(delivery.priority)];
  // Rounded up, so that no retry is a fraction of a millisecond early.
  wheel_.add(delivery, tick(ports_.clock.now() + delay) + 1);
  if (doomed(delivery)) begin_sweep(*delivery.endpoint);
}

void Core::stop_waiting(Delivery& delivery) {
  if (delivery.awaits && delivery.state == Stage::retry) return stop_awaiting(delivery);
  if (!static_cast<NodeOf<EndpointDeliveries>&>(delivery).linked()) return;
  static_cast<NodeOf<EndpointDeliveries>&>(delivery).unlink();
  switch (delivery.state) {
    case Stage::queued: scheduler_.erase(delivery); break;
    case Stage::held: static_cast<Waiting&>(delivery).unlink(); break;
    case Stage::retry:
      wheel_.cancel(delivery);
      --retrying_[static_cast<std::size_t>(delivery.priority)];
      break;
    case Stage::sending:
    case Stage::recording: break;
  }
}

void Core::settle(Delivery& delivery, Stage state) {
  stop_waiting(delivery);
  delivery.state = state;
  ++unsettled_;
  ++partition(delivery.record->record->partition).unsettled;
}

void Core::unsettle(Delivery& delivery) {
  --unsettled_;
  --partition(delivery.record->record->partition).unsettled;
}

// Its end is recorded.
void Core::end(Delivery& delivery) {
  OpenRecord& open = *delivery.record;
  forget(delivery);
  close_if_done(open);
}

// Gives the delivery back; its record stays. Precondition: not unsettled.
void Core::forget(Delivery& delivery) {
  stop_waiting(delivery);
  free_slot(delivery);
  uncount_age(delivery);
  if (delivery.record) untrack(delivery);
  if (delivery.record) --delivery.record->open;
  if (delivery.record && delivery.last) --delivery.record->decided;
  if (delivery.endpoint) --delivery.endpoint->deliveries;
  memory_ -= Pool<Delivery>::kBytes;
  deliveries_.give_back(delivery);
}

void Core::free_slot(Delivery& delivery) {
  if (!delivery.slot) return;
  delivery.slot = false;
  scheduler_.release(*delivery.endpoint->lanes, ports_.clock.now());
}

void Core::close_if_done(OpenRecord& open) {
  if (open.open > 0) return;
  if (!open.abandoned) ports_.outcomes.finish(open.origin());
  memory_ -= open.record->size() + sizeof(log::StoredRecord) + Pool<OpenRecord>::kBytes;
  records_.give_back(open);
}

Core::Partition& Core::partition(std::int32_t number) {
  const auto at = static_cast<std::size_t>(number);
  if (at >= partitions_.size()) partitions_.resize(at + 1);
  return partitions_[at];
}

std::uint64_t Core::tick(SteadyTime at) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::duration_cast<Millis>(at - start_).count()));
}

}  // namespace certes::dispatcher
