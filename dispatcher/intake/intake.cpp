#include "dispatcher/intake/intake.hpp"

#include "common/event/redelivery.hpp"

namespace certes::dispatcher {

void EventIntake::take(log::RecordPtr record) {
  parts_.observer.read();
  auto view = parts_.arrivals.readable(*record);
  Unrouted next{std::move(record), Duplicate{}, {}, {}};
  if (!view)
    next.what = Malformed{std::string(view.error().message)};
  else if (!duplicate(*next.record, *view))
    next.what = *view;
  if (std::holds_alternative<Duplicate>(next.what)) parts_.observer.duplicate();
  const std::size_t bytes = next.record->size() + sizeof(log::StoredRecord);
  next.memory = Charge(parts_.book.memory(), bytes);
  next.unrouted = Charge(unrouted_memory_, bytes);
  unrouted_.push_back(std::move(next));
}

bool EventIntake::duplicate(const log::StoredRecord& record, const event::EventView& view) {
  if (!options_.deduplicate) return false;
  Duplicates& seen = duplicates(record.partition);
  if (view.client_gave_id && view.replay.empty())
    return seen.seen(event::identity(view.tenant, view.source, view.client_id), record.offset, record.appended_at);
  if (event::made_once(view.replay))
    return seen.seen(event::replay_identity(view.tenant, view.replay, view.id), record.offset, record.appended_at);
  seen.passed(record.offset);
  return false;
}

Duplicates& EventIntake::duplicates(std::int32_t partition) {
  const auto known = duplicates_.find(partition);
  if (known != duplicates_.end()) return known->second;
  return duplicates_.try_emplace(partition, options_.deduplicate_ids, options_.deduplicate_window).first->second;
}

void EventIntake::on_past_record(const log::StoredRecord& record) {
  if (const auto view = parts_.arrivals.readable(record))
    duplicate(record, *view);
  else
    duplicates(record.partition).passed(record.offset);
  parts_.observer.read_back();
}

std::size_t EventIntake::identities() const {
  std::size_t sum = 0;
  for (const auto& [partition, known] : duplicates_) sum += known.size();
  return sum;
}

std::size_t EventIntake::identity_bytes() const {
  std::size_t sum = 0;
  for (const auto& [partition, known] : duplicates_) sum += known.bytes();
  return sum;
}

// One question at a time serves all that were fetched before it.
void EventIntake::ask_fence() {
  while (!fence_out_ && (!unrouted_.empty() || parts_.loader.awaits_fence())) {
    asked_ = unrouted_.size();
    parts_.loader.fence_asked();
    auto state = parts_.registrar.fence();
    fence_out_ = !state;
    if (!state) return;
    if (parts_.routes.use(state)) parts_.endpoints.use(std::move(state));
    on_fence();
  }
}

void EventIntake::on_fence() {
  fence_out_ = false;
  parts_.loader.fenced();
  route_asked();
}

void EventIntake::route_asked() {
  for (; asked_ > 0; --asked_) {
    const Unrouted next = std::move(unrouted_.front());
    unrouted_.pop_front();
    if (next.record) route(next);
  }
}

void EventIntake::leave(std::int32_t partition) {
  for (Unrouted& unrouted : unrouted_) {
    if (!unrouted.record || unrouted.record->partition != partition) continue;
    unrouted.record = nullptr;
    unrouted.memory = {};
    unrouted.unrouted = {};
  }
}

}  // namespace certes::dispatcher
