#pragma once
// The records that an owner writes beside checkpoints, and what it makes of them when it reads them back. Used by
// Owner; interface: docs/architecture.md, Records on the log. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>

#include "common/log/log.hpp"
#include "common/log/owner.hpp"

namespace certes::log {

// What a record says about the delivery that it names.
enum class Effect : std::uint8_t { failed, ended };

struct Outcome {
  Topic topic = Topic::attempts;
  Origin origin;
  Effect effect = Effect::failed;
  std::string delivery;
  std::string event_id;
  std::uint32_t attempt = 0;
  UnixMillis next_at = 0;
  UnixMillis recorded_at = 0;
  Due due = Due::attempt;
  std::string rule, error, answer;  // of a dead letter that is due

  bool same_as(const Outcome& other) const {
    return topic == other.topic && origin == other.origin && effect == other.effect && attempt == other.attempt &&
           delivery == other.delivery;
  }
};

// Headers without certes-term, which is added when the record is appended.
Record attempt_record(const AttemptRecord& attempt, Origin origin);
Effect effect_of(const AttemptRecord& attempt);
// What an attempt of that outcome leaves to be done.
struct Why {
  std::string_view rule, error, answer;
};
void set_due(Outcome& outcome, std::string_view attempt_outcome, const Why& why);
void add_origin(Headers& headers, Origin origin);
void add_term(Headers& headers, std::int64_t term);

// Nothing: the record only begins a term, or cannot be understood.
std::optional<Outcome> outcome_of(const StoredRecord& record);

void apply(const Outcome& outcome, DeliveryState& state);

}  // namespace certes::log
