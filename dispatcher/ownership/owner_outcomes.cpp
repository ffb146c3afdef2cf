#include <algorithm>
#include <set>

#include "common/log/names.hpp"
#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kBusyRetry{5};
constexpr Millis kRetry{100};
constexpr std::size_t kStampBytes = 128;  // certes-term and certes-origin with their names

}  // namespace

void Owner::Impl::record_attempt(Place origin, std::optional<book::LaneNumber> lane, const AttemptRecord& attempt,
                                 std::function<void()> recorded) {
  Part* part = find(origin.partition);
  if (part == nullptr || !part->running_before || part->phase == Phase::close) return;
  const std::uint32_t slot = outbox_.take(OpKind::outcome, part->partition, part->epoch, log::Topic::attempts);
  Op& op = outbox_.at(slot);
  op.record = attempt_record(attempt, origin);
  op.recorded = std::move(recorded);
  op.outcome = outcome_of(attempt, origin, clock_.unix_millis());
  op.lane = lane;
  submit(slot);
}

Result<void> Owner::Impl::append_and_finish(Place origin, book::LaneNumber lane, log::Record&& dead_letter,
                                            std::function<void()> recorded) {
  if (dead_letter.size() + kStampBytes > log_.max_record_bytes(log::Topic::dead_letters))
    return fail(Code::too_large, "the dead letter is larger than its topic takes");
  Part* part = find(origin.partition);
  if (part == nullptr || !part->running_before || part->phase == Phase::close) return {};
  const std::uint32_t slot = outbox_.take(OpKind::outcome, part->partition, part->epoch, log::Topic::dead_letters);
  Op& op = outbox_.at(slot);
  op.record = std::move(dead_letter);
  add_origin(op.record.headers, origin);
  op.recorded = std::move(recorded);
  op.outcome = {};
  op.outcome.topic = log::Topic::dead_letters;
  op.outcome.origin = origin;
  op.outcome.ending = DeadLettered{};
  op.outcome.delivery = op.record.headers.get(log::names::kDelivery);
  op.lane = lane;
  submit(slot);
  return {};
}

// Its place is no tail: what is in doubt is appended again, and de-duplication keeps one.
Result<void> Owner::Impl::append_event(Place origin, log::Record&& event, std::function<void()> recorded) {
  if (event.size() > log_.max_record_bytes(log::Topic::events))
    return fail(Code::too_large, "the event is larger than its topic takes");
  Part* part = find(origin.partition);
  if (part == nullptr || !part->running_before || part->phase == Phase::close) return {};
  const std::uint32_t slot = outbox_.take(OpKind::event, part->partition, part->epoch, log::Topic::events);
  Op& op = outbox_.at(slot);
  op.record = std::move(event);
  op.recorded = std::move(recorded);
  submit(slot);
  return {};
}

Result<void> Owner::Impl::append_keyed(log::Record&& event, std::function<void()> appended) {
  if (broken_ || full_) return fail(Code::busy, "the log takes nothing now");
  return outbox_.append_keyed(std::move(event), std::move(appended));
}

// Whether its records of this kind may be appended now.
bool Owner::Impl::may_append(const Part& part, OpKind kind) const {
  if (broken_ || !fresh()) return false;
  switch (kind) {
    case OpKind::outcome:
    case OpKind::event: return part.phase == Phase::run;
    case OpKind::term: return part.phase == Phase::recover;
    case OpKind::checkpoint: return part.phase == Phase::run || part.phase == Phase::close;
  }
  return false;
}

void Owner::Impl::submit(std::uint32_t slot) {
  // Nothing overtakes what waits: a checkpoint's records must stand in their order.
  if (waiting_.empty() && send(slot)) return;
  outbox_.hold(slot);
  const Op& op = outbox_.at(slot);
  waiting_.push_back({slot, op.generation, now_});
  const Part* part = find(op.partition, op.epoch);
  const bool runs = part != nullptr && part->phase == Phase::run;
  if (runs && !full_) send_again_ = std::min(send_again_, now_);  // membership first
}

void Owner::Impl::send_later(std::uint32_t slot, SteadyTime not_before) {
  outbox_.hold(slot);
  waiting_.push_back({slot, outbox_.at(slot).generation, not_before});
  send_again_ = std::min(send_again_, not_before);
}

// False: not now.
bool Owner::Impl::send(std::uint32_t slot) {
  const Op& op = outbox_.at(slot);
  const Part* part = find(op.partition, op.epoch);
  if (part == nullptr || !may_append(*part, op.kind)) return false;
  const auto taken = outbox_.send(slot, part->term);
  if (taken) return true;
  // What is too large never fits, and is nobody else's affair. Neither that nor full: it takes nothing more.
  if (taken.error().code == Code::too_large) return false;
  if (taken.error().code != Code::busy) broken_ = true;
  send_again_ = std::min(send_again_, now_ + kBusyRetry);
  full_ = true;
  return false;
}

