#pragma once
// Records of the log as rows of the index. Who: the follower of history. Pure; any thread.

#include <optional>

#include "api/history/rows.hpp"
#include "common/log/record.hpp"

namespace certes::api::history {

// Of a record on `events`. Nothing: it is no valid event (its dead letter says so).
std::optional<EventRow> event_row(const log::StoredRecord& record);

// What a record on `attempts` or `dead-letters` says. Whether it counts is log::Terms' to say.
struct Told {
  DeliveryRow delivery;
  std::optional<AttemptRow> attempt;  // of `attempts`
};
// Nothing: it tells of no delivery (it begins a term, or is of a webhook that never was on `events`).
std::optional<Told> told_by(const log::StoredRecord& record);

// Whether that record, which stands where the event stood, is the one that was indexed, and the log the same.
bool is_record_of(const log::StoredRecord& record, const EventRow& event);

}  // namespace certes::api::history
