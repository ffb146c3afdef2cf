#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr Millis kStalled{2'000};
constexpr Millis kLookup{1'000};
constexpr UnixMillis kReplacedMargin = 60'000;
constexpr std::size_t kPage = 512;

CommitNote note_of(const OwnedPartition& part) { return decode_note(part.committed.metadata).value_or(CommitNote{}); }

}  // namespace

void Owner::Impl::begin_recovery(Part& part) {
  part.phase = Phase::recover;
  part.retry_at = now_;
  for (std::size_t i = 0; i < kTailCount; ++i) {
    Tail& tail = part.tails[i];
    tail.term_offset = log::kNoOffset;
    tail.reader.reset();
    tail.done = tail.from_start = false;
    tail.terms = log::Terms(part.good);
    const std::uint32_t slot = outbox_.take(OpKind::term, part.partition, part.epoch, kTails[i]);
    submit(slot);
  }
  if (part.running_before) {
    part.doubtful.clear();
    outbox_.each([&](std::uint32_t slot, Op& op) {
      if (op.epoch != part.epoch || op.kind != OpKind::outcome || !op.sent) return;
      op.found = log::kNoOffset;
      part.doubtful.push_back(slot);
    });
    part.loading.step = Loading::tails;
    return;
  }
  part.replaced.reset();
  part.loading.since = now_;
}

// May begin another term, or destroy nothing: `part` stays.
void Owner::Impl::recover(Part& part) {
  if (now_ < part.retry_at) return;
  Loading& loading = part.loading;
  if (loading.step == Loading::checkpoint && !load_checkpoint(part)) return;
  if (loading.step == Loading::verify && !verify(part)) return;
  if (loading.step == Loading::probe && !probe(part)) return;
  if (loading.step == Loading::past && !read_past(part)) return;
  if (read_tails(part)) run(part);
}

void Owner::Impl::restore(Part& part, Progress&& progress) {
  part.tracker.restore(progress.watermark, progress.before, progress.position, progress.last, std::move(progress.open));
  part.states = std::move(progress.states);
  for (std::size_t i = 0; i < kTailCount; ++i) {
    part.tails[i].position = progress.tails[i];
    part.tails[i].terms = log::Terms(progress.term);
  }
  part.loading.step = Loading::verify;
  part.loading.reader.reset();
}

// No checkpoint, or one that cannot be read: the committed watermark, and the tails from their logs' start.
void Owner::Impl::nothing_restored(Part& part) {
  Progress progress;
  progress.watermark = progress.position = part.committed.offset;
  progress.before = note_of(part).before;
  progress.tails.fill(log::kLogStart);
  restore(part, std::move(progress));
}

bool Owner::Impl::load_checkpoint(Part& part) {
  const CommitNote note = note_of(part);
  Loading& loading = part.loading;
  const auto unreadable = [&] {
    nothing_restored(part);
    return true;
  };
  part.committed_checkpoint = note.first;
  if (note.first < 0) return unreadable();
  if (!loading.reader) loading.reader = log_.reader(log::Topic::progress, part.partition, note.first, wake_);
  std::vector<log::RecordPtr> page;
  const auto read = loading.reader->read(kPage, page);
  if (!read) {
    if (read.error().code == Code::not_found) return unreadable();
    part.retry_at = now_ + kRetry;
    return false;
  }
  for (const log::RecordPtr& record : page) {
    loading.since = now_;
    if (record->offset > note.last) return unreadable();
    const auto complete = loading.parts.add(*record);
    if (!complete) return unreadable();
    if (!*complete) continue;
    auto progress = loading.parts.finish();
    if (!progress || progress->watermark != part.committed.offset) return unreadable();
    restore(part, std::move(*progress));
    return true;
  }
  if (page.empty() && now_ - loading.since >= kStalled && !looked_up_) {
    looked_up_ = true;
    const auto range = log_.offsets(log::Topic::progress, part.partition, kLookup);
    if (range && (note.last >= range->end || note.first < range->start)) return unreadable();
    loading.since = now_;
  }
  return false;
}

// Whether `events` is still the log that was committed for, and begins where it should.
bool Owner::Impl::verify(Part& part) {
  if (part.loading.from_start) {
    part.loading.step = Loading::tails;
    return true;
  }
  if (looked_up_) return false;
  looked_up_ = true;
  const auto range = log_.offsets(log::Topic::events, part.partition, kLookup);
  if (!range) {
    part.retry_at = now_ + kRetry;
    return false;
  }
  const OffsetTracker& tracker = part.tracker;
  const std::int64_t watermark = part.committed.offset;
  part.loading.step = Loading::past;
  if (tracker.position() > range->end) return events_replaced(part, tracker.before(), *range);
  // The last record that was read says most: if that is the same, so is all before it.
  part.loading.probed = tracker.last() != 0 ? tracker.position() : watermark;
  part.loading.expected = tracker.last() != 0 ? tracker.last() : tracker.before();
  if (watermark < range->start) {
    part.loading.lost = tracker.count_unfinished(watermark, range->start);
    part.tracker.skip_to(range->start);
  }
  if (part.loading.expected != 0 && part.loading.probed > range->start) {
    part.loading.step = Loading::probe;
    part.loading.since = now_;
    part.loading.reader = log_.reader(log::Topic::events, part.partition, part.loading.probed - 1, wake_);
  }
  return true;
}

// Compares the append time of a record that was read before with what is there now.
bool Owner::Impl::probe(Part& part) {
  std::vector<log::RecordPtr> page;
  const auto read = part.loading.reader->read(1, page);
  if (read && page.empty() && now_ - part.loading.since < kStalled) return false;
  part.loading.reader.reset();
  part.loading.step = Loading::past;
  const bool other = !page.empty() && page.front()->offset == part.loading.probed - 1 &&
                     page.front()->appended_at != part.loading.expected;
  if (!other) return true;
  const auto range = log_.offsets(log::Topic::events, part.partition, kLookup);
  if (range) return events_replaced(part, part.tracker.before(), *range);
  part.loading.step = Loading::verify;
  part.retry_at = now_ + kRetry;
  return false;
}

// Reading begins a minute before what was known, and what the tails show as done is known by the event's id.
bool Owner::Impl::events_replaced(Part& part, UnixMillis before, log::OffsetRange range) {
  std::int64_t from = range.start;
  Replaced replaced;
  if (before != 0) {
    replaced.since = before - kReplacedMargin;
    const auto at = log_.offset_at(log::Topic::events, part.partition, replaced.since, kLookup);
    if (!at) {
      part.loading.step = Loading::verify;
      part.retry_at = now_ + kRetry;
      return false;
    }
    from = *at;
  }
  replaced.end = range.end;
  part.committed = {from, {}};
  part.loading.lost = 0;
  nothing_restored(part);
  part.loading.step = Loading::past;
  part.replaced = std::move(replaced);
  handler_.on_replaced(part.partition);
  return true;
}

}  // namespace certes::dispatcher