// One that waits holds up no other; only a full appender does.
void Owner::Impl::send_waiting() {
  if (waiting_.empty() || (send_again_ != SteadyTime::max() && now_ < send_again_)) return;
  send_again_ = SteadyTime::max();
  full_ = false;
  std::vector<Waiting> waiting;
  waiting.swap(waiting_);
  for (const Waiting& each : waiting) {
    const Op& op = outbox_.at(each.slot);
    if (!op.used || op.generation != each.generation) continue;
    const bool early = each.not_before > now_;
    if (early) send_again_ = std::min(send_again_, each.not_before);
    if (!full_ && !early && send(each.slot)) continue;
    waiting_.push_back(each);
  }
}

void Owner::Impl::serve_outbox() {
  ended_.clear();
  outbox_.poll(ended_);
  for (const Outbox::End& end : ended_) {
    // What ends after a failure is in doubt with the rest: its tail will tell.
    if (broken_) break;
    ended(end);
  }
  if (broken_ && now_ - replaced_at_ >= kRetry) replace_outbox();
}

void Owner::Impl::ended(const Outbox::End& end) {
  if (end.fatal || end.outcome == log::AppendOutcome::unknown) {
    broken_ = true;
    return;
  }
  Op& op = outbox_.at(end.slot);
  if (!op.used || op.generation != end.generation) return;  // its partition is gone
  Part* part = find(op.partition, op.epoch);
  if (part == nullptr) return outbox_.release(end.slot);
  if (end.outcome == log::AppendOutcome::persisted) return acknowledged(*part, end.slot, end.offset);
  op.sent = false;
  if (op.kind == OpKind::checkpoint) return abandon_checkpoint(*part);
  send_later(end.slot, now_ + kRetry);
}

void Owner::Impl::acknowledged(Part& part, std::uint32_t slot, std::int64_t offset) {
  Op& op = outbox_.at(slot);
  switch (op.kind) {
    case OpKind::outcome: return settle(part, slot, offset);
    case OpKind::event: {
      const auto recorded = std::move(op.recorded);
      outbox_.release(slot);
      if (recorded) recorded();
      return;
    }
    case OpKind::term: {
      const log::Topic topic = op.topic;
      outbox_.release(slot);
      return term_appended(part, topic, offset);
    }
    case OpKind::checkpoint: item_appended(part, op, offset); break;
  }
  outbox_.release(slot);
}

// The outcome is on the log at `offset`.
void Owner::Impl::settle(Part& part, std::uint32_t slot, std::int64_t offset) {
  Op& op = outbox_.at(slot);
  tell(part, op);
  part.index.acknowledged(tail_index(op.topic), offset, op.bytes);
  const auto recorded = std::move(op.recorded);
  outbox_.release(slot);
  if (recorded) recorded();
}

void Owner::Impl::tell(Part& part, const Op& op) {
  if (!op.lane) return;
  const book::OpenPlace place{op.outcome.origin.offset, *op.lane};
  if (const auto ended = op.outcome.ended()) {
    part.index.finish(place, *ended);
    return;
  }
  const auto known = part.index.find(place);
  if (!known) return;
  book::Tried tried = known->tried.value_or(book::Tried{});
  if (book::advance(tried, op.outcome.tried()))
    part.index.tried(place, tried, {op.outcome.rule, op.outcome.error, op.outcome.answer});
}

// The appender is done for: a new one, and a new term wherever the fate of an outcome is not known.
void Owner::Impl::replace_outbox() {
  broken_ = false;
  outbox_.replace();
  replaced_at_ = now_;
  std::set<Part*> doubtful;
  std::set<Part*> unsaved;
  outbox_.each([&](std::uint32_t slot, Op& op) {
    Part* part = find(op.partition, op.epoch);
    if (part == nullptr) return outbox_.release(slot);
    if (!op.sent) return;
    if (op.kind == OpKind::event) {
      op.sent = false;
      send_later(slot, now_);
      return;
    }
    (op.kind == OpKind::checkpoint ? unsaved : doubtful).insert(part);
    if (op.kind == OpKind::term) outbox_.release(slot);
  });
  for (Part* part : unsaved) abandon_checkpoint(*part);
  for (Part* part : doubtful) {
    if (part->revoked)
      release(part->partition, true);
    else
      begin_term(*part, now_);
  }
}

void Owner::Impl::forget_ops(const Part& part) {
  outbox_.each([&](std::uint32_t slot, Op& op) {
    if (op.epoch == part.epoch) outbox_.release(slot);
  });
}

}  // namespace certes::dispatcher
