#include "dispatcher/ownership/skip.hpp"

#include <algorithm>

#include "common/base/wake_signal.hpp"
#include "common/log/names.hpp"
#include "common/log/scan.hpp"
#include "dispatcher/book/checkpoint.hpp"
#include "dispatcher/ownership/checkpoint_loader.hpp"
#include "dispatcher/ownership/checkpoint_search.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kLimit{10'000};
constexpr std::size_t kPage = 8;  // records of up to 512 KB

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

// The item of the checkpoint that is to be added next. An error: it cannot be read.
Result<void> read_item(log::Log& log, std::int32_t partition, std::int64_t end, CheckpointLoader& loader) {
  Result<bool> complete = false;
  const auto visit = [&](const log::RecordPtr& record) {
    complete = loader.add(*record);
    return complete && !*complete;
  };
  std::int64_t next = loader.from();
  const auto read = log::scan(log, {log::Topic::progress, partition, end, kPage}, next, visit, Patience());
  if (!read) return fail(read.error());
  if (!complete) return fail(complete.error());
  if (!*complete) return fail(Code::invalid, "a checkpoint cut off");
  return {};
}

// Nothing: it cannot be read.
std::optional<CheckpointLoader> read_checkpoint(log::Log& log, std::int32_t partition, std::int64_t manifest) {
  const auto range = log.offsets(log::Topic::progress, partition, kLimit);
  if (manifest < 0 || !range) return std::nullopt;
  std::optional<CheckpointLoader> loader(std::in_place, manifest);
  while (!loader->done())
    if (!read_item(log, partition, range->end, *loader)) return std::nullopt;
  return loader;
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

// The checkpoint whose watermark is committed, or the one before it.
void load(log::Log& log, std::int32_t partition, const CommitNote& note, Skip& skip) {
  for (const std::int64_t place : {note.manifest, note.previous}) {
    auto loader = read_checkpoint(log, partition, place);
    if (!loader || (place == note.manifest && loader->manifest()->watermark != note.offset)) continue;
    skip.manifest = *loader->manifest();
    skip.written = loader->written();
    if (auto index = std::move(*loader).finish()) {
      skip.index = std::move(*index);
      return;
    }
    skip.manifest.reset();
  }
}

// As an owner would begin from it: by what its group has committed, if Certes did, else by the newest checkpoint.
Result<Skip> skip_now(log::Log& log, std::int32_t partition, const log::Committed& committed, log::OffsetRange events) {
  auto note = decode_note(committed.metadata);
  if (!note || note->offset != committed.offset) {
    auto newest = newest_note(log, partition);
    if (!newest) return fail(newest.error());
    note = *newest;
  }
  Skip skip;
  skip.index = book::OpenIndex(note ? note->offset : events.start);
  book::TailPlaces begin;
  begin.fill({log::kLogStart, 0});
  skip.index.set_tails(begin);
  if (note) load(log, partition, *note, skip);
  skip.term = note ? note->term : 0;
  if (skip.manifest) skip.term = std::max(skip.term, skip.manifest->term);
  if (skip.manifest) skip.group = skip.manifest->group;
  return skip;
}

// Appends the records, in their order; where the first stands, and their bytes.
class Writer {
 public:
  Writer(log::Log& log, std::int32_t partition)
      : partition_(partition),
        appender_(log.appender({.ordered = true, .may_use_reserve = true}, [this] { signal_.wake(); })) {}

  Result<book::Written> write(std::vector<log::Record>&& records, const std::string& group) {
    book::Written written;
    std::size_t left = records.size();
    std::optional<Error> error;
    const auto done = [&](log::AppendResult&& result) {
      --left;
      if (result.outcome != log::AppendOutcome::persisted) error = std::move(result.error);
      if (written.place < 0) written.place = result.offset;
    };
    for (log::Record& record : records) {
      if (!group.empty()) record.headers.add(log::names::kGroup, group);
      written.bytes += record.size();
      if (auto taken = appender_->append(log::Topic::progress, partition_, std::move(record), done); !taken)
        return fail(std::move(taken.error()));
    }
    appender_->flush();
    for (appender_->poll(); left > 0; appender_->poll()) signal_.wait(Millis{100});
    if (error) return fail(std::move(*error));
    return written;
  }

 private:
  const std::int32_t partition_;
  WakeSignal signal_;
  std::unique_ptr<log::Appender> appender_;  // destroyed first: it wakes
};

}  // namespace

Result<Skip> plan_skip(log::Log& log, std::int32_t partition, const log::Committed& committed,
                       std::optional<std::int64_t> to) {
  if (partition < 0 || partition >= log.partitions())
    return fail(Code::invalid,
                "there is no " + place(partition) + ": partitions are 0 to " + std::to_string(log.partitions() - 1));
  const auto range = log.offsets(log::Topic::events, partition, kLimit);
  if (!range) return fail(range.error());
  auto skip = skip_now(log, partition, committed, *range);
  if (!skip) return fail(skip.error());
  skip->from = std::max(skip->index.watermark(), range->start);
  skip->to = to.value_or(range->end);
  if (skip->to < skip->from || skip->to > range->end)
    return fail(Code::invalid, place(partition) + " cannot go on at " + std::to_string(skip->to) + ": all below " +
                                   std::to_string(skip->from) + " is finished, and " + std::to_string(range->end) +
                                   " is the end");
  skip->unfinished = static_cast<std::int64_t>(skip->index.drop_below(skip->to)) +
                     std::max<std::int64_t>(0, skip->to - std::max(skip->index.position(), skip->from));
  skip->index.pass(skip->to);
  return skip;
}

Result<log::Committed> write_skip(log::Log& log, std::int32_t partition, Skip& skip, const std::string& group,
                                  std::uint64_t id) {
  const std::size_t most_bytes = log.max_record_bytes(log::Topic::progress) - group.size();
  book::Checkpoints checkpoints(skip.index, group, id, {});
  if (skip.manifest) checkpoints.resume(*skip.manifest, skip.written);
  book::Checkpoint checkpoint = checkpoints.begin({}, skip.term);
  Writer writer(log, partition);
  for (std::size_t item = 0; item < checkpoint.items.size(); ++item) {
    const auto written = writer.write(item_records_of(checkpoint, item, most_bytes), group);
    if (!written) return fail(written.error());
    checkpoints.stands(checkpoint, item, written->place, written->bytes);
  }
  const auto written = writer.write(checkpoints.manifest_records(checkpoint, most_bytes), group);
  if (!written) return fail(written.error());
  const std::int64_t watermark = checkpoint.manifest.watermark;
  return log::Committed{watermark,
                        encode(CommitNote{written->place, checkpoint.manifest.previous, skip.term, watermark})};
}

}  // namespace certes::dispatcher
