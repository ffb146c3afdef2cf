#include "dispatcher/intake/intake.hpp"

#include "common/base/seconds.hpp"
#include "common/event/redelivery.hpp"
#include "dispatcher/book/delivery_id.hpp"

namespace certes::dispatcher {

EventIntake::EventIntake(const CoreOptions& options, const IntakeParts& parts) : options_(options), parts_(parts) {}

void EventIntake::take(log::RecordPtr record, const DeliveryStates& known) {
  OpenRecord& open = parts_.book.open(std::move(record), known);
  parts_.book.stay(open.record->partition);
  const auto view = readable(*open.record);
  if (!view) return malformed(open, view.error().message);
  if (duplicate(*open.record, *view)) {
    parts_.observer.duplicate();
    return parts_.book.close_if_done(open);
  }
  unrouted_.push_back({&open, *view, Charge(unrouted_memory_, open.memory.amount())});
}

void EventIntake::malformed(OpenRecord& open, std::string_view why) {
  const Place place = open.place();
  if (open.known) {
    const auto known = open.known->find(delivery_id(text_of(place), "malformed", {}));
    if (known != open.known->end() && known->second.done) return parts_.book.close_if_done(open);
  }
  parts_.recorder.give_up(parts_.book.add(open, nullptr),
                          {"malformed", "partition " + std::to_string(place.partition) + ", offset " +
                                            std::to_string(place.offset) + ": " + std::string(why)});
}

// Error: why it is dead-lettered as malformed.
Result<event::EventView> EventIntake::readable(const log::StoredRecord& record) const {
  auto view = event::view(record);
  if (!view || record.size() <= options_.max_record_bytes) return view;
  return fail(Code::too_large, "its " + std::to_string(record.size()) + " bytes are more than Certes' topics take (" +
                                   std::to_string(options_.max_record_bytes) + ")");
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
  if (const auto view = readable(record))
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
  for (; !fence_out_ && route_asked() && !unrouted_.empty();) {
    asked_ = unrouted_.size();
    auto state = parts_.registrar.fence();
    fence_out_ = !state;
    if (parts_.routes.use(state)) parts_.endpoints.use(std::move(state));
  }
}

void EventIntake::on_fence() {
  fence_out_ = false;
  route_asked();
}

// False: memory is full of what has been routed. An event may have any number of deliveries: one at a time.
bool EventIntake::route_asked() {
  for (; asked_ > 0; --asked_) {
    const std::size_t held = parts_.book.memory_bytes() + parts_.outcomes.memory_bytes();
    if (held >= options_.memory_bytes + unrouted_memory_.held()) return false;
    const Unrouted next = std::move(unrouted_.front());
    unrouted_.pop_front();
    if (next.record) route(*next.record, next.view);
  }
  return true;
}

void EventIntake::leave(std::int32_t partition) {
  for (Unrouted& unrouted : unrouted_) {
    if (!unrouted.record || unrouted.record->record->partition != partition) continue;
    unrouted.record->abandoned = true;
    unrouted.memory = {};
    parts_.book.close_if_done(*std::exchange(unrouted.record, nullptr));
  }
}

// For results that go to a URL (reply_to): an endpoint that is no resource.
Match EventIntake::reply_match(std::string_view tenant) {
  auto& endpoint = replies_[std::string(tenant)];
  if (!endpoint) {
    auto made = std::make_shared<registry::Endpoint>();
    made->tenant = tenant;
    made->id = kReplyEndpoint;
    made->concurrency = options_.reply_concurrency;
    made->timeout_seconds = seconds_of(options_.reply_timeout);
    const std::string context = made->tenant + "/endpoints/" + made->id;
    for (const auto& secret : parts_.sealer.derived_secrets("reply_to/" + made->tenant))
      made->secrets.push_back({parts_.sealer.seal(secret, context), 0});
    endpoint = std::move(made);
  }
  return parts_.routes.router().apart(tenant, endpoint);
}

}  // namespace certes::dispatcher
