#include "api/history/index.hpp"

#include <algorithm>

#include "common/event/redelivery.hpp"

namespace certes::api::history {

Index::Index(const std::string& path, TextBounds texts)
    : connection_(path),
      begin_(connection_.prepare("BEGIN IMMEDIATE")),
      commit_(connection_.prepare("COMMIT")),
      put_event_(connection_.prepare(insert_into("events", kEventColumns))),
      put_delivery_(connection_.prepare(insert_into("deliveries", kDeliveryColumns))),
      put_attempt_(connection_.prepare(insert_into("attempts", kAttemptColumns))),
      put_letter_(connection_.prepare(insert_into("letters", kLetterColumns))),
      event_(connection_.prepare("SELECT at, state, tenant, replay FROM events WHERE p=?1 AND o=?2")),
      deliveries_(connection_.prepare("SELECT " + kDeliveryColumns + " FROM deliveries WHERE p=?1 AND o=?2")),
      set_state_(connection_.prepare("UPDATE events SET state=?3 WHERE p=?1 AND o=?2")),
      reached_(connection_.prepare(
          "SELECT topic,p,begin,next,term,mark,mark_at,filled_at,filled,seal FROM partitions WHERE topic=?1 AND p=?2")),
      reach_(
          connection_.prepare(insert_into("partitions", "topic,p,begin,next,term,mark,mark_at,filled_at,filled,seal"))),
      oldest_(connection_.prepare("SELECT o, at FROM events WHERE p=?1 ORDER BY o LIMIT 1")),
      last_dropped_(connection_.prepare(
          "SELECT max(o) FROM (SELECT o, at FROM events WHERE p=?1 ORDER BY o LIMIT ?3) WHERE at<?2")),
      highest_event_(connection_.prepare("SELECT max(o) FROM events WHERE p=?1")),
      highest_delivery_(connection_.prepare("SELECT max(o) FROM deliveries WHERE p=?1")),
      letter_(connection_.prepare("SELECT " + kLetterColumns + " FROM letters WHERE p=?1 AND o=?2")),
      oldest_letter_(connection_.prepare("SELECT o, at FROM letters WHERE p=?1 AND at>0 ORDER BY o LIMIT 1")),
      behind_letters_(connection_.prepare("SELECT max(o) FROM (SELECT o FROM letters WHERE p=?1 ORDER BY o LIMIT ?2)")),
      letters_below_(connection_.prepare("SELECT 1 FROM letters WHERE p=?1 AND o<?2 LIMIT 1")),
      drop_letters_(connection_.prepare("DELETE FROM letters WHERE p=?1 AND o<?2")),
      highest_letter_(connection_.prepare("SELECT max(o) FROM letters WHERE p=?1")),
      erased_(connection_.prepare("SELECT 1 FROM erased WHERE topic=?1 AND p=?2 AND o=?3")),
      put_erased_(connection_.prepare("INSERT OR IGNORE INTO erased(topic, p, o) VALUES(?1, ?2, ?3)")),
      highest_erased_(connection_.prepare("SELECT max(o) FROM erased WHERE topic=?1 AND p=?2")),
      drop_erased_(connection_.prepare("DELETE FROM erased WHERE topic=?1 AND p=?2 AND o<?3")),
      erase_letter_(connection_.prepare("DELETE FROM letters WHERE p=?1 AND o=?2")),
      text_bounds_(texts),
      texts_(connection_, texts.most_bytes) {
  connection_.run("PRAGMA busy_timeout=5000");
  connection_.run("PRAGMA synchronous=NORMAL");
  connection_.run("PRAGMA cache_size=-32000");
  connection_.run("PRAGMA secure_delete=ON");  // of what is erased nothing stays in a page, nor in one that is free
  for (const char* const table : {"events", "deliveries", "attempts"}) {
    drops_.push_back(connection_.prepare(std::string("DELETE FROM ") + table + " WHERE p=?1 AND o<?2"));
    erases_.push_back(connection_.prepare(std::string("DELETE FROM ") + table + " WHERE p=?1 AND o=?2"));
  }
  has_traces_ = connection_.number("SELECT EXISTS(SELECT 1 FROM erased)") != 0;
}

void Index::commit() {
  for (auto& [place, event] : touched_) write_touched(place, event);
  touched_.clear();
  for (const auto& [place, letter] : letters_) {
    write(put_letter_, letter);
    put_letter_.run();
    Highest& known = highest(place.partition);
    known.letter = std::max(known.letter, place.offset);
  }
  letters_.clear();
  texts_.write_sizes();
  commit_.run();
}

void Index::put(EventRow row, std::string_view payload, const Detail& detail) {
  if (is_erased(log::Topic::events, row.place)) return;
  Touched& event = touched(row.place);
  if (!event.stored && !event.told) put_text(row, payload, detail);
  event.tell(std::move(row));
}

void Index::put_text(const EventRow& row, std::string_view payload, const Detail& detail) {
  if (text_bounds_.of_payload == 0 || row.is_repeat()) return;
  if (detail.texts) {
    const std::string words = payload_text_.text_of(payload, text_bounds_.of_payload);
    if (words.empty() || texts_.put(row.at, row.place, row.tenant, words)) return;
  }
  ++texts_left_out_;
}

void Index::put(const Told& told, const Detail& detail) {
  if (is_erased(log::Topic::events, told.delivery.event)) return;
  touched(told.delivery.event).tell(told.delivery);
  if (told.attempt) put_attempt(*told.attempt, detail);
}

void Index::put(const LetterRow& row) {
  if (is_erased(log::Topic::dead_letters, row.place)) return;
  const auto [found, is_new] = letters_.try_emplace(row.place, row);
  if (!is_new) return merge(found->second, row);
  if (row.place.offset > highest(row.place.partition).letter) return;
  if (const auto stored = letter_at(row.place)) merge(found->second, *stored);
}

Index::Highest& Index::highest(std::int32_t partition) {
  const auto [found, is_new] = highest_.try_emplace(partition);
  if (!is_new) return found->second;
  const auto ask = [partition](Statement& statement) {
    const Use use(statement);
    return statement.bind(1, partition).step() && !statement.null(0) ? statement.number(0) : std::int64_t{-1};
  };
  const auto erased = [&](log::Topic topic) {
    const Use use(highest_erased_);
    highest_erased_.bind(1, static_cast<std::int64_t>(topic)).bind(2, partition);
    return highest_erased_.step() && !highest_erased_.null(0) ? highest_erased_.number(0) : std::int64_t{-1};
  };
  return found->second = {ask(highest_event_), ask(highest_delivery_), ask(highest_letter_), erased(log::Topic::events),
                          erased(log::Topic::dead_letters)};
}

// Where nothing is, which is nearly always, this asks nothing of the file.
bool Index::is_erased(log::Topic topic, Place place) {
  const Highest& known = highest(place.partition);
  if (place.offset > (topic == log::Topic::events ? known.erased_event : known.erased_letter)) return false;
  const Use use(erased_);
  return erased_.bind(1, static_cast<std::int64_t>(topic)).bind(2, place.partition).bind(3, place.offset).step();
}

void Index::mark_erased(log::Topic topic, Place place) {
  put_erased_.bind(1, static_cast<std::int64_t>(topic)).bind(2, place.partition).bind(3, place.offset).run();
  Highest& known = highest(place.partition);
  std::int64_t& most = topic == log::Topic::events ? known.erased_event : known.erased_letter;
  most = std::max(most, place.offset);
}

void Index::erase(std::int32_t partition, const ErasedPlaces& places) {
  for (const std::int64_t offset : places.events) erase_event({partition, offset});
  for (const std::int64_t offset : places.letters) erase_letter({partition, offset});
  has_traces_ = has_traces_ || !places.events.empty() || !places.letters.empty();
}

void Index::erase_event(Place place) {
  if (const UnixMillis at = touched(place).at(); at > 0) texts_.drop_hour(at / TextKey::kHour);
  touched_.erase(place);
  for (Statement& each : erases_) each.bind(1, place.partition).bind(2, place.offset).run();
  mark_erased(log::Topic::events, place);
}

void Index::erase_letter(Place place) {
  letters_.erase(place);
  erase_letter_.bind(1, place.partition).bind(2, place.offset).run();
  mark_erased(log::Topic::dead_letters, place);
}

void Index::wipe() {
  Statement checkpoint = connection_.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  has_traces_ = !checkpoint.step() || checkpoint.number(0) != 0;
}

Touched& Index::touched(Place place) {
  const auto [found, is_new] = touched_.try_emplace(place);
  Touched& event = found->second;
  if (!is_new) return event;
  const Highest& known = highest(place.partition);
  if (place.offset <= known.event) event.stored = event_at(place);
  if (place.offset <= known.delivery) read_deliveries(place, event);
  return event;
}

void Index::write_touched(Place place, Touched& event) {
  Highest& known = highest(place.partition);
  mark_letter(event);
  for (auto& [id, each] : event.deliveries) {
    if (!each.changed) continue;
    write(put_delivery_, each.row);
    put_delivery_.run();
    known.delivery = std::max(known.delivery, place.offset);
  }
  if (event.told) {
    event.told->state = event.state(event.told->tenant);
    write(put_event_, *event.told);
    put_event_.run();
    known.event = std::max(known.event, place.offset);
  } else if (event.stored) {
    const EventState state = event.state(event.stored->tenant);
    if (state == event.stored->state) return;
    set_state_.bind(1, place.partition).bind(2, place.offset).bind(3, static_cast<std::int64_t>(state)).run();
  }
}

// A replay of a dead letter is one of the things that were done with it, and its delivery another.
void Index::mark_letter(const Touched& event) {
  const auto letter = event::letter_of(event.replay());
  if (!letter) return;
  LetterRow row;
  row.place = {letter->first, letter->second};
  row.replayed = true;
  row.delivered = event.any_delivered();
  put(row);
}

std::optional<LetterRow> Index::letter_at(Place place) {
  const Use use(letter_);
  letter_.bind(1, place.partition).bind(2, place.offset);
  return letter_.step() ? std::optional(read_letter(letter_)) : std::nullopt;
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

std::optional<Touched::Stored> Index::event_at(Place place) {
  const Use use(event_);
  event_.bind(1, place.partition).bind(2, place.offset);
  if (!event_.step()) return std::nullopt;
  return Touched::Stored{event_.number(0), static_cast<EventState>(event_.number(1)), std::string(event_.bytes(2)),
                         std::string(event_.bytes(3))};
}

void Index::read_deliveries(Place place, Touched& event) {
  const Use use(deliveries_);
  deliveries_.bind(1, place.partition).bind(2, place.offset);
  while (deliveries_.step()) {
    DeliveryRow row = read_delivery(deliveries_);
    std::string id = row.id;
    event.deliveries.emplace(std::move(id), Touched::Delivery{std::move(row)});
  }
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
  drop_erased_.bind(1, static_cast<std::int64_t>(log::Topic::events)).bind(2, partition).bind(3, behind).run();
  return behind;
}

std::optional<Index::Oldest> Index::oldest_letter(std::int32_t partition) {
  const Use use(oldest_letter_);
  oldest_letter_.bind(1, partition);
  if (!oldest_letter_.step()) return std::nullopt;
  return Oldest{{partition, oldest_letter_.number(0)}, oldest_letter_.number(1)};
}

std::int64_t Index::behind_letters(std::int32_t partition, int most) {
  const Use use(behind_letters_);
  behind_letters_.bind(1, partition).bind(2, most);
  return behind_letters_.step() && !behind_letters_.null(0) ? behind_letters_.number(0) + 1 : 0;
}

bool Index::drop_letters(std::int32_t partition, std::int64_t below) {
  {
    const Use use(letters_below_);
    letters_below_.bind(1, partition).bind(2, below);
    if (!letters_below_.step()) return false;
  }
  drop_letters_.bind(1, partition).bind(2, below).run();
  drop_erased_.bind(1, static_cast<std::int64_t>(log::Topic::dead_letters)).bind(2, partition).bind(3, below).run();
  return true;
}

}  // namespace certes::api::history
