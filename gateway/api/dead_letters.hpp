#pragma once
// Dead letters, read from their topic. Records that a former owner left behind a higher term are void, and those that
// only begin a term are none. Who: the dead-letter routes. Blocks on the log; any thread, each call reads for itself.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/log/log.hpp"

namespace certes::gateway::api {

// Where a listing stands: everything before it has been seen. Opaque to users, as text.
struct DeadLetterCursor {
  std::int32_t partition = 0;
  std::int64_t offset = log::kLogStart;
  std::int64_t term = 0;  // the highest met in this partition before it

  std::string text() const;
  static std::optional<DeadLetterCursor> parse(std::string_view text);
};

// Calls `visit` for the tenant's dead letters from `cursor` on, partition by partition, oldest first, until it says
// false or there are no more. True: there may be more, from `cursor` on. Error: unavailable, timeout.
using VisitDeadLetter = std::function<bool(const log::RecordPtr&)>;
Result<bool> scan_dead_letters(log::Log& log, std::string_view tenant, DeadLetterCursor& cursor,
                               const VisitDeadLetter& visit);

// By its delivery (dlv_…) or by its place (partition-offset). Nothing if there is none.
Result<log::RecordPtr> find_dead_letter(log::Log& log, std::string_view tenant, std::string_view id);

// partition-offset
std::string place_of(const log::StoredRecord& record);
// Its delivery, or its place where it has none.
std::string id_of(const log::StoredRecord& record);

// As the API shows it; with `data`, the payload too.
std::string dead_letter_json(const log::StoredRecord& record, bool with_data);

// Whether a gateway kept it because it broke its type's schema.
bool is_quarantined(const log::StoredRecord& record);

// The record that delivers it again, to its endpoint alone; what was quarantined is published, to whoever subscribed.
// Nothing for what has no endpoint otherwise.
std::optional<log::Record> replay_of(const log::StoredRecord& record, std::string_view replay_id);

}  // namespace certes::gateway::api
