#pragma once
// Filter: which events are asked for, and the way through the index to them: one of its lists, from either end, that
// holds them all, the shortest that is known to. What else is asked for is looked at row by row, so that a search that
// finds little can stop anywhere and say where to go on. Who: Lookup, Walk, the routes. Pure.

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "api/history/rows.hpp"

namespace certes::api::history {

struct Filter {
  std::string tenant;
  std::optional<std::string> type, source, source_id, endpoint, conversation;
  std::optional<std::string> text;  // of its payload: words (match_of)
  std::optional<EventState> state;
  UnixMillis from = 0;                                     // appended then or later
  UnixMillis to = std::numeric_limits<UnixMillis>::max();  // and before that

  // Whether the event is one of those, as far as its own row says: not what `endpoint` and `text` ask for.
  bool matches(const EventRow& event) const;
};

enum class Order : std::uint8_t { newest_first, oldest_first };

// Where a list stands: behind what has been seen of it. Opaque to users, as text.
struct Cursor {
  UnixMillis at = std::numeric_limits<UnixMillis>::max();
  Place place = {};

  static Cursor before_all(Order order) { return order == Order::newest_first ? Cursor{} : Cursor{0, {-1, 0}}; }
  static Cursor behind(const EventRow& event) { return {event.at, event.place}; }
  bool has_seen(const EventRow& event, Order order = Order::newest_first) const {
    const auto one = std::tuple(event.at, event.place.partition, event.place.offset);
    const auto here = std::tuple(at, place.partition, place.offset);
    return order == Order::newest_first ? one >= here : one <= here;
  }
  std::string text() const;
  static std::optional<Cursor> parse(std::string_view text);
};

// The lists of the index.
enum class Way : std::uint8_t { text, client_id, conversation, endpoint, state, type, time };
Way way_of(const Filter& filter);
// What is sought in it beside the tenant; nothing: the whole list. (Of `text`: texts.hpp.)
std::optional<std::string_view> key_of(Way way, const Filter& filter);
// Parameters: 1 tenant, 2 the key, 3 from, 4 to, 5 to 7 the cursor, 8 how many. Columns: those of an event.
std::string sql_of(Way way, Order order = Order::newest_first);

}  // namespace certes::api::history
