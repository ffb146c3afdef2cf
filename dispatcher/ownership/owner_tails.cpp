#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr std::size_t kPage = 512;
constexpr int kPagesARound = 16;

}  // namespace

bool Owner::Impl::read_tails(Part& part) {
  bool all = true;
  for (std::size_t i = 0; i < kTailCount && part.phase == Phase::recover; ++i)
    all = (part.tails[i].done || read_tail(part, i)) && all;
  return all && part.phase == Phase::recover;
}

bool Owner::Impl::read_tail(Part& part, std::size_t index) {
  Tail& tail = part.tails[index];
  if (tail.term_offset == log::kNoOffset) return false;
  if (!tail.reader) {
    tail.from_start = tail.from_start || tail.position < 0 || tail.position > tail.term_offset;
    tail.reader = log_.reader(kTails[index], part.partition, tail.from_start ? log::kLogStart : tail.position, wake_);
  }
  std::vector<log::RecordPtr> page;
  for (int pages = 0; pages < kPagesARound; ++pages) {
    page.clear();
    const auto read = tail.reader->read(kPage, page);
    if (!read) {
      if (read.error().code == Code::not_found) {
        tail.from_start = true;
        tail.reader.reset();
      }
      part.retry_at = now_ + (read.error().code == Code::not_found ? Millis{0} : kRetry);
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
  if (outcome && outcome->origin.partition == part.partition) {
    part.tail_bytes += record.size();
    const auto own = std::find_if(part.doubtful.begin(), part.doubtful.end(), [&](std::uint32_t slot) {
      const Op& op = outbox_.at(slot);
      return op.found == log::kNoOffset && op.outcome.same_as(*outcome);
    });
    if (own != part.doubtful.end())
      outbox_.at(*own).found = record.offset;
    else
      reflect_tail(part, *outcome);
  }
  return true;
}

void Owner::Impl::reflect_tail(Part& part, const Outcome& outcome) {
  if (part.replaced) {
    if (outcome.recorded_at >= part.replaced->since)
      apply(outcome, part.replaced->by_event[outcome.event_id][outcome.delivery]);
  } else if (!part.tracker.finished(outcome.origin.offset)) {
    reflect(part, outcome);
  }
}

// The partition's past is known: it may act.
void Owner::Impl::run(Part& part) {
  const bool first = !part.running_before;
  for (Tail& tail : part.tails) tail.position = tail.term_offset + 1;
  part.phase = Phase::run;
  part.running_before = true;
  part.good = part.term;
  part.changed = true;
  part.reading_failed = false;
  part.checkpoint_at = now_ + options_.checkpoint_every;
  if (first && part.loading.lost > 0) handler_.on_log_lost(part.partition, part.loading.lost);
  if (part.replaced && part.tracker.next() >= part.replaced->end) part.replaced.reset();
  settle_found(part);
  member_->start(part.partition, part.tracker.next());
}

// This process's own appends in doubt: those that stand before the term record are acknowledged by that, the others are
// void or lost, and appended again.
void Owner::Impl::settle_found(Part& part) {
  std::vector<std::uint32_t> doubtful;
  doubtful.swap(part.doubtful);
  for (const std::uint32_t slot : doubtful) {
    if (outbox_.at(slot).found != log::kNoOffset) continue;
    outbox_.at(slot).sent = false;
    submit(slot);
  }
  for (const std::uint32_t slot : doubtful)
    if (const Op& op = outbox_.at(slot); op.sent && op.found != log::kNoOffset) settle(part, slot, op.found);
}

}  // namespace certes::dispatcher
