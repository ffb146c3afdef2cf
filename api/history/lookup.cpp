#include "api/history/lookup.hpp"

#include <algorithm>

#include "api/history/text.hpp"
#include "api/history/texts.hpp"

namespace certes::api::history {
namespace {

Connection& ready(Connection& connection) {
  connection.run("PRAGMA busy_timeout=5000");
  connection.run("PRAGMA query_only=1");
  return connection;
}

}  // namespace

Lookup::Lookup(const std::string& path)
    : connection_(path),
      by_id_(ready(connection_).prepare("SELECT " + kEventColumns + " FROM events WHERE id=?1 LIMIT 100")),
      deliveries_(connection_.prepare("SELECT " + kDeliveryColumns + " FROM deliveries WHERE p=?1 AND o=?2")),
      attempts_(connection_.prepare("SELECT " + kAttemptColumns +
                                    " FROM attempts WHERE p=?1 AND o=?2 AND a>?3 ORDER BY a LIMIT ?4")),
      letter_(connection_.prepare("SELECT " + kLetterColumns + " FROM letters WHERE p=?1 AND o=?2")),
      waiting_(connection_.prepare("SELECT " + kLetterColumns + " FROM letters INDEXED BY letters_waiting WHERE " +
                                   kWaitingLetter +
                                   " AND (tenant,policy,endpoint,replays,at,p,o)>(?1,?2,?3,?4,?5,?6,?7) "
                                   "ORDER BY tenant,policy,endpoint,replays,at,p,o LIMIT ?8")),
      erased_(connection_.prepare("SELECT 1 FROM erased WHERE topic=?1 AND p=?2 AND o=?3")) {}

bool Lookup::is_erased_letter(Place place) {
  const Use use(erased_);
  erased_.bind(1, static_cast<std::int64_t>(log::Topic::dead_letters)).bind(2, place.partition).bind(3, place.offset);
  return erased_.step();
}

std::vector<EventRow> Lookup::rows(Way way, const Filter& filter, const Cursor& cursor, std::size_t most, Order order) {
  if (way == Way::text) {
    const auto match = match_of(filter.tenant, filter.text.value_or(""));
    return match ? events_with_text(connection_, *match, filter, cursor, most, order) : std::vector<EventRow>();
  }
  const std::pair name(way, order);
  const auto known = ways_.find(name);
  Statement& statement =
      known != ways_.end() ? known->second : ways_.emplace(name, connection_.prepare(sql_of(way, order))).first->second;
  const Use use(statement);
  statement.bind(1, std::string_view(filter.tenant));
  if (way == Way::state)
    statement.bind(2, static_cast<std::int64_t>(*filter.state));
  else if (const auto key = key_of(way, filter))
    statement.bind(2, *key);
  statement.bind(3, filter.from).bind(4, filter.to);
  statement.bind(5, cursor.at).bind(6, cursor.place.partition).bind(7, cursor.place.offset);
  statement.bind(8, static_cast<std::int64_t>(most));
  std::vector<EventRow> all;
  while (statement.step()) all.push_back(read_event(statement));
  return all;
}

std::vector<EventRow> Lookup::records_of(std::string_view tenant, std::string_view id) {
  const Use use(by_id_);
  by_id_.bind(1, id);
  std::vector<EventRow> all;
  while (by_id_.step()) {
    EventRow row = read_event(by_id_);
    if (row.tenant == tenant) all.push_back(std::move(row));
  }
  std::ranges::stable_sort(all, {}, [](const EventRow& row) {
    return std::tuple(row.is_repeat(), row.at, row.place.partition, row.place.offset);
  });
  return all;
}

std::vector<DeliveryRow> Lookup::deliveries_of(std::string_view tenant, Place place) {
  const Use use(deliveries_);
  deliveries_.bind(1, place.partition).bind(2, place.offset);
  std::vector<DeliveryRow> all;
  while (deliveries_.step()) {
    DeliveryRow row = read_delivery(deliveries_);
    if (row.tenant == tenant && row.state != DeliveryState::unmatched) all.push_back(std::move(row));
  }
  return all;
}

std::vector<AttemptRow> Lookup::attempts_of(Place place, std::int64_t behind, std::size_t most) {
  const Use use(attempts_);
  attempts_.bind(1, place.partition).bind(2, place.offset).bind(3, behind).bind(4, static_cast<std::int64_t>(most));
  std::vector<AttemptRow> all;
  while (attempts_.step()) all.push_back(read_attempt(attempts_));
  return all;
}

std::vector<LetterRow> Lookup::letters(LetterWay way, const LetterFilter& filter, const Cursor& cursor,
                                       std::size_t most) {
  const auto known = letter_ways_.find(way);
  Statement& statement = known != letter_ways_.end()
                             ? known->second
                             : letter_ways_.emplace(way, connection_.prepare(sql_of(way))).first->second;
  const Use use(statement);
  statement.bind(1, std::string_view(filter.tenant));
  if (const auto key = key_of(way, filter)) statement.bind(2, *key);
  statement.bind(3, filter.from).bind(4, filter.to);
  statement.bind(5, cursor.at).bind(6, cursor.place.partition).bind(7, cursor.place.offset);
  statement.bind(8, static_cast<std::int64_t>(most));
  std::vector<LetterRow> all;
  while (statement.step()) all.push_back(read_letter(statement));
  return all;
}

std::vector<LetterRow> Lookup::waiting_letters(const WaitingPlace& behind, std::size_t most) {
  const Use use(waiting_);
  waiting_.bind(1, std::string_view(behind.tenant)).bind(2, std::string_view(behind.policy));
  waiting_.bind(3, std::string_view(behind.endpoint)).bind(4, behind.replays).bind(5, behind.at);
  waiting_.bind(6, behind.place.partition).bind(7, behind.place.offset).bind(8, static_cast<std::int64_t>(most));
  std::vector<LetterRow> all;
  while (waiting_.step()) all.push_back(read_letter(waiting_));
  return all;
}

std::optional<LetterRow> Lookup::letter_at(std::string_view tenant, Place place) {
  const Use use(letter_);
  letter_.bind(1, place.partition).bind(2, place.offset);
  if (!letter_.step()) return std::nullopt;
  LetterRow row = read_letter(letter_);
  return row.at != 0 && row.tenant == tenant ? std::optional(std::move(row)) : std::nullopt;
}

}  // namespace certes::api::history
