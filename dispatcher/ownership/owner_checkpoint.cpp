#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kTrimTimeout{2'000};
constexpr Millis kCrowdedEvery{50};
constexpr std::uint32_t kTrimEvery = 8;  // checkpoints

}  // namespace

// What is finished goes only below the watermark that is committed.
SteadyTime Owner::Impl::checkpoint_time(const Part& part) const {
  if (!log_.crowded()) return part.checkpoint_at;
  return part.checkpoint_at - std::max(Millis{0}, options_.checkpoint_every - kCrowdedEvery);
}

bool Owner::Impl::checkpoint_due(const Part& part) const {
  if (!part.changed || part.checkpoint.busy || part.committing) return false;
  return now_ >= checkpoint_time(part) || part.tail_bytes >= options_.checkpoint_bytes;
}

// What is known from acknowledgements alone: a position stands behind the last acknowledged append, and they come in
// order, so it never passes one whose outcome is unknown.
Progress Owner::Impl::progress_of(Part& part) const {
  const OffsetTracker& tracker = part.tracker;
  Progress progress;
  progress.term = part.term;
  progress.group = options_.group;
  progress.watermark = tracker.watermark();
  progress.before = tracker.before();
  progress.position = tracker.position();
  progress.last = tracker.last();
  progress.open = tracker.open_offsets();
  for (std::size_t i = 0; i < kTailCount; ++i) progress.tails[i] = part.tails[i].position;
  std::erase_if(part.states, [&](const auto& state) { return tracker.finished(state.first); });
  progress.states = part.states;
  return progress;
}

// False: there can be none now.
bool Owner::Impl::begin_checkpoint(Part& part) {
  // Until what was replaced has been read again, progress by offset would say less than the tails do.
  if (part.replaced) return false;
  const Progress progress = progress_of(part);
  std::vector<log::Record> records =
      checkpoint_records(progress, ++checkpoint_id_, log_.max_record_bytes(log::Topic::progress));
  part.checkpoint = {
      true, records.size(), {log::kNoOffset, log::kNoOffset, part.term, progress.before, progress.watermark}};
  part.checkpoint_at = now_ + options_.checkpoint_every;
  part.tail_bytes = 0;
  part.changed = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::uint32_t slot = outbox_.take(OpKind::checkpoint, part.partition, part.epoch, log::Topic::progress);
    Op& op = outbox_.at(slot);
    op.record = std::move(records[i]);
    op.index = i;
    submit(slot);
  }
  outbox_.flush();
  return true;
}

void Owner::Impl::checkpoint_appended(Part& part, const Op& op, std::int64_t offset) {
  if (op.index == 0) part.checkpoint.note.first = offset;
  part.checkpoint.note.last = offset;
  if (--part.checkpoint.awaited == 0) commit_checkpoint(part);
}

void Owner::Impl::commit_checkpoint(Part& part) {
  part.committing = true;
  const CommitNote note = part.checkpoint.note;
  member_->commit(part.partition, {note.offset, encode(note)},
                  [this, p = part.partition, epoch = part.epoch, note](Result<void> result) {
                    Part* asked = find(p, epoch);
                    if (asked == nullptr) return;
                    asked->committing = false;
                    if (result) return checkpoint_committed(*asked, note);
                    if (result.error().code == Code::conflict) return refused(*asked);
                    abandon_checkpoint(*asked);
                  });
}

void Owner::Impl::checkpoint_committed(Part& part, const CommitNote& note) {
  part.checkpoint.busy = false;
  const std::int64_t old = part.previous_checkpoint;
  part.previous_checkpoint = part.committed_checkpoint;
  part.committed_checkpoint = note.first;
  if (++part.checkpoints % kTrimEvery != 0 || old <= 0) return;
  auto job = [&log = log_, partition = part.partition, old] {
    // If it fails, the next one does it.
    [[maybe_unused]] const auto trimmed = log.trim(log::Topic::progress, partition, old, kTrimTimeout);
  };
  if (options_.background) return options_.background(std::move(job));
  if (!trimmer_) trimmer_ = std::make_unique<Trimmer>();
  trimmer_->run(std::move(job));
}

// It is not committed, so it does not exist; the next one comes in its time.
void Owner::Impl::abandon_checkpoint(Part& part) {
  if (!part.checkpoint.busy) return;
  part.checkpoint.busy = false;
  part.changed = true;
  outbox_.each([&](std::uint32_t slot, Op& op) {
    if (op.epoch == part.epoch && op.kind == OpKind::checkpoint) outbox_.release(slot);
  });
}

}  // namespace certes::dispatcher
