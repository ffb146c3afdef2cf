#include "dispatcher/loading/arrivals.hpp"

#include <algorithm>

#include "common/log/names.hpp"
#include "common/registry/fate.hpp"
#include "common/registry/filtering.hpp"
#include "dispatcher/loading/backlogs.hpp"
#include "dispatcher/routing/sieve.hpp"

namespace certes::dispatcher {

using registry::EventKind;

bool is_directed(const event::EventView& view) { return !view.replay.empty() && !view.endpoint.empty(); }

EventKind kind_of(const event::EventView& view) {
  return registry::parse_event_kind(view.kind).value_or(EventKind::event);
}

Result<event::EventView> Arrivals::readable(const log::StoredRecord& record) const {
  auto view = event::view(record);
  if (!view || record.size() <= options_.max_record_bytes) return view;
  return fail(Code::too_large, "its " + std::to_string(record.size()) + " bytes are more than Certes' topics take (" +
                                   std::to_string(options_.max_record_bytes) + ")");
}

void Arrivals::take(LoadedRecord& record, Backlog& backlog, const Match& match, const book::OpenDelivery& known) {
  Delivery& delivery = add(record, backlog, backlog.endpoint, known);
  delivery.policy = match.policy;
  delivery.transform = match.transform;
  delivery.matched_in = parts_.routes.number();
  place(delivery, known, match.filter_failure);
}

void Arrivals::load(LoadedRecord& record, Backlog& backlog, const book::OpenDelivery& known) {
  const auto view = readable(*record.record);
  if (!view || backlog.name->endpoint == kNobody) return give_up(record, backlog, view);
  // Whoever takes commands now: it has its result.
  if (known.tried && known.tried->what == Due::answered)
    return place(add(record, backlog, backlog.endpoint, known), known);
  if (is_gone(backlog)) return cancel(record, backlog, known, {{}, kDeleted});
  if (is_purged(backlog, *record.record, known)) return cancel(record, backlog, known, {kPurged, kPurgedText});
  if (const auto match = match_of(backlog, *record.record, *view)) return take(record, backlog, *match, known);
  cancel(record, backlog, known, {{}, kUnmatched});
}

void Arrivals::expire(LoadedRecord& record, Backlog& backlog, const book::OpenDelivery& known) {
  if (!book::waits(known) || is_gone(backlog)) return load(record, backlog, known);
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(options_.max_wait).count();
  parts_.recorder.give_up(
      add(record, backlog, backlog.endpoint, known),
      {kWaitedTooLong, "it has waited for more than " + std::to_string(hours) + " h (events.max_wait_seconds)"});
}

std::optional<Match> Arrivals::match_of(const Backlog& backlog, const log::StoredRecord& record,
                                        const event::EventView& view) const {
  const std::string& id = backlog.name->endpoint;
  if (backlog.endpoint->reply) return parts_.replies.match(view.tenant);
  Router& router = parts_.routes.router();
  if (is_directed(view)) return router.only(view.tenant, view.type, id, kind_of(view));
  const Match* const found = router.find(view.tenant, view.type, backlog.name->tenant, id, kind_of(view));
  if (found == nullptr) return std::nullopt;
  return found->choices ? Sieve(parts_.routes.document(), record, view).through(*found) : *found;
}

void Arrivals::give_up(LoadedRecord& record, Backlog& backlog, const Result<event::EventView>& view) {
  Delivery& delivery = add(record, backlog, nullptr, {});
  if (view) {
    delivery.command = true;
    return parts_.recorder.unbound(delivery);
  }
  const Place place = record.place();
  parts_.recorder.give_up(delivery,
                          {"malformed", "partition " + std::to_string(place.partition) + ", offset " +
                                            std::to_string(place.offset) + ": " + std::string(view.error().message)});
}

void Arrivals::cancel(LoadedRecord& record, Backlog& backlog, const book::OpenDelivery& known, const Why& why) {
  parts_.recorder.close(add(record, backlog, backlog.endpoint, known), Cancelled{}, why);
}

Delivery& Arrivals::add(LoadedRecord& record, Backlog& backlog, Endpoint* endpoint, const book::OpenDelivery& known) {
  Delivery& delivery = parts_.book.add(record, backlog, endpoint);
  if (backlog.order) {
    delivery.priority = delivery.own_priority = known.priority;
    delivery.key_hash = known.key_hash.value_or(0);
  }
  delivery.command = record.record->headers.get(log::names::kKind) == to_string(EventKind::command);
  if (record.awaited == 0 && record.record->headers.find(log::names::kWait)) record.awaited = awaited(*record.record);
  if (!known.tried) return delivery;
  delivery.attempts = known.tried->attempts;
  delivery.first_at = known.tried->first_at;
  return delivery;
}

// How many deliveries a caller waits for.
std::uint32_t Arrivals::awaited(const log::StoredRecord& record) const {
  const auto view = event::view(record);
  if (!view || !view->wait || is_directed(*view)) return 0;
  const auto& matches = parts_.routes.router().route(view->tenant, view->type, kind_of(*view));
  const std::int64_t registry_end = parts_.routes.state()->position;
  Sieve sieve(parts_.routes.document(), record, *view);
  return static_cast<std::uint32_t>(std::ranges::count_if(matches, [&](const Match& match) {
    return may_match(*match.endpoint, record, registry_end) && (!match.choices || sieve.through(match));
  }));
}

// As far as it has come before.
void Arrivals::place(Delivery& delivery, const book::OpenDelivery& known, std::string_view filter_failure) {
  const book::Tried tried = known.tried.value_or(book::Tried{});
  const book::Reason reason = known.reason ? *known.reason : book::Reason{};
  switch (tried.what) {
    case Due::answered: return parts_.recorder.end_by_result(delivery, reason.rule, reason.error);
    case Due::dead_letter: return parts_.recorder.give_up(delivery, {reason.rule, reason.error, reason.answer});
    case Due::result:
      if (purged(delivery)) return parts_.recorder.end_unsent(delivery);
      if (tried.due <= parts_.clock.unix_millis()) return parts_.recorder.no_result(delivery);
      return parts_.book.await_result(delivery, tried.due);
    case Due::attempt: break;
  }
  if (doomed(delivery)) return parts_.recorder.end_unsent(delivery);
  if (!filter_failure.empty()) return parts_.recorder.give_up(delivery, {registry::kFilterFailed, filter_failure});
  if (tried.due > parts_.clock.unix_millis()) return parts_.book.wait_until(delivery, tried.due);
  parts_.book.queue(delivery);
}

}  // namespace certes::dispatcher
