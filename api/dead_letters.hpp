#pragma once
// Dead letters, read from their topic: a page at a time, within a budget, or the one that stands at a place. Records
// that a former owner left behind a higher term are void, and those that only begin a term are none. Who: the
// dead-letter routes. Blocks on the log; any thread, each call reads for itself.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/dead_letter_ids.hpp"
#include "common/log/log.hpp"
#include "common/log/terms.hpp"
#include "common/registry/job.hpp"

namespace certes::api {

// Where a listing stands: everything before it has been seen. Opaque to users, as text.
struct DeadLetterCursor {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t term = 0;  // the highest met in this partition before it
  // Where it is to end, by partition; empty: wherever a partition ends when it is read.
  std::vector<std::int64_t> ends = {};

  std::string text() const;
  static std::optional<DeadLetterCursor> parse(std::string_view text);
};

// Ends it where the partitions end now. Blocks. Errors: unavailable, timeout.
Result<void> end_here(log::Log& log, DeadLetterCursor& cursor);

// What one request may read of the log.
struct ScanBudget {
  std::size_t bytes = 16u << 20;  // and the record that passes it
  Millis time{2'000};
};

enum class ScanEnd : std::uint8_t {
  all,     // there are no more
  enough,  // `visit` said so
  budget,  // there may be more, and no time or bytes for it
};

// Calls `visit` for the tenant's dead letters from a cursor on, partition by partition, oldest first, until it says
// false. Confined to its request.
using VisitDeadLetter = std::function<bool(const log::RecordPtr&)>;
class DeadLetterScan {
 public:
  // The budget's time begins now.
  DeadLetterScan(log::Log& log, std::string tenant, const ScanBudget& budget, DeadLetterCursor cursor);

  // Nothing: it is to go on, as `until` has come; something was read before. Errors: unavailable; timeout, where
  // nothing at all could be read.
  Result<std::optional<ScanEnd>> go_on(SteadyTime until, const VisitDeadLetter& visit);
  // Behind what was visited.
  const DeadLetterCursor& cursor() const { return cursor_; }

 private:
  Result<void> read_partition(SteadyTime until, const VisitDeadLetter& visit);
  bool take(const log::RecordPtr& record, log::Terms& terms, const VisitDeadLetter& visit);
  bool is_over() const { return bytes_left_ == 0 || std::chrono::steady_clock::now() > deadline_; }

  log::Log& log_;
  const std::string tenant_;
  std::size_t bytes_left_;
  const SteadyTime deadline_;
  DeadLetterCursor cursor_;
  bool read_ = false;  // anything
  bool paused_ = false;
  std::optional<ScanEnd> end_;
};

// The one that the id was given for, read where it stands. Nothing: it is not there (any more), is another tenant's, or
// the id was never given. Errors: unavailable, timeout.
Result<log::RecordPtr> read_dead_letter(log::Log& log, std::string_view tenant, const DeadLetterIds& ids,
                                        const DeadLetterIds::Id& id, Millis limit);

// As the API lists it, and as it shows one alone, with its payload. `state`: nothing where no index says it.
std::string dead_letter_json(const history::LetterRow& letter, std::string_view id,
                             std::optional<history::LetterState> state);
// Precondition: it is a letter.
std::string dead_letter_json(const log::StoredRecord& record, std::string_view id,
                             std::optional<history::LetterState> state);

// Whether it is a dead letter of that tenant, and no record that only begins a term.
bool is_letter_of(const log::StoredRecord& record, std::string_view tenant);

// Whether a gateway kept it because it broke its type's schema.
bool is_quarantined(const log::StoredRecord& record);

// Whether it is one of those that are asked for; which letters `ids` names is not looked at.
bool fits(const registry::JobFilter& asked, const log::StoredRecord& record);

// The record that delivers it again, to its endpoint alone; what was quarantined is published, to whoever subscribed.
// It is named by the letter's place, and by what makes it once more, where that is not empty: the same again is a
// repeat, as long as de-duplication remembers. Nothing: it has no endpoint otherwise, or has lost its payload.
std::optional<log::Record> replay_of(const log::StoredRecord& record, std::string_view once_more = {});

}  // namespace certes::api
