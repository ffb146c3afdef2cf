#pragma once
// Replays that are made once. An operator's, of a dead letter or of an event; a job's, of many; and an event that
// nobody received (all its deliveries are dead letters) and that comes again is not dropped, but replayed to the same
// endpoints: a redelivery. The replay's id names the dead letter or the event by its place, and it has an identity:
// whoever makes it makes the same one, which is delivered once. Used by gateways and the Master API, which make them,
// and dispatchers. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/event/event.hpp"
#include "common/log/names.hpp"

namespace certes::event {

inline constexpr std::string_view kRedelivery = "rpl_again_";
inline constexpr std::string_view kLetterReplay = "rpl_letter_";
inline constexpr std::string_view kEventReplay = "rpl_event_";
// An event that tests one endpoint: sent once, whatever comes of it.
inline constexpr std::string_view kTestType = "certes.endpoint.test";
inline constexpr std::string_view kTestReplay = "rpl_test_";
inline constexpr std::uint32_t kMostReplays = 1'000'000;  // that are counted
// Header of the last dead letter of an event that nobody received: the endpoints of all its deliveries, with commas. In
// names::kEndpoint of a redelivery they stand in the same way.
inline constexpr std::string_view kUndelivered = "certes-undelivered";

// Whether a header of a dead letter is its delivery's, or its record's, not the event's: no replay of it has that.
// Another delivery of the same replay has kReplay and kEndpoint again.
inline bool is_of_delivery(std::string_view name) {
  namespace names = log::names;
  for (const auto own : {names::kDelivery, names::kOrigin, names::kTerm, names::kAttempts, names::kRule, names::kError,
                         names::kAnswer, names::kReplay, names::kEndpoint, names::kPriority, names::kStatus,
                         names::kPayload, names::kRegistry, names::kReplays, names::kPolicy, kUndelivered})
    if (name == own) return true;
  return false;
}

// Whether a dead letter has lost its payload: the log took no more, or had to give it up. There is no replay of it.
inline bool is_hollow(const log::StoredRecord& letter) { return letter.headers.find(log::names::kPayload).has_value(); }

// How often the event was sent again to the endpoint of a dead letter, or of a replay of one, that and before; 0: it
// was not.
std::uint32_t replays_of(const log::Headers& headers);

// By where the dead letter stands.
inline std::string redelivery_id(std::int32_t partition, std::int64_t offset) {
  return std::string(kRedelivery).append(std::to_string(partition)).append("-").append(std::to_string(offset));
}
inline std::string letter_replay_id(std::int32_t partition, std::int64_t offset, std::string_view by = {}) {
  std::string id(kLetterReplay);
  id.append(std::to_string(partition)).append("-").append(std::to_string(offset));
  return by.empty() ? id : id.append("-").append(by);
}
// The partition and the offset of the dead letter that such a replay is of. Nothing: it is of none.
std::optional<std::pair<std::int32_t, std::int64_t>> letter_of(std::string_view replay);
// By where the event stands, and by what sends it again: a job's id, or whom one asked for alone goes to.
inline std::string event_replay_id(std::int32_t partition, std::int64_t offset, std::string_view by) {
  std::string id(kEventReplay);
  id.append(std::to_string(partition)).append("-").append(std::to_string(offset));
  return by.empty() ? id : id.append("-").append(by);
}
// Whether the event it is of stands on the log besides.
inline bool is_of_event(std::string_view replay) { return replay.starts_with(kEventReplay); }
inline bool is_redelivery(std::string_view replay) { return replay.starts_with(kRedelivery); }

inline bool is_test(const log::Headers& headers) { return headers.get(log::names::kReplay).starts_with(kTestReplay); }

// Whether it has an identity: its id says of what it is.
inline bool made_once(std::string_view replay) {
  return is_redelivery(replay) || replay.starts_with(kLetterReplay) || is_of_event(replay);
}

// No client's: a source cannot hold a line feed.
inline log::Identity replay_identity(std::string_view tenant, std::string_view replay, std::string_view event_id) {
  return identity(tenant, std::string("\n").append(replay), event_id);
}

// The record of a replay of that letter, which is not hollow, or event, for one endpoint or several (with commas;
// empty: all that subscribe now). A second with that id is dropped as a repeat. Of a letter it counts one more.
log::Record replay_record(const log::StoredRecord& of, std::string_view replay, std::string_view endpoints);

}  // namespace certes::event
