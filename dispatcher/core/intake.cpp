// What becomes of a record that was read: checked, held for the fence, routed into deliveries.
#include <algorithm>

#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "dispatcher/core/core.hpp"
#include "dispatcher/delivery/delivery_id.hpp"
#include "dispatcher/retry/outcome.hpp"
#include "dispatcher/routing/fate.hpp"

namespace certes::dispatcher {
namespace {

using registry::EventKind;

std::string place_of(const log::StoredRecord& record) {
  return std::to_string(record.partition) + ":" + std::to_string(record.offset);
}

// Some delivery of it has reached its end.
bool has_end(const OpenRecord& open) {
  if (!open.known) return false;
  return std::any_of(open.known->begin(), open.known->end(), [](const auto& known) { return known.second.done; });
}

}  // namespace

void Core::on_record(log::RecordPtr record, const log::DeliveryStates& known) {
  OpenRecord& open = records_.take();
  open.record = std::move(record);
  if (!known.empty()) open.known = std::make_unique<log::DeliveryStates>(known);
  memory_ += open.record->size() + sizeof(log::StoredRecord) + Pool<OpenRecord>::kBytes;
  partition(open.record->partition).revoking = false;
  const auto view = readable(*open.record);
  if (!view) return malformed(open, view.error().message);
  if (duplicate(*open.record, *view)) {
    ports_.observer.duplicate();
    return close_if_done(open);
  }
  unrouted_.push_back({&open, *view});
}

void Core::malformed(OpenRecord& open, std::string_view why) {
  const log::StoredRecord& record = *open.record;
  const std::string name = delivery_id(place_of(record), "malformed", {});
  const auto* known = known_of(open, name);
  if (known && known->done) return close_if_done(open);
  Delivery& delivery = deliveries_.take();
  memory_ += Pool<Delivery>::kBytes;
  delivery.record = &open;
  ++open.open;
  settle(delivery, Stage::recording);
  give_up(delivery, "malformed",
          "partition " + std::to_string(record.partition) + ", offset " + std::to_string(record.offset) + ": " +
              std::string(why));
}

// Error: why it is dead-lettered as malformed.
Result<event::EventView> Core::readable(const log::StoredRecord& record) const {
  auto view = event::view(record);
  if (!view || record.size() <= options_.max_record_bytes) return view;
  return fail(Code::too_large, "its " + std::to_string(record.size()) + " bytes are more than Certes' topics take (" +
                                   std::to_string(options_.max_record_bytes) + ")");
}

bool Core::duplicate(const log::StoredRecord& record, const event::EventView& view) {
  if (!options_.deduplicate) return false;
  Duplicates& seen = duplicates(record.partition);
  if (view.client_gave_id && view.replay.empty())
    return seen.seen(event::identity(view.tenant, view.source, view.client_id), record.offset, record.appended_at);
  if (event::made_once(view.replay))
    return seen.seen(event::replay_identity(view.tenant, view.replay, view.id), record.offset, record.appended_at);
  seen.passed(record.offset);
  return false;
}

Duplicates& Core::duplicates(std::int32_t number) {
  auto& seen = partition(number).duplicates;
  if (!seen) seen = std::make_unique<Duplicates>(options_.deduplicate_ids, options_.deduplicate_window);
  return *seen;
}

void Core::on_past_record(const log::StoredRecord& record) {
  if (const auto view = readable(record))
    duplicate(record, *view);
  else
    duplicates(record.partition).passed(record.offset);
  ports_.observer.read_back();
}

std::int64_t Core::past_known(std::int32_t number) { return duplicates(number).next(); }
void Core::on_replaced(std::int32_t number) { duplicates(number).clear(); }

// One question at a time serves all that were fetched before it.
void Core::ask_fence() {
  while (!unrouted_.empty() && !fence_out_) {
    asked_ = unrouted_.size();
    auto state = ports_.registrar.fence();
    if (!state) {
      fence_out_ = true;
      return;
    }
    use_state(std::move(state));
    route_asked();
  }
}

void Core::on_fence(registry::StatePtr state) {
  fence_out_ = false;
  use_state(std::move(state));
  route_asked();
}

void Core::on_state(registry::StatePtr state) { use_state(std::move(state)); }

Router& Core::router() {
  if (!router_) router_ = std::make_unique<Router>(state_, options_.routing);
  return *router_;
}

void Core::route_asked() {
  router();
  for (; asked_ > 0; --asked_) {
    const Unrouted next = unrouted_.front();
    unrouted_.pop_front();
    if (next.record) route(*next.record, next.view);
  }
}

void Core::route(OpenRecord& open, const event::EventView& view) {
  const std::size_t before = memory_;
  const auto kind = registry::parse_event_kind(view.kind).value_or(EventKind::event);  // view() has checked it
  ++open.open;  // it is not finished before all its deliveries are there
  const bool over = kind == EventKind::command && has_end(open);
  if (!over) add_deliveries(open, view, kind);
  const bool nobody = open.open == 1;
  const bool unmatched = nobody && !open.known && kind == EventKind::event;
  if (view.wait && view.replay.empty() && unmatched) tell_unmatched(open, view);
  give_up_due(open);
  if (!over && kind == EventKind::command && nobody) unbound(open);
  if (open.known && kind != EventKind::command) cancel_unmatched(open, view);
  if (kind == EventKind::result) result_seen(view, *open.record);
  const std::size_t bytes = open.record->size() + 256 + (memory_ > before ? memory_ - before : 0);
  record_bytes_ = (record_bytes_ * 7 + bytes) / 8 + 1;
  if (unmatched) ports_.observer.unmatched(*open.record, event_id(view));
  open.known.reset();
  used_.clear();
  --open.open;
  close_if_done(open);
}

void Core::add_deliveries(OpenRecord& open, const event::EventView& view, EventKind kind) {
  const bool reply = kind == EventKind::result && open.record->headers.find(log::names::kReplyTo);
  if (!view.replay.empty() && !view.endpoint.empty()) {
    for (std::string_view left = view.endpoint; !left.empty();) {
      const std::string_view endpoint = left.substr(0, left.find(','));
      left.remove_prefix(std::min(left.size(), endpoint.size() + 1));
      if (endpoint == kReplyEndpoint) {
        if (reply) add_delivery(open, reply_match(view.tenant), view);
      } else if (const auto only = router_->only(view.tenant, view.type, endpoint, kind)) {
        add_delivery(open, *only, view);
      }
    }
    return;
  }
  const auto& matches = router_->route(view.tenant, view.type, kind);
  const auto matched = [&](const Match& match) {
    return fate_of(*match.endpoint, open.record->appended_at) != Fate::unmatched;
  };
  if (view.wait) open.awaited = static_cast<std::uint32_t>(std::ranges::count_if(matches, matched));
  for (const Match& match : matches)
    if (matched(match)) add_delivery(open, match, view);
  if (reply) add_delivery(open, reply_match(view.tenant), view);
}

// For the caller who waits. The event does not wait for it: should it get lost, the caller learns only that it was
// accepted.
void Core::tell_unmatched(const OpenRecord& open, const event::EventView& view) {
  const std::string name = event_id(view);
  log::AttemptRecord told;
  told.event_id = name;
  told.tenant = view.tenant;
  told.attempt = 0;
  told.outcome = "unmatched";
  ports_.outcomes.record_attempt(open.origin(), told, [] {});
}

void Core::add_delivery(OpenRecord& open, const Match& match, const event::EventView& view) {
  const log::DeliveryState* known = nullptr;
  if (open.known) known = known_of(open, delivery_id(event_id(view), match.endpoint->id, view.replay));
  if (known) used_.push_back(known);
  if (known && known->done) return ended_before(open, *known, match.endpoint->id);
  EndpointEntry& entry = endpoint_for(match);
  Delivery& delivery = deliveries_.take();
  memory_ += Pool<Delivery>::kBytes;
  delivery.record = &open;
  ++open.open;
  delivery.endpoint = &entry;
  ++entry.deliveries;
  delivery.policy = match.policy;
  delivery.priority = match.priority;
  delivery.matched_in = state_->number;
  delivery.command = view.kind == "command";
  if (delivery.command) track(delivery);
  take_up(delivery, known);
}

// As far as it has come before.
void Core::take_up(Delivery& delivery, const log::DeliveryState* known) {
  if (known) {
    delivery.attempts = known->attempts;
    delivery.first_at = known->first_at;
  }
  if (known && known->due == log::Due::result) return begin_awaiting(delivery, known->next_at);
  if (known && known->due == log::Due::dead_letter) {
    settle(delivery, Stage::recording);
    due_letters_.push_back({&delivery, known->rule, known->error, known->answer});
    return;
  }
  if (doomed(delivery)) {
    settle(delivery, Stage::recording);
    due_letters_.push_back({&delivery, std::string(kEndpointDisabled), disabled_text(*delivery.endpoint), {}});
    return;
  }
  if (known && known->next_at > ports_.clock.unix_millis()) return wait_until(delivery, known->next_at);
  enqueue(delivery);
}

// Once all deliveries of the record are there, so that the last of the dead letters is known to be it.
void Core::give_up_due(OpenRecord& open) {
  ++open.decided;  // what keeps it from being finished meanwhile is no delivery
  for (const auto& [delivery, rule, error, answer] : due_letters_) give_up(*delivery, rule, error, answer);
  due_letters_.clear();
  --open.decided;
}

// Of deliveries that were tried, and that nothing matches any more: no matter whether that was before a restart or
// after it.
void Core::cancel_unmatched(OpenRecord& open, const event::EventView& view) {
  for (const auto& [name, state] : *open.known) {
    if (state.done || std::ranges::find(used_, &state) != used_.end()) continue;
    Delivery& delivery = deliveries_.take();
    memory_ += Pool<Delivery>::kBytes;
    delivery.record = &open;
    ++open.open;
    delivery.attempts = state.attempts;
    settle(delivery, Stage::recording);
    close_unsent(delivery, name, {}, view.tenant, {kCancelled, kUnmatched});
  }
}

// As its event is routed now; what was sent to that endpoint and no other is, for as long as there is the endpoint.
bool Core::still_matched(Delivery& delivery) {
  if (delivery.matched_in == state_->number || delivery.endpoint->reply) return true;
  const auto& headers = delivery.record->record->headers;
  const bool directed = headers.find(log::names::kReplay) && headers.find(log::names::kEndpoint);
  const auto view = event::view(*delivery.record->record);
  if (!directed && view) {
    const auto kind = registry::parse_event_kind(view->kind).value_or(EventKind::event);
    const std::string& id = delivery.endpoint->config().id;
    if (!std::ranges::any_of(router().route(view->tenant, view->type, kind),
                             [&](const Match& match) { return match.endpoint->id == id; }))
      return false;
  }
  delivery.matched_in = state_->number;
  return true;
}

const log::DeliveryState* Core::known_of(const OpenRecord& open, std::string_view delivery) const {
  if (!open.known) return nullptr;
  const auto found = open.known->find(delivery);
  return found == open.known->end() ? nullptr : &found->second;
}

}  // namespace certes::dispatcher
