#pragma once
// What history knows of an event, of its deliveries, and of their attempts: rows of its index. Who: all of
// api/history. Plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::api::history {

// Of a record on `events`.
struct Place {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  bool operator==(const Place&) const = default;
  bool operator<(const Place& other) const {
    return partition < other.partition || (partition == other.partition && offset < other.offset);
  }
};

// Numbers that are stored.
enum class EventState : std::uint8_t { accepted, open, delivered, failed, unmatched };
inline constexpr int kEventStates = 5;
std::string_view to_string(EventState state);
std::optional<EventState> parse_event_state(std::string_view text);
// "accepted, unmatched, …", for who has asked for another.
std::string event_states();

// Numbers that are stored. `unmatched` is no delivery: an event that nobody takes, as its record says.
enum class DeliveryState : std::uint8_t { retrying, sending, delivered, dead_lettered, cancelled, unmatched };
inline constexpr int kDeliveryStates = 6;
std::string_view to_string(DeliveryState state);
constexpr bool is_end(DeliveryState state) {
  return state != DeliveryState::retrying && state != DeliveryState::sending;
}

struct EventRow {
  Place place;
  UnixMillis at = 0;      // appended
  std::string id;         // evt_…
  std::string client_id;  // what the client called it; empty: nothing
  std::string type, source, subject, tenant, kind;
  std::string conversation;  // empty: it began its own
  std::string cause;
  std::string time;              // as its producer said
  std::string replay, endpoint;  // of a replay, and whom it is for
  std::string content_type;
  std::int64_t bytes = 0;  // of the payload
  EventState state = EventState::accepted;

  // A repeat of an event that is there besides: for one endpoint or several, or of it to all who subscribe.
  bool is_repeat() const;
};

struct DeliveryRow {
  Place event;
  std::string id;                // dlv_…; empty: unmatched
  std::string tenant, endpoint;  // whose it is; no endpoint: of a record that is no valid event
  UnixMillis event_at = 0;       // when the event was appended; 0: it is not indexed
  DeliveryState state = DeliveryState::retrying;
  std::int64_t attempts = 0;
  std::int64_t status = 0;  // of the last answer; 0: none
  std::string error, rule;
  UnixMillis last_at = 0;  // when this was recorded
  UnixMillis next_at = 0;  // of what comes next; 0: nothing does
  std::int64_t duration_us = 0;
  std::int64_t expected = 0;  // how many deliveries the event has; 0: not said
  bool letter = false;        // a dead letter said so, at the offset below; else an attempt's record
  std::int64_t told_at = 0;   // the offset of the record that said so
};

struct AttemptRow {
  Place event;
  std::int64_t offset = 0;  // of its own record, in the same partition
  std::string delivery;
  std::int64_t attempt = 0;  // from 1
  UnixMillis at = 0;
  std::string outcome;  // as its record says
  std::int64_t status = 0;
  std::string error, rule;
  std::int64_t duration_us = 0;
  UnixMillis next_at = 0;
  std::string answer;  // its beginning, as the record has it
  // Where its record says so: as base/phases.hpp writes them; what was dialled; "name: value" lines.
  std::string phases, address, answer_header;
  // Of the next attempt: what decided when, by which policy; and that the endpoint's breaker was open.
  std::string next_by, policy;
  bool breaker_open = false;
};

}  // namespace certes::api::history
