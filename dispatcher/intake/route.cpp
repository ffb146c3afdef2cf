// How a record becomes deliveries: whose subscriptions match it, and how far each has come before.
#include <algorithm>

#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/endpoint/fate.hpp"
#include "dispatcher/intake/intake.hpp"
#include "dispatcher/outcome/undelivered.hpp"

namespace certes::dispatcher {
namespace {

using registry::EventKind;

// Some delivery of it has reached its end.
bool has_end(const OpenRecord& open) {
  return open.known && std::ranges::any_of(*open.known, [](const auto& known) { return known.second.done; });
}

const DeliveryState* known_of(const OpenRecord& open, const event::EventView& view, std::string_view endpoint) {
  if (!open.known) return nullptr;
  const auto found = open.known->find(delivery_id(event_id(view), endpoint, view.replay));
  return found == open.known->end() ? nullptr : &found->second;
}

}  // namespace

void EventIntake::route(OpenRecord& open, const event::EventView& view) {
  // view() has checked the kind.
  Routing routing{open, view, registry::parse_event_kind(view.kind).value_or(EventKind::event)};
  const bool command = routing.kind == EventKind::command;
  ++open.open;  // it is not finished before all its deliveries are there
  const bool over = command && has_end(open);
  if (!over) add_deliveries(routing);
  const bool nobody = open.open == 1;
  const bool unmatched = nobody && !open.known && routing.kind == EventKind::event;
  if (view.wait && view.replay.empty() && unmatched) parts_.recorder.tell_unmatched(open, view);
  give_up_due(routing);
  if (!over && command && nobody) parts_.recorder.unbound(open);
  if (open.known && !command) cancel_unmatched(routing);
  if (routing.kind == EventKind::result) parts_.recorder.result_seen(view, *open.record);
  if (unmatched) parts_.observer.unmatched(*open.record, event_id(view));
  open.known.reset();
  --open.open;
  parts_.book.close_if_done(open);
}

void EventIntake::add_deliveries(Routing& routing) {
  const event::EventView& view = routing.view;
  const bool reply =
      routing.kind == EventKind::result && routing.open.record->headers.find(log::names::kReplyTo).has_value();
  if (!view.replay.empty() && !view.endpoint.empty()) return add_directed(routing, reply);
  const auto& matches = parts_.routes.router().route(view.tenant, view.type, routing.kind);
  const auto matched = [&](const Match& match) {
    return fate_of(*match.endpoint, routing.open.record->appended_at) != Fate::unmatched;
  };
  if (view.wait) routing.open.awaited = static_cast<std::uint32_t>(std::ranges::count_if(matches, matched));
  for (const Match& match : matches)
    if (matched(match)) add_delivery(routing, match);
  if (reply) add_delivery(routing, reply_match(view.tenant));
}

// A replay, to the endpoints that it names.
void EventIntake::add_directed(Routing& routing, bool reply) {
  const event::EventView& view = routing.view;
  for (std::string_view left = view.endpoint; !left.empty();) {
    const std::string_view endpoint = left.substr(0, left.find(','));
    left.remove_prefix(std::min(left.size(), endpoint.size() + 1));
    if (endpoint == kReplyEndpoint) {
      if (reply) add_delivery(routing, reply_match(view.tenant));
    } else if (const auto only = parts_.routes.router().only(view.tenant, view.type, endpoint, routing.kind)) {
      add_delivery(routing, *only);
    }
  }
}

void EventIntake::add_delivery(Routing& routing, const Match& match) {
  OpenRecord& open = routing.open;
  const DeliveryState* known = known_of(open, routing.view, match.endpoint->id);
  if (known) routing.used.push_back(known);
  if (known && known->done) return note_end(open, known->dead_lettered, match.endpoint->id);
  Endpoint& endpoint = parts_.endpoints.of(match, parts_.routes.state());
  Delivery& delivery =
      routing.kind == EventKind::command ? parts_.book.add_command(open, &endpoint) : parts_.book.add(open, &endpoint);
  delivery.policy = match.policy;
  delivery.priority = match.priority;
  delivery.matched_in = parts_.routes.number();
  take_up(routing, delivery, known);
}

// As far as it has come before.
void EventIntake::take_up(Routing& routing, Delivery& delivery, const DeliveryState* known) {
  if (known) {
    delivery.attempts = known->attempts;
    delivery.first_at = known->first_at;
  }
  if (known && known->due == Due::result) return parts_.book.await_result(delivery, known->next_at);
  if (known && known->due == Due::dead_letter) {
    routing.due_letters.push_back({&delivery, known->rule, known->error, known->answer});
  } else if (doomed(delivery)) {
    routing.due_letters.push_back({&delivery, std::string(kEndpointDisabled), disabled_text(*delivery.endpoint), {}});
  } else if (known && known->next_at > parts_.clock.unix_millis()) {
    parts_.book.wait_until(delivery, known->next_at);
  } else {
    parts_.book.queue(delivery);
  }
}

// Once all deliveries of the record are there, so that the last of the dead letters is known to be it.
void EventIntake::give_up_due(Routing& routing) {
  ++routing.open.decided;  // what keeps it from being finished meanwhile is no delivery
  for (const auto& [delivery, rule, error, answer] : routing.due_letters)
    parts_.recorder.give_up(*delivery, {rule, error, answer});
  --routing.open.decided;
}

// Of deliveries that were tried, and that nothing matches any more: no matter whether that was before a restart or
// after it.
void EventIntake::cancel_unmatched(Routing& routing) {
  for (const auto& [name, state] : *routing.open.known) {
    if (state.done || std::ranges::find(routing.used, &state) != routing.used.end()) continue;
    Delivery& delivery = parts_.book.add(routing.open, nullptr);
    delivery.attempts = state.attempts;
    parts_.recorder.cancel(delivery, name, routing.view.tenant, kUnmatched);
  }
}

}  // namespace certes::dispatcher
