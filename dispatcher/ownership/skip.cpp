#include "dispatcher/ownership/skip.hpp"

#include <algorithm>

#include "common/base/wake_signal.hpp"
#include "common/log/scan.hpp"
#include "dispatcher/ownership/checkpoint_search.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kLimit{10'000};

std::string place(std::int32_t partition) { return "events[" + std::to_string(partition) + "]"; }

// Gives up where nothing has come for a while: what stands last may be of a kind that is never given.
class Patience {
 public:
  std::optional<Error> operator()(bool came) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (came) until_ = now + kLimit;
    if (now < until_) return std::nullopt;
    return Error(Code::unavailable, "the log gives nothing");
  }

 private:
  SteadyTime until_ = std::chrono::steady_clock::now() + kLimit;
};

// The checkpoint in [next, end) of `progress` that `note` names.
std::optional<Progress> read_checkpoint(log::Log& log, std::int32_t partition, const CommitNote& note) {
  CheckpointReader reader;
  std::optional<Progress> found;
  std::int64_t next = note.first;
  const auto visit = [&](const log::RecordPtr& record) {
    const auto complete = reader.add(*record);
    if (!complete) return false;
    if (!*complete) return true;
    if (auto progress = reader.finish()) found = std::move(*progress);
    return false;
  };
  if (note.first >= 0) (void)log::scan(log, {log::Topic::progress, partition, note.last + 1}, next, visit, Patience());
  return found;
}

Result<std::optional<CommitNote>> newest_note(log::Log& log, std::int32_t partition) {
  const auto range = log.offsets(log::Topic::progress, partition, kLimit);
  if (!range) return fail(range.error());
  CheckpointSearch search;
  std::int64_t next = range->start;
  const auto visit = [&](const log::RecordPtr& record) {
    search.add(*record);
    return true;
  };
  if (auto read = log::scan(log, {log::Topic::progress, partition, range->end}, next, visit, Patience()); !read)
    return fail(read.error());
  return search.newest();
}

// As an owner would begin from it: by what its group has committed, if Certes did, else by the newest checkpoint.
Result<Progress> progress_now(log::Log& log, std::int32_t partition, const log::Committed& committed,
                              log::OffsetRange events) {
  auto note = decode_note(committed.metadata);
  if (!note || note->offset != committed.offset) {
    auto newest = newest_note(log, partition);
    if (!newest) return fail(newest.error());
    note = *newest;
  }
  if (note)
    if (auto progress = read_checkpoint(log, partition, *note); progress && progress->watermark == note->offset) {
      progress->term = std::max(progress->term, note->term);
      return std::move(*progress);
    }
  Progress none;
  none.term = note ? note->term : 0;
  none.watermark = none.position = note ? note->offset : events.start;
  none.tails.fill(log::kLogStart);
  return none;
}

// 0: not known.
UnixMillis append_time(log::Log& log, std::int32_t partition, std::int64_t offset) {
  UnixMillis time = 0;
  std::int64_t next = offset;
  const auto visit = [&](const log::RecordPtr& record) {
    if (record->offset == offset) time = record->appended_at;
    return false;
  };
  (void)log::scan(log, {log::Topic::events, partition, offset + 1, 1}, next, visit, Patience());
  return time;
}

}  // namespace

Result<Skip> plan_skip(log::Log& log, std::int32_t partition, const log::Committed& committed,
                       std::optional<std::int64_t> to) {
  if (partition < 0 || partition >= log.partitions())
    return fail(Code::invalid,
                "there is no " + place(partition) + ": partitions are 0 to " + std::to_string(log.partitions() - 1));
  const auto range = log.offsets(log::Topic::events, partition, kLimit);
  if (!range) return fail(range.error());
  auto now = progress_now(log, partition, committed, *range);
  if (!now) return fail(now.error());
  Skip skip;
  skip.from = std::max(now->watermark, range->start);
  skip.to = to.value_or(range->end);
  if (skip.to < skip.from || skip.to > range->end)
    return fail(Code::invalid, place(partition) + " cannot go on at " + std::to_string(skip.to) + ": all below " +
                                   std::to_string(skip.from) + " is finished, and " + std::to_string(range->end) +
                                   " is the end");
  skip.group = now->group;
  skip.progress = std::move(*now);
  Progress& progress = skip.progress;
  const auto kept = std::lower_bound(progress.open.begin(), progress.open.end(), skip.to);
  skip.unfinished =
      (kept - progress.open.begin()) + std::max<std::int64_t>(0, skip.to - std::max(progress.position, skip.from));
  progress.open.erase(progress.open.begin(), kept);
  progress.states.erase(progress.states.begin(), progress.states.lower_bound(skip.to));
  progress.watermark = skip.to;
  progress.before = skip.to > range->start ? append_time(log, partition, skip.to - 1) : 0;
  if (progress.position <= skip.to) {
    progress.position = skip.to;
    progress.last = progress.before;
  }
  return skip;
}

Result<log::Committed> write_skip(log::Log& log, std::int32_t partition, const Skip& skip, std::uint64_t id) {
  WakeSignal signal;
  const auto appender = log.appender({.ordered = true, .may_use_reserve = true}, [&] { signal.wake(); });
  CommitNote note{log::kNoOffset, log::kNoOffset, skip.progress.term, skip.progress.before, skip.to};
  std::vector<log::Record> records = checkpoint_records(skip.progress, id, log.max_record_bytes(log::Topic::progress));
  std::size_t left = records.size();
  std::optional<Error> error;
  for (log::Record& record : records) {
    const auto done = [&](log::AppendResult&& result) {
      --left;
      if (result.outcome != log::AppendOutcome::persisted) error = std::move(result.error);
      if (note.first == log::kNoOffset) note.first = result.offset;
      note.last = result.offset;
    };
    auto taken = appender->append(log::Topic::progress, partition, std::move(record), done);
    if (!taken) return fail(std::move(taken.error()));
  }
  appender->flush();
  for (appender->poll(); left > 0; appender->poll()) signal.wait(Millis{100});
  if (error) return fail(std::move(*error));
  return log::Committed{skip.to, encode(note)};
}

}  // namespace certes::dispatcher
