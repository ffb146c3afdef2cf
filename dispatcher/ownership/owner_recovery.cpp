// A partition's past, from the checkpoint on: whether `events` is still the log of which it was made, then (owner_past,
// owner_tails) what stands on the log.
#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr Millis kStalled{2'000};
constexpr Millis kLookup{1'000};

}  // namespace

void Owner::Impl::begin_recovery(Part& part) {
  part.phase = Phase::recover;
  part.retry_at = now_;
  part.loading.since = now_;
  for (Tail& tail : part.tails) {
    tail.term_offset = log::kNoOffset;
    tail.reader.reset();
    tail.done = false;
  }
  append_term(part, log::Topic::progress);
  if (part.kept) part.loading.step = Loading::tails;
  if (!part.running_before) return;
  part.doubtful.clear();
  outbox_.each([&](std::uint32_t slot, Op& op) {
    if (op.epoch != part.epoch || op.kind != OpKind::outcome || !op.sent) return;
    op.found = log::kNoOffset;
    part.doubtful.push_back(slot);
  });
  part.loading.step = Loading::tails;
}

void Owner::Impl::append_term(Part& part, log::Topic topic) {
  const std::uint32_t slot = outbox_.take(OpKind::term, part.partition, part.epoch, topic);
  if (topic == log::Topic::progress) add_group(outbox_.at(slot).record);
  submit(slot);
}

// That of `progress` stands first: what a former owner's checkpoint says of a tail behind this term is void then too.
void Owner::Impl::term_appended(Part& part, log::Topic topic, std::int64_t offset) {
  if (topic != log::Topic::progress) {
    part.tails[tail_index(topic)].term_offset = offset;
    return;
  }
  for (const log::Topic tail : kTails) append_term(part, tail);
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

void Owner::Impl::restore(Part& part, book::OpenIndex&& index) {
  part.index = std::move(index);
  part.loading.loader.reset();
  part.loading.reader.reset();
  part.loading.step = part.loading.from_start ? Loading::tails : Loading::verify;
}

// Whether `events` is still the log that was committed for, and begins where it should.
bool Owner::Impl::verify(Part& part) {
  if (looked_up_) return false;
  looked_up_ = true;
  const auto range = log_.offsets(log::Topic::events, part.partition, kLookup);
  if (!range) {
    part.retry_at = now_ + kRetry;
    return false;
  }
  Loading& loading = part.loading;
  loading.check = loading.manifest ? LogCheck(*loading.manifest, *range) : LogCheck(part.index.position(), *range);
  loading.since = now_;
  loading.step = Loading::probe;
  return true;
}

// One record a round, at most.
bool Owner::Impl::probe(Part& part) {
  Loading& loading = part.loading;
  if (const auto wanted = loading.check.wanted()) {
    if (!look_at(part, *wanted)) return false;
    loading.reader.reset();
    loading.since = now_;
    if (loading.check.wanted()) {
      if (wake_) wake_();
      return false;
    }
  }
  loading.step = Loading::past;
  judge(part);
  return true;
}

// False: nothing is known of that record yet.
bool Owner::Impl::look_at(Part& part, std::int64_t offset) {
  Loading& loading = part.loading;
  if (!loading.reader) loading.reader = log_.reader(log::Topic::events, part.partition, offset, wake_);
  std::vector<log::RecordPtr> page;
  const auto read = loading.reader->read(1, page);
  const bool trimmed = !read && read.error().code == Code::not_found;
  if (!read && !trimmed) {
    part.retry_at = loading.since = now_ + kRetry;
    return false;
  }
  if (page.empty() && !trimmed && now_ - loading.since < kStalled) return false;
  const bool there = !page.empty() && page.front()->offset == offset;
  loading.check.found(there ? std::optional(page.front()->appended_at) : std::nullopt);
  return true;
}

void Owner::Impl::judge(Part& part) {
  switch (part.loading.check.verdict()) {
    case LogCheck::Verdict::same: break;
    case LogCheck::Verdict::cut: cut(part); break;
    case LogCheck::Verdict::replaced: replaced(part); break;
  }
  pass_trimmed(part);
}

// Reading goes on where the log has lost its end; the tails say nothing of the records that are there now.
void Owner::Impl::cut(Part& part) {
  part.loading.lost += static_cast<std::int64_t>(part.index.cut(part.loading.check.cut_at()));
  part.checkpoint_now = true;
  handler_.on_replaced(part.partition);
}

// Nothing that is known is of this log: neither what is open nor what the tails say, nor older checkpoints.
void Owner::Impl::replaced(Part& part) {
  Loading& loading = part.loading;
  loading.lost += static_cast<std::int64_t>(part.index.counts().open());
  const book::TailPlaces tails = part.index.tails();
  part.index = book::OpenIndex(loading.check.range().start);
  part.index.set_tails(tails);
  loading.tails_of_another = true;
  loading.manifest.reset();
  part.checkpoint_now = true;
  handler_.on_replaced(part.partition);
}

// All below what is committed is finished, also where the index is of an older checkpoint. What was neither that nor
// read before the log was trimmed is lost; what is open below its start, who loads it finds gone.
void Owner::Impl::pass_trimmed(Part& part) {
  const log::OffsetRange range = part.loading.check.range();
  if (part.loading.check.verdict() == LogCheck::Verdict::same && part.committed.offset <= range.end)
    part.index.pass(part.committed.offset);
  part.loading.lost += std::max<std::int64_t>(0, range.start - part.index.position());
  part.index.pass(range.start);
}

}  // namespace certes::dispatcher
