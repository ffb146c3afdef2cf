#include "api/history/index.hpp"

#include <algorithm>

#include "api/history/states.hpp"

namespace certes::api::history {

Index::Index(const std::string& path)
    : connection_(path),
      begin_(connection_.prepare("BEGIN IMMEDIATE")),
      commit_(connection_.prepare("COMMIT")),
      put_event_(connection_.prepare(insert_into("events", kEventColumns))),
      put_delivery_(connection_.prepare(insert_into("deliveries", kDeliveryColumns))),
      put_attempt_(connection_.prepare(insert_into("attempts", kAttemptColumns))),
      event_(connection_.prepare("SELECT at, state, tenant FROM events WHERE p=?1 AND o=?2")),
      delivery_(connection_.prepare("SELECT " + kDeliveryColumns + " FROM deliveries WHERE p=?1 AND o=?2 AND id=?3")),
      deliveries_(connection_.prepare("SELECT " + kDeliveryColumns + " FROM deliveries WHERE p=?1 AND o=?2")),
      set_state_(connection_.prepare("UPDATE events SET state=?3 WHERE p=?1 AND o=?2")),
      reached_(connection_.prepare(
          "SELECT topic,p,begin,next,term,mark,mark_at,filled_at,filled,seal FROM partitions WHERE topic=?1 AND p=?2")),
      reach_(
          connection_.prepare(insert_into("partitions", "topic,p,begin,next,term,mark,mark_at,filled_at,filled,seal"))),
      oldest_(connection_.prepare("SELECT o, at FROM events WHERE p=?1 ORDER BY o LIMIT 1")),
      last_dropped_(connection_.prepare(
          "SELECT max(o) FROM (SELECT o, at FROM events WHERE p=?1 ORDER BY o LIMIT ?3) WHERE at<?2")) {
  connection_.run("PRAGMA busy_timeout=5000");
  connection_.run("PRAGMA synchronous=NORMAL");
  connection_.run("PRAGMA cache_size=-32000");
  for (const char* const table : {"events", "deliveries", "attempts"})
    drops_.push_back(connection_.prepare(std::string("DELETE FROM ") + table + " WHERE p=?1 AND o<?2"));
}

void Index::put(EventRow row) {
  for (DeliveryRow& each : deliveries_of(row.place)) {
    if (each.event_at == row.at) continue;
    each.event_at = row.at;
    write(put_delivery_, each);
    put_delivery_.run();
  }
  row.state = state_of_event(row.place, row.tenant);
  write(put_event_, row);
  put_event_.run();
}

void Index::put(const Told& told, const Detail& detail) {
  const Place place = told.delivery.event;
  const auto event = event_at(place);
  put_delivery(told.delivery, event ? event->at : 0);
  if (told.attempt) put_attempt(*told.attempt, detail);
  if (event) told_of_.emplace(place.partition, place.offset);
}

void Index::commit() {
  set_states();
  commit_.run();
}

void Index::set_states() {
  for (const auto& [partition, offset] : std::exchange(told_of_, {})) {
    const Place place{partition, offset};
    const auto event = event_at(place);
    if (!event) continue;
    const EventState state = state_of_event(place, event->tenant);
    if (state == event->state) continue;
    set_state_.bind(1, partition).bind(2, offset).bind(3, static_cast<std::int64_t>(state)).run();
  }
}

void Index::put_delivery(const DeliveryRow& told, UnixMillis event_at) {
  DeliveryRow row = told;
  row.event_at = event_at;
  {
    const Use use(delivery_);
    delivery_.bind(1, told.event.partition).bind(2, told.event.offset).bind(3, told.id);
    if (delivery_.step()) {
      row = read_delivery(delivery_);
      merge(row, told);
      row.event_at = std::max(row.event_at, event_at);
    }
  }
  write(put_delivery_, row);
  put_delivery_.run();
}

void Index::put_attempt(AttemptRow row, const Detail& detail) {
  if (is_good(row) && !detail.good_attempts) {
    ++attempts_left_out_;
    return;
  }
  if (is_good(row) && !detail.good_answers && !row.answer.empty()) {
    ++answers_left_out_;
    row.answer.clear();
  }
  write(put_attempt_, row);
  put_attempt_.run();
}

std::optional<Index::KnownEvent> Index::event_at(Place place) {
  const Use use(event_);
  event_.bind(1, place.partition).bind(2, place.offset);
  if (!event_.step()) return std::nullopt;
  return KnownEvent{event_.number(0), static_cast<EventState>(event_.number(1)), std::string(event_.bytes(2))};
}

std::vector<DeliveryRow> Index::deliveries_of(Place place) {
  const Use use(deliveries_);
  deliveries_.bind(1, place.partition).bind(2, place.offset);
  std::vector<DeliveryRow> all;
  while (deliveries_.step()) all.push_back(read_delivery(deliveries_));
  return all;
}

// What another tenant's endpoint got of it is that tenant's to know.
EventState Index::state_of_event(Place place, const std::string& tenant) {
  auto deliveries = deliveries_of(place);
  std::erase_if(deliveries, [&](const DeliveryRow& one) { return one.tenant != tenant; });
  return state_of(deliveries);
}

std::optional<Reached> Index::reached(log::Topic topic, std::int32_t partition) {
  const Use use(reached_);
  reached_.bind(1, static_cast<std::int64_t>(topic)).bind(2, partition);
  if (!reached_.step()) return std::nullopt;
  RowReader from(reached_);
  from.number();
  from.number();
  Reached reached;
  for (std::int64_t* const number :
       {&reached.begin, &reached.next, &reached.term, &reached.mark, &reached.mark_at, &reached.filled_at})
    *number = from.number();
  reached.filled = from.number() != 0;
  from.check("partitions");
  return reached;
}

void Index::reach(log::Topic topic, std::int32_t partition, const Reached& reached) {
  RowWriter to(reach_);
  to.add(static_cast<std::int64_t>(topic)).add(partition).add(reached.begin).add(reached.next).add(reached.term);
  to.add(reached.mark).add(reached.mark_at).add(reached.filled_at).add(std::int64_t{reached.filled}).seal();
  reach_.run();
}

std::int64_t Index::used_bytes() {
  const std::int64_t pages = connection_.number("PRAGMA page_count") - connection_.number("PRAGMA freelist_count");
  return pages * connection_.number("PRAGMA page_size");
}

std::optional<Index::Oldest> Index::oldest(std::int32_t partition) {
  const Use use(oldest_);
  oldest_.bind(1, partition);
  if (!oldest_.step()) return std::nullopt;
  return Oldest{{partition, oldest_.number(0)}, oldest_.number(1)};
}

std::optional<std::int64_t> Index::drop(std::int32_t partition, UnixMillis before, int most) {
  std::int64_t behind = 0;
  {
    const Use use(last_dropped_);
    last_dropped_.bind(1, partition).bind(2, before).bind(3, most);
    if (!last_dropped_.step() || last_dropped_.null(0)) return std::nullopt;
    behind = last_dropped_.number(0) + 1;
  }
  for (Statement& each : drops_) each.bind(1, partition).bind(2, behind).run();
  return behind;
}

}  // namespace certes::api::history
