#pragma once
// Dead letters as the index has them: what each letter's record says, and what was done with it since, which other
// records say: a replay of it on `events`, its delivery, a record that discards it. These may be read before the letter
// itself: then its row has nothing else yet. Who: the index, the routes of dead letters, jobs. Plain values; pure.

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/history/filter.hpp"
#include "api/history/rows.hpp"
#include "common/log/record.hpp"

namespace certes::api::history {

enum class LetterState : std::uint8_t { open, replayed, delivered, discarded };
std::string_view to_string(LetterState state);
std::optional<LetterState> parse_letter_state(std::string_view text);
// "open, replayed, …", for who has asked for another.
std::string letter_states();

struct LetterRow {
  Place place;        // of its own record, on `dead-letters`
  UnixMillis at = 0;  // when it became one; 0: its record is not indexed
  std::string tenant, endpoint, event, delivery, type, source, source_id, subject, time, rule, error, answer;
  std::string origin, replay;  // of the event, as the record has them
  std::string policy;          // the back-off policy that was asked; empty: none says what follows
  std::int64_t replays = 0;    // how often the event was sent again to the endpoint before
  std::int64_t attempts = 0;
  std::int64_t bytes = 0;  // of the payload
  bool hollow = false;     // it had lost its payload when it was indexed
  // What was done with it: each stays once it is so.
  bool replayed = false;   // a replay stands on `events`
  bool delivered = false;  // and was delivered
  bool discarded = false;

  LetterState state() const;
};

// Nothing: it is no letter, but begins a term, or discards others. Whether it counts is log::Terms' to say.
std::optional<LetterRow> letter_row(const log::StoredRecord& record);
// The letters that the record discards, by their offsets in its partition.
std::vector<std::int64_t> discarded_by(const log::StoredRecord& record);

// Takes what another record says of the same letter: the same in whatever order and however often they come.
void merge(LetterRow& known, const LetterRow& told);

struct LetterFilter {
  std::string tenant;
  std::optional<std::string> endpoint, type, rule, event, delivery;
  std::optional<LetterState> state;
  UnixMillis from = 0;                                     // became one then or later
  UnixMillis to = std::numeric_limits<UnixMillis>::max();  // and before that

  bool matches(const LetterRow& letter) const;
};

// The lists of the index that hold letters, the newest first; the shortest that holds all that are asked for, and what
// is sought in it beside the tenant (nothing: the whole list).
enum class LetterWay : std::uint8_t { delivery, event, endpoint, time };
LetterWay way_of(const LetterFilter& filter);
std::optional<std::string_view> key_of(LetterWay way, const LetterFilter& filter);
// Parameters: as sql_of a Way has them. Columns: those of a letter.
std::string sql_of(LetterWay way);

// Where a walk along those stands that a policy may send again by itself (open, with their payload, and with a policy),
// in this order. A walk that is behind one of these lies before all that is greater.
struct WaitingPlace {
  std::string tenant, policy, endpoint;
  std::int64_t replays = -1;
  UnixMillis at = 0;
  Place place;

  static WaitingPlace of(const LetterRow& letter) {
    return {letter.tenant, letter.policy, letter.endpoint, letter.replays, letter.at, letter.place};
  }
  // Before all of the tenant's next policy; of the policy's next endpoint; that were sent again once more often.
  WaitingPlace next_policy() const { return {tenant, policy + '\0', {}, -1, 0, {}}; }
  WaitingPlace next_endpoint() const { return {tenant, policy, endpoint + '\0', -1, 0, {}}; }
  WaitingPlace next_replays() const { return {tenant, policy, endpoint, replays + 1, -1, {}}; }
  bool operator==(const WaitingPlace&) const = default;
};

// Where a list of letters stands.
inline Cursor behind(const LetterRow& letter) { return {letter.at, letter.place}; }

}  // namespace certes::api::history
