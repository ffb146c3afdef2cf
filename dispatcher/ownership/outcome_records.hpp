#pragma once
// The records that an owner writes beside checkpoints, and what it makes of them when it reads them back. Used by
// Owner; interface: docs/architecture.md, Records on the log. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>

#include "common/log/log.hpp"
#include "dispatcher/ownership/owner.hpp"

namespace certes::dispatcher {

// What a record says about the delivery that it names.
struct Outcome {
  log::Topic topic = log::Topic::attempts;
  Place origin;
  Ending ending = RetryAt{};
  std::string delivery;
  std::string event_id;
  std::uint32_t attempt = 0;
  UnixMillis recorded_at = 0;
  std::string rule, error, answer;  // of a dead letter that is due

  // The delivery is done: a dead letter that is announced in `attempts` is still to be written.
  bool ends() const;
  bool same_as(const Outcome& other) const {
    return topic == other.topic && origin == other.origin && ends() == other.ends() && attempt == other.attempt &&
           delivery == other.delivery;
  }
};

// Headers without certes-term, which is added when the record is appended.
log::Record attempt_record(const AttemptRecord& attempt, Place origin);
Outcome outcome_of(const AttemptRecord& attempt, Place origin, UnixMillis recorded_at);
void add_origin(log::Headers& headers, Place origin);
void add_term(log::Headers& headers, std::int64_t term);

// Nothing: the record only begins a term, or cannot be understood.
std::optional<Outcome> outcome_of(const log::StoredRecord& record);

void apply(const Outcome& outcome, DeliveryState& state);

}  // namespace certes::dispatcher
