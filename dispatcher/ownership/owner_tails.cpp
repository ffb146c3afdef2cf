#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr std::size_t kPage = 512;
constexpr int kPagesARound = 16;

}  // namespace

// Where they are read from is known only when all term records stand.
bool Owner::Impl::read_tails(Part& part) {
  for (const Tail& tail : part.tails)
    if (tail.term_offset == log::kNoOffset) return false;
  if (!part.loading.tails_open) open_tails(part);
  bool all = true;
  for (std::size_t i = 0; i < kTailCount && part.phase == Phase::recover; ++i)
    all = (part.tails[i].done || read_tail(part, i)) && all;
  return all && part.phase == Phase::recover;
}

// A tail that ends below what is known of it has lost that: it is read whole, and known anew soon.
void Owner::Impl::open_tails(Part& part) {
  part.loading.tails_open = true;
  for (std::size_t i = 0; i < kTailCount; ++i) {
    Tail& tail = part.tails[i];
    const book::TailPlace from = part.index.tails()[i];
    const bool whole = from.position < 0 || from.position > tail.term_offset;
    if (whole) part.index.read_tail_from(i, {log::kLogStart, from.term});
    if (from.position > tail.term_offset) part.checkpoint_now = true;
    tail.terms = log::Terms(from.term);
    tail.reader = log_.reader(kTails[i], part.partition, whole ? log::kLogStart : from.position, wake_);
  }
}

bool Owner::Impl::read_tail(Part& part, std::size_t index) {
  Tail& tail = part.tails[index];
  std::vector<log::RecordPtr> page;
  for (int pages = 0; pages < kPagesARound; ++pages) {
    page.clear();
    const auto read = tail.reader->read(kPage, page);
    if (!read) {
      const bool trimmed = read.error().code == Code::not_found;
      if (trimmed) tail.reader = log_.reader(kTails[index], part.partition, log::kLogStart, wake_);
      part.retry_at = now_ + (trimmed ? Millis{0} : kRetry);
      return false;
    }
    if (page.empty() && tail.reader->position() <= tail.term_offset) return false;
    if (page.empty()) {  // trimmed beyond it meanwhile
      tail.reader.reset();
      return tail.done = true;
    }
    for (const log::RecordPtr& record : page) {
      if (record->offset >= tail.term_offset) {
        tail.reader.reset();
        return tail.done = true;
      }
      if (!tail_record(part, index, *record)) return false;
    }
  }
  part.retry_at = now_;
  if (wake_) wake_();  // there is more
  return false;
}

// False: another term is needed.
bool Owner::Impl::tail_record(Part& part, std::size_t index, const log::StoredRecord& record) {
  Tail& tail = part.tails[index];
  const auto term = log::Terms::of(record);
  if (!term) return true;  // not ours
  if (*term >= part.term) {
    std::int64_t& highest = highest_terms_[static_cast<std::size_t>(part.partition)];
    highest = std::max(highest, *term);
    begin_term(part, now_);
    return false;
  }
  if (!tail.terms.counts(record)) return true;  // void
  const auto outcome = outcome_of(record);
  if (!outcome || outcome->origin.partition != part.partition || part.loading.tails_of_another) return true;
  part.index.tail_read(record.size());
  outcome_read(part, *outcome, record.offset);
  return true;
}

// One of this process's own, in doubt, is told when all that it stands behind is known.
void Owner::Impl::outcome_read(Part& part, const Outcome& outcome, std::int64_t offset) {
  const auto own = std::find_if(part.doubtful.begin(), part.doubtful.end(), [&](std::uint32_t slot) {
    const Op& op = outbox_.at(slot);
    return op.found == log::kNoOffset && op.outcome.same_as(outcome);
  });
  if (own == part.doubtful.end()) return part.index.reflect(for_index(outcome));
  outbox_.at(*own).found = offset;
}

// The partition's past is known: it may act.
void Owner::Impl::run(Part& part) {
  for (const std::uint32_t slot : part.doubtful)
    if (const Op& op = outbox_.at(slot); op.found != log::kNoOffset) tell(part, op);
  book::TailPlaces tails;
  for (std::size_t i = 0; i < kTailCount; ++i) tails[i] = {part.tails[i].term_offset + 1, part.term};
  part.index.set_tails(tails);
  part.phase = Phase::run;
  part.reading_failed = false;
  if (!part.running_before) begin_running(part);
  member_->start(part.partition, part.next);
  settle_found(part);
}

void Owner::Impl::begin_running(Part& part) {
  part.running_before = true;
  part.given = part.next = part.index.position();
  part.index.rebuild_calendar();
  const Loading& loading = part.loading;
  if (!std::exchange(part.kept, false)) begin_checkpoints(part);
  handler_.on_running(part.partition, part.index);
  if (loading.lost > 0) handler_.on_log_lost(part.partition, loading.lost);
}

void Owner::Impl::begin_checkpoints(Part& part) {
  book::CheckpointLimits limits;
  limits.every = options_.checkpoint_every;
  limits.tail_bytes = options_.checkpoint_bytes;
  part.checkpoints.emplace(part.index, options_.group, static_cast<std::uint64_t>(part.term) << 32, now_, limits);
  if (part.loading.manifest) part.checkpoints->resume(*part.loading.manifest, part.loading.written);
}

// This process's own appends in doubt: those that stand before the term record are acknowledged by that, the others are
// void or lost, and appended again.
void Owner::Impl::settle_found(Part& part) {
  for (const std::uint32_t slot : std::exchange(part.doubtful, {})) {
    Op& op = outbox_.at(slot);
    if (op.found == log::kNoOffset) {
      op.sent = false;
      submit(slot);
      continue;
    }
    const auto recorded = std::move(op.recorded);
    outbox_.release(slot);
    if (recorded) recorded();
  }
}

}  // namespace certes::dispatcher
