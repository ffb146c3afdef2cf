#include "dispatcher/ownership/owner.hpp"

#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr std::size_t kEncodeBytes = 512u << 10;  // of checkpoints, a round

}  // namespace

Owner::Impl::Impl(log::Log& log, OwnerHandler& handler, const Clock& clock, OwnerOptions options, log::Wake wake)
    : log_(log),
      handler_(handler),
      clock_(clock),
      options_(std::move(options)),
      wake_(std::move(wake)),
      session_(log.session_timeout()),
      trims_(log, options_.background, wake_),
      outbox_(log, wake_),
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
  encode_left_ = kEncodeBytes;
  grow();
  serve_trims();
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
    case Phase::run: return advance_run(part);
    case Phase::term:
    case Phase::close: return;
  }
}

// May destroy `part`.
void Owner::Impl::advance_run(Part& part) {
  part.index.set_now(now_);
  if (now_ >= letting_go_at(part)) let_go_of_events(part);
  pass_gap(part);
  if (part.writing) append_items(part);
  if (now_ >= checkpoint_time(part)) begin_checkpoint(part);
  if (part.reading_failed && now_ >= part.retry_at) resume_reading(part);
}

void Owner::Impl::leave() {
  leaving_ = true;
  member_->leave();
}

SteadyTime Owner::Impl::next_deadline() const {
  SteadyTime next = std::min(last_poll_ + session_ / 4, send_again_);
  if (broken_) next = std::min(next, replaced_at_ + kRetry);
  for (const auto& part : parts_)
    if (part) next = std::min(next, deadline(*part));
  return next;
}

SteadyTime Owner::Impl::deadline(const Part& part) const {
  const SteadyTime never = part.revoked ? part.revoke_until : SteadyTime::max();
  switch (part.phase) {
    case Phase::ask:
    case Phase::refused: return part.asking || part.committing ? never : std::min(never, part.retry_at);
    case Phase::search:
    case Phase::recover: return std::min(never, looked_up_ ? now_ : std::max(part.retry_at, now_ + kRetry));
    case Phase::run:
      if (part.revoked) return never;
      return std::min(
          {never, checkpoint_time(part), letting_go_at(part), part.reading_failed ? part.retry_at : SteadyTime::max()});
    case Phase::term:
    case Phase::close: return never;
  }
  return never;
}

bool Owner::Impl::is_taking_over() const {
  return std::ranges::any_of(parts_, [](const auto& part) {
    return part && !part->running_before && part->phase != Phase::close && part->phase != Phase::refused;
  });
}

std::vector<Owner::Partition> Owner::Impl::partitions() const {
  std::vector<Owner::Partition> owned;
  for (const auto& part : parts_) {
    if (!part || !part->running_before) continue;
    const auto lowest = part->index.lowest_open();
    const book::AppendTimes times = lowest ? part->index.append_times(*lowest) : book::AppendTimes{};
    const std::int64_t next = std::max(part->next, member_->position(part->partition));
    owned.push_back({part->partition, part->index.watermark(), next, part->index.counts().open(),
                     times.known() ? times.lowest : 0, part->term});
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
bool Owner::is_taking_over() const { return impl_->is_taking_over(); }
void Owner::record_attempt(Place origin, std::optional<book::LaneNumber> lane, const AttemptRecord& attempt,
                           std::function<void()> recorded) {
  impl_->record_attempt(origin, lane, attempt, std::move(recorded));
}
Result<void> Owner::append_and_finish(Place origin, book::LaneNumber lane, log::Record&& dead_letter,
                                      std::function<void()> recorded) {
  return impl_->append_and_finish(origin, lane, std::move(dead_letter), std::move(recorded));
}
Result<void> Owner::append_keyed(log::Record&& event, std::function<void()> appended) {
  return impl_->append_keyed(std::move(event), std::move(appended));
}
Result<void> Owner::append_event(Place origin, log::Record&& event, std::function<void()> recorded) {
  return impl_->append_event(origin, std::move(event), std::move(recorded));
}
void Owner::let_go(std::int32_t partition) { impl_->let_go(partition); }
void Owner::flush() { impl_->flush(); }
void Owner::leave() { impl_->leave(); }
bool Owner::left() const { return impl_->left(); }
std::vector<Owner::Partition> Owner::partitions() const { return impl_->partitions(); }

}  // namespace certes::dispatcher
