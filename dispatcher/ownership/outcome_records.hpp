#pragma once
// The records that an owner writes beside checkpoints, and what it makes of them when it reads them back. Used by
// Owner; interface: docs/architecture.md, Records on the log. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>

#include "common/log/log.hpp"
#include "dispatcher/book/ahead.hpp"
#include "dispatcher/ownership/owner.hpp"

namespace certes::dispatcher {

// What a record says about the delivery that it names.
struct Outcome {
  log::Topic topic = log::Topic::attempts;
  Place origin;
  Ending ending = RetryAt{};
  std::string tenant, endpoint;  // of the delivery's lane
  std::string delivery;
  std::uint64_t event = 0;  // hash of its id; 0: not known
  std::uint32_t attempt = 0;
  UnixMillis recorded_at = 0;
  std::string rule, error, answer;  // of a dead letter that is due

  // How the delivery has ended; nothing: it has not, as a dead letter that `attempts` announces is still to be written.
  std::optional<book::Ended> ended() const;
  // Where it has not: what is known of it by this.
  book::Tried tried() const;
  bool ends() const { return ended().has_value(); }
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
// For the index; valid as long as the outcome.
book::Outcome for_index(const Outcome& outcome);

}  // namespace certes::dispatcher
