#include <algorithm>

#include "common/log/names.hpp"
#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kCrowdedEvery{50};
constexpr std::size_t kUnacknowledgedBytes = 4u << 20;  // of a checkpoint: above, nothing more is encoded

}  // namespace

// What is finished goes only below the watermark that is committed.
SteadyTime Owner::Impl::checkpoint_time(const Part& part) const {
  if (part.writing || part.committing) return SteadyTime::max();
  if (part.checkpoint_now) return now_;
  const SteadyTime at = part.checkpoints->due_at();
  if (at == SteadyTime::min() || at == SteadyTime::max() || !log_.crowded()) return at;
  return at - std::max(Millis{0}, options_.checkpoint_every - kCrowdedEvery);
}

void Owner::Impl::begin_checkpoint(Part& part) {
  part.checkpoint_now = false;
  part.writing.emplace();
  part.writing->checkpoint = part.checkpoints->begin(now_, part.term, part.revoked);
  append_items(part);
}

// A bounded amount a round; the manifest once all items stand.
void Owner::Impl::append_items(Part& part) {
  Writing& writing = *part.writing;
  const std::size_t items = writing.checkpoint.items.size();
  while (writing.next < items && encode_left_ > 0 && writing.unacked < kUnacknowledgedBytes) {
    const std::size_t item = writing.next++;
    append_item(part, item, item_records_of(writing.checkpoint, item, item_record_bytes()));
  }
  if (writing.next < items && encode_left_ == 0 && wake_) wake_();
  if (writing.next == items && writing.checkpoint.complete()) {
    ++writing.next;
    append_item(part, items, part.checkpoints->manifest_records(writing.checkpoint, item_record_bytes()));
  }
}

std::size_t Owner::Impl::item_record_bytes() const {
  return log_.max_record_bytes(log::Topic::progress) - options_.group.size();
}

// By it another group knows that the partition is not its own.
void Owner::Impl::add_group(log::Record& record) const {
  if (!options_.group.empty()) record.headers.add(log::names::kGroup, options_.group);
}

void Owner::Impl::append_item(Part& part, std::size_t item, std::vector<log::Record>&& records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::uint32_t slot = outbox_.take(OpKind::checkpoint, part.partition, part.epoch, log::Topic::progress);
    Op& op = outbox_.at(slot);
    op.record = std::move(records[i]);
    add_group(op.record);
    op.index = item;
    op.last = i + 1 == records.size();
    encode_left_ -= std::min(encode_left_, op.record.size());
    part.writing->unacked += op.record.size();
    submit(slot);
  }
}

// Acknowledgements come in the order of the appends.
void Owner::Impl::item_appended(Part& part, const Op& op, std::int64_t offset) {
  Writing& writing = *part.writing;
  writing.unacked -= std::min(writing.unacked, op.record.size());
  if (writing.place < 0) writing.place = offset;
  writing.its_bytes += op.bytes;
  if (!op.last) return;
  if (op.index == writing.checkpoint.items.size()) return commit_checkpoint(part);
  part.checkpoints->stands(writing.checkpoint, op.index, std::exchange(writing.place, -1),
                           std::exchange(writing.its_bytes, 0));
}

void Owner::Impl::commit_checkpoint(Part& part) {
  const book::Manifest& manifest = part.writing->checkpoint.manifest;
  const CommitNote note{part.writing->place, manifest.previous, part.term, manifest.watermark};
  part.committing = true;
  log::Committed commit{note.offset, encode(note)};
  member_->commit(part.partition, commit,
                  [this, p = part.partition, epoch = part.epoch, commit](const Result<void>& result) {
                    Part* asked = find(p, epoch);
                    if (asked == nullptr) return;
                    asked->committing = false;
                    if (result) asked->accepted_commit = commit;
                    if (result) return checkpoint_committed(*asked);
                    if (result.error().code == Code::conflict) return refused(*asked);
                    abandon_checkpoint(*asked);
                  });
}

void Owner::Impl::checkpoint_committed(Part& part) {
  if (!part.writing) return;  // abandoned meanwhile: it counts as in doubt
  const Writing writing = std::move(*part.writing);
  part.writing.reset();
  const auto trim = part.checkpoints->accepted(writing.checkpoint, writing.place, writing.its_bytes);
  part.finished_below = trim.events;
  ++part.accepted;
  for (std::size_t i = 0; i < kTailCount; ++i) log_.keep_from(kTails[i], part.partition, trim.tails[i]);
  trim_progress(part, trim.progress);
}

// It is not committed, so it does not exist; the next one comes in its time.
void Owner::Impl::abandon_checkpoint(Part& part) {
  if (!part.writing) return;
  part.checkpoints->abandoned(part.writing->checkpoint);
  part.writing.reset();
  outbox_.each([&](std::uint32_t slot, Op& op) {
    if (op.epoch == part.epoch && op.kind == OpKind::checkpoint) outbox_.release(slot);
  });
}

}  // namespace certes::dispatcher
