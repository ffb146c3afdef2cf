#include "dispatcher/ownership/owner.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include "common/log/names.hpp"
#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr Millis kLookup{1'000};
constexpr std::size_t kReadAtOnce = 32;  // records, between looks at their bytes

}  // namespace

Owner::Impl::Impl(log::Log& log, OwnerHandler& handler, const Clock& clock, OwnerOptions options, log::Wake wake)
    : log_(log),
      handler_(handler),
      clock_(clock),
      options_(std::move(options)),
      wake_(std::move(wake)),
      session_(log.session_timeout()),
      outbox_(log, wake_),
      checkpoint_id_((static_cast<std::uint64_t>(std::random_device{}()) << 32) | std::random_device{}()),
      now_(clock.now()),
      last_poll_(now_),
      member_(log.join(*this, wake_)) {
  grow();
}

Owner::Impl::Part* Owner::Impl::find(std::int32_t partition) const {
  const auto index = static_cast<std::size_t>(partition);
  return index < parts_.size() ? parts_[index].get() : nullptr;
}

Owner::Impl::Part* Owner::Impl::find(std::int32_t partition, std::uint64_t epoch) const {
  Part* part = find(partition);
  return part != nullptr && part->epoch == epoch ? part : nullptr;
}

// Partitions are added while it runs; none goes.
void Owner::Impl::grow() {
  const auto count = static_cast<std::size_t>(log_.partitions());
  if (count <= parts_.size()) return;
  parts_.resize(count);
  highest_terms_.resize(count, 0);
  const auto first_beyond = beyond_.lower_bound(log_.partitions());
  const std::vector<std::int32_t> appeared(beyond_.begin(), first_beyond);
  beyond_.erase(beyond_.begin(), first_beyond);
  on_assigned(appeared);
}

bool Owner::Impl::fresh() const { return clock_.now() - last_poll_ < session_ / 2; }

bool Owner::Impl::may_act(std::int32_t partition) const {
  const Part* part = find(partition);
  return part != nullptr && part->phase == Phase::run && !part->revoked && fresh();
}

bool Owner::Impl::owns(std::int32_t partition) const {
  const Part* part = find(partition);
  return part != nullptr && part->running_before && part->phase != Phase::close;
}

Result<std::size_t> Owner::Impl::poll(std::size_t max_records, std::size_t max_bytes) {
  if (auto served = member_->poll(); !served) return fail(std::move(served.error()));
  now_ = last_poll_ = clock_.now();
  looked_up_ = false;
  grow();
  serve_outbox();
  for (std::size_t p = 0; p < parts_.size(); ++p)
    if (parts_[p]) advance(*parts_[p]);
  send_waiting();
  outbox_.flush();
  return max_records > 0 ? read(max_records, max_bytes) : 0;
}

// May destroy `part`.
void Owner::Impl::advance(Part& part) {
  if (part.revoked) return advance_revoke(part);
  switch (part.phase) {
    case Phase::ask:
    case Phase::refused: return ask(part);
    case Phase::search: return search(part);
    case Phase::recover: return recover(part);
    case Phase::run:
      if (part.reading_failed && now_ >= part.retry_at) resume_reading(part);
      if (find(part.partition) == &part && part.phase == Phase::run && checkpoint_due(part)) begin_checkpoint(part);
      return;
    case Phase::term:
    case Phase::close: return;
  }
}

Result<std::size_t> Owner::Impl::read(std::size_t max_records, std::size_t max_bytes) {
  std::size_t given = 0, bytes = 0;
  while (given < max_records && bytes < max_bytes) {
    records_.clear();
    const std::size_t wanted = std::min(max_records - given, kReadAtOnce);
    const auto count = member_->read(wanted, records_);
    if (!count) {
      read_failed(count.error());
      return given;
    }
    for (log::RecordPtr& record : records_) {
      bytes += record->size();
      give(record);
      record.reset();
    }
    given += *count;
    if (*count < wanted) return given;
  }
  if (wake_) wake_();  // there may be more
  return given;
}

void Owner::Impl::give(const log::RecordPtr& record) {
  Part* part = find(record->partition);
  if (part == nullptr || part->phase != Phase::run || part->revoked || record->offset < part->tracker.next()) return;
  part->changed = true;
  if (!part->tracker.read(record->offset, record->appended_at)) return;
  if (part->replaced) {
    const auto seen = part->replaced->by_event.find(record->headers.get(log::names::kId));
    if (seen != part->replaced->by_event.end()) part->states[record->offset].merge(seen->second);
    if (part->tracker.next() >= part->replaced->end) part->replaced.reset();
  }
  static const DeliveryStates kNothing;
  if (part->states.empty()) return handler_.on_record(record, kNothing);
  const auto known = part->states.find(record->offset);
  if (known == part->states.end()) return handler_.on_record(record, kNothing);
  const DeliveryStates copy = known->second;  // the handler may finish the record at once
  handler_.on_record(record, copy);
}

