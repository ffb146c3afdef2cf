#pragma once
// scan: reads what stands in one partition up to an end that is known, on the caller's thread. Who: whoever looks
// something up on the log: dead letters, commands, what nobody received. Blocks.

#include <functional>
#include <optional>

#include "common/log/log.hpp"

namespace certes::log {

struct ScanRange {
  Topic topic;
  std::int32_t partition;
  std::int64_t end;        // the first offset that is not read
  std::size_t page = 256;  // records read at once
};
using VisitRecord = std::function<bool(const RecordPtr&)>;  // false: enough
// Asked after each page while there is more; `came`: the page had records. An error ends the scan with it.
using GiveUp = std::function<std::optional<Error>(bool came)>;

// From `next`, which moves behind what was visited, and to the end when all was. True: `visit` had enough.
// Errors: unavailable: the log; what `give_up` says.
Result<bool> scan(Log& log, const ScanRange& range, std::int64_t& next, const VisitRecord& visit,
                  const GiveUp& give_up);

// The record that stands at that offset. Nothing: there is none (any more).
// Errors: unavailable: the log; timeout: it did not come within `limit`.
Result<RecordPtr> read_at(Log& log, Topic topic, std::int32_t partition, std::int64_t offset, Millis limit);

}  // namespace certes::log
