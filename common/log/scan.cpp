#include "common/log/scan.hpp"

#include "common/base/wake_signal.hpp"

namespace certes::log {
namespace {

constexpr Millis kLook{50};

}  // namespace

Result<bool> scan(Log& log, const ScanRange& range, std::int64_t& next, const VisitRecord& visit,
                  const GiveUp& give_up) {
  if (next >= range.end) return false;
  const auto signal = std::make_shared<WakeSignal>();
  const auto reader = log.reader(range.topic, range.partition, next, [signal] { signal->wake(); });
  std::vector<RecordPtr> page;
  while (next < range.end) {
    page.clear();
    if (const auto read = reader->read(range.page, page); !read) return fail(Code::unavailable, read.error().message);
    for (const RecordPtr& record : page) {
      if (record->offset >= range.end) break;
      next = record->offset + 1;
      if (!visit(record)) return true;
    }
    // The last offsets may hold nothing that is ever given (a foreign transaction's marks).
    const bool behind = !page.empty() && page.back()->offset >= range.end;
    if (behind || (page.empty() && reader->position() >= range.end)) next = range.end;
    if (next >= range.end) break;
    if (auto error = give_up(!page.empty())) return fail(std::move(*error));
    if (page.empty()) signal->wait(kLook);
  }
  return false;
}

Result<RecordPtr> read_at(Log& log, Topic topic, std::int32_t partition, std::int64_t offset, Millis limit) {
  const auto range = log.offsets(topic, partition, limit);
  if (!range) return fail(range.error());
  if (offset < range->start || offset >= range->end) return RecordPtr();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const auto late = [&](bool) -> std::optional<Error> {
    if (std::chrono::steady_clock::now() <= deadline) return std::nullopt;
    return Error(Code::timeout, "the log could not be read in time");
  };
  RecordPtr found;
  std::int64_t at = offset;
  const auto keep = [&](const RecordPtr& record) {
    if (record->offset == offset) found = record;
    return false;
  };
  if (auto done = scan(log, {topic, partition, offset + 1, 1}, at, keep, late); !done)
    return fail(std::move(done.error()));
  return found;
}

}  // namespace certes::log