void Owner::Impl::read_failed(const Error& error) {
  std::int32_t partition = -1;
  std::from_chars(error.pointer.data(), error.pointer.data() + error.pointer.size(), partition);
  Part* part = find(partition);
  if (part == nullptr || part->phase != Phase::run) return;
  part->reading_failed = true;
  part->retry_at = now_ + (error.code == Code::not_found ? Millis{0} : kRetry);
}

// The engine has stopped giving this partition's records: go on where the log allows it. May destroy `part`.
void Owner::Impl::resume_reading(Part& part) {
  if (looked_up_) return;
  looked_up_ = true;
  const auto range = log_.offsets(log::Topic::events, part.partition, kLookup);
  part.retry_at = now_ + kRetry;
  if (!range) return;
  part.reading_failed = false;
  const std::int64_t next = part.tracker.next();
  if (next > range->end) {  // not the log that it was: everything anew
    const std::int32_t partition = part.partition;
    drop(part, true);
    on_assigned({partition});
    return;
  }
  if (next < range->start) {
    const std::int64_t lost = part.tracker.count_unfinished(next, range->start);
    part.tracker.skip_to(range->start);
    part.changed = true;
    if (part.replaced && part.tracker.next() >= part.replaced->end) part.replaced.reset();
    if (lost > 0) handler_.on_log_lost(part.partition, lost);
  }
  if (!part.revoked) member_->start(part.partition, part.tracker.next());
}

void Owner::Impl::finish(Place origin) {
  Part* part = find(origin.partition);
  if (part == nullptr) return;
  part->tracker.finish(origin.offset);
  if (!part->states.empty()) part->states.erase(origin.offset);
  part->changed = true;
}

void Owner::Impl::leave() {
  leaving_ = true;
  member_->leave();
}

SteadyTime Owner::Impl::next_deadline() const {
  SteadyTime next = last_poll_ + session_ / 4;
  next = std::min(next, send_again_);
  if (broken_) next = std::min(next, replaced_at_ + kRetry);
  for (const auto& part : parts_) {
    if (!part) continue;
    if (part->revoked) next = std::min(next, part->revoke_until);
    switch (part->phase) {
      case Phase::ask:
      case Phase::refused:
        if (!part->asking && !part->committing) next = std::min(next, part->retry_at);
        break;
      case Phase::search:
      case Phase::recover: next = std::min(next, looked_up_ ? now_ : std::max(part->retry_at, now_ + kRetry)); break;
      case Phase::run:
        if (part->reading_failed) next = std::min(next, part->retry_at);
        if (part->changed && !part->checkpoint.busy) next = std::min(next, checkpoint_time(*part));
        break;
      case Phase::term:
      case Phase::close: break;
    }
  }
  return next;
}

std::vector<Owner::Partition> Owner::Impl::partitions() const {
  std::vector<Owner::Partition> owned;
  for (const auto& part : parts_) {
    if (!part || !part->running_before) continue;
    const OffsetTracker& tracker = part->tracker;
    const std::int64_t next = std::max(tracker.next(), member_->position(part->partition));
    owned.push_back({part->partition, tracker.watermark(), next, tracker.open(), tracker.oldest_open(), part->term});
  }
  return owned;
}

Owner::Owner(log::Log& log, OwnerHandler& handler, const Clock& clock, OwnerOptions options, log::Wake wake)
    : impl_(std::make_unique<Impl>(log, handler, clock, std::move(options), std::move(wake))) {}
Owner::~Owner() = default;
Result<std::size_t> Owner::poll(std::size_t max_records, std::size_t max_bytes) {
  return impl_->poll(max_records, max_bytes);
}
std::size_t Owner::memory_bytes() const { return impl_->memory_bytes(); }
SteadyTime Owner::next_deadline() const { return impl_->next_deadline(); }
bool Owner::may_act(std::int32_t partition) const { return impl_->may_act(partition); }
bool Owner::owns(std::int32_t partition) const { return impl_->owns(partition); }
void Owner::record_attempt(Place origin, const AttemptRecord& attempt, std::function<void()> recorded) {
  impl_->record_attempt(origin, attempt, std::move(recorded));
}
Result<void> Owner::append_and_finish(Place origin, log::Record&& dead_letter, std::function<void()> recorded) {
  return impl_->append_and_finish(origin, std::move(dead_letter), std::move(recorded));
}
Result<void> Owner::append_event(Place origin, log::Record&& event, std::function<void()> recorded) {
  return impl_->append_event(origin, std::move(event), std::move(recorded));
}
void Owner::finish(Place origin) { impl_->finish(origin); }
void Owner::let_go(std::int32_t partition) { impl_->let_go(partition); }
void Owner::flush() { impl_->flush(); }
void Owner::leave() { impl_->leave(); }
bool Owner::left() const { return impl_->left(); }
std::vector<Owner::Partition> Owner::partitions() const { return impl_->partitions(); }

}  // namespace certes::dispatcher
