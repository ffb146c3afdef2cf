#include "api/history/filter.hpp"

#include <vector>

#include "api/history/tables.hpp"
#include "common/base/number.hpp"

namespace certes::api::history {
namespace {

bool fits(const std::optional<std::string>& wanted, std::string_view value) { return !wanted || *wanted == value; }

// What lies behind the cursor, in that order.
std::string behind_cursor(const std::string& at, const std::string& of, Order order) {
  const bool newest = order == Order::newest_first;
  const std::string direction = newest ? " DESC" : "";
  return " AND (" + at + "," + of + "p," + of + "o)" + (newest ? "<" : ">") + "(?5,?6,?7) ORDER BY " + at + direction +
         ", " + of + "p" + direction + ", " + of + "o" + direction + " LIMIT ?8";
}

std::string of_events(const char* index, const char* key, Order order) {
  return "SELECT " + kEventColumns + " FROM events INDEXED BY " + index + " WHERE tenant=?1" + key +
         " AND at>=?3 AND at<?4" + behind_cursor("at", "", order);
}

std::string of_deliveries(Order order) {
  return "SELECT " + event_columns_of("e") +
         " FROM deliveries AS d INDEXED BY deliveries_endpoint CROSS JOIN events AS e ON e.p=d.p AND e.o=d.o"
         " WHERE d.tenant=?1 AND d.endpoint=?2 AND d.event_at>=?3 AND d.event_at<?4" +
         behind_cursor("d.event_at", "d.", order);
}

// Those of which the index has a list: of what went as it should there are too many.
bool is_listed(EventState state) {
  return state == EventState::open || state == EventState::failed || state == EventState::unmatched;
}

}  // namespace

bool Filter::matches(const EventRow& event) const {
  const bool in_conversation = fits(conversation, event.conversation) || fits(conversation, event.id);
  return event.tenant == tenant && !event.is_repeat() && fits(type, event.type) && fits(source, event.source) &&
         fits(source_id, event.client_id) && in_conversation && (!state || *state == event.state) && event.at >= from &&
         event.at < to;
}

std::string Cursor::text() const {
  return std::to_string(at) + "-" + std::to_string(place.partition) + "-" + std::to_string(place.offset);
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  const std::size_t first = text.find('-');
  const std::size_t second = first == text.npos ? first : text.find('-', first + 1);
  if (second == text.npos) return std::nullopt;
  const auto at = parse_whole<UnixMillis>(text.substr(0, first));
  const auto partition = parse_whole<std::int32_t>(text.substr(first + 1, second - first - 1));
  const auto offset = parse_whole<std::int64_t>(text.substr(second + 1));
  if (!at || !partition || !offset) return std::nullopt;
  return Cursor{*at, {*partition, *offset}};
}

Way way_of(const Filter& filter) {
  if (filter.text) return Way::text;  // the only one that knows of it
  if (filter.source_id) return Way::client_id;
  if (filter.conversation) return Way::conversation;
  if (filter.endpoint) return Way::endpoint;
  if (filter.state && is_listed(*filter.state)) return Way::state;
  return filter.type ? Way::type : Way::time;
}

std::optional<std::string_view> key_of(Way way, const Filter& filter) {
  switch (way) {
    case Way::client_id: return filter.source_id;
    case Way::conversation: return filter.conversation;
    case Way::endpoint: return filter.endpoint;
    case Way::type: return filter.type;
    case Way::text:
    case Way::state:
    case Way::time: break;
  }
  return std::nullopt;
}

std::string sql_of(Way way, Order order) {
  switch (way) {
    case Way::client_id: return of_events("events_client", " AND client_id=?2 AND client_id <> x''", order);
    case Way::conversation:
      return of_events("events_conversation", " AND conversation=?2 AND conversation <> x''", order);
    case Way::endpoint: return of_deliveries(order);
    case Way::state: return of_events("events_state", " AND state=?2 AND state IN (1, 3, 4)", order);
    case Way::type: return of_events("events_type", " AND type=?2", order);
    case Way::text:
    case Way::time: break;
  }
  return of_events("events_time", "", order);
}

}  // namespace certes::api::history
