#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr Millis kRefusedRetry{1'000};
constexpr Millis kLookup{1'000};
constexpr Millis kKept{60'000};  // longer than the group needs to give all partitions anew

bool is_same(const log::Committed& one, const log::Committed& other) {
  return one.offset == other.offset && one.metadata == other.metadata;
}

}  // namespace

void Owner::Impl::on_assigned(const std::vector<std::int32_t>& partitions) {
  for (const std::int32_t partition : partitions) {
    if (static_cast<std::size_t>(partition) >= parts_.size()) {
      beyond_.insert(partition);
      continue;
    }
    if (Part* old = find(partition)) drop(*old, true);
    auto part = take_kept(partition);
    assign(partition, part ? std::move(part) : fresh_part(partition));
  }
}

void Owner::Impl::assign(std::int32_t partition, std::unique_ptr<Part> part) {
  parts_[static_cast<std::size_t>(partition)] = std::move(part);
}

std::unique_ptr<OwnedPartition> Owner::Impl::fresh_part(std::int32_t partition) {
  auto part = std::make_unique<Part>();
  part->partition = partition;
  part->epoch = ++epochs_;
  part->retry_at = now_;
  return part;
}

// None: it was not this process's, or too long ago.
std::unique_ptr<OwnedPartition> Owner::Impl::take_kept(std::int32_t partition) {
  std::erase_if(kept_, [now = clock_.now()](const auto& one) { return now >= one.second.until; });
  const auto found = kept_.find(partition);
  if (found == kept_.end()) return nullptr;
  auto part = std::move(found->second.partition);
  kept_.erase(found);
  part->come_back(++epochs_, now_);
  return part;
}

void Owner::Impl::on_revoked(const std::vector<std::int32_t>& partitions) {
  for (const std::int32_t partition : partitions) {
    Part* part = find(partition);
    if (part == nullptr) {
      beyond_.erase(partition);
      member_->release(partition);
      continue;
    }
    part->revoked = true;
    part->revoke_until = clock_.now() + options_.revoke_limit;
    member_->stop(partition);
    if (part->running_before) handler_.on_revoked(partition);
    // Without its term nothing more can be recorded, and what is in doubt stays so: no checkpoint.
    if (part->phase != Phase::run) release(partition, true);
  }
}

void Owner::Impl::on_lost(const std::vector<std::int32_t>& partitions) {
  for (const std::int32_t partition : partitions) {
    beyond_.erase(partition);
    if (Part* part = find(partition)) drop(*part, true);
  }
}

// Whether the handler is told: unless it has let go, or never heard of the partition.
std::unique_ptr<OwnedPartition> Owner::Impl::drop(Part& part, bool tell) {
  const std::int32_t partition = part.partition;
  const bool knows = tell && part.running_before && !part.let_go;
  forget_ops(part);
  auto dropped = std::exchange(parts_[static_cast<std::size_t>(partition)], nullptr);
  if (knows) handler_.on_lost(partition);
  return dropped;
}

// What it knows of the log it keeps for a while, as the group may give it back at once.
void Owner::Impl::release(std::int32_t partition, bool tell) {
  if (Part* part = find(partition)) {
    const bool knows = part->phase == Phase::close && !leaving_;
    if (knows) abandon_checkpoint(*part);
    auto dropped = drop(*part, tell);
    if (knows) kept_[partition] = {std::move(dropped), clock_.now() + kKept};
  }
  member_->release(partition);
}

void Owner::Impl::let_go(std::int32_t partition) {
  Part* part = find(partition);
  if (part == nullptr || !part->revoked || part->phase == Phase::close) return;
  part->let_go = true;
  part->revoke_until = clock_.now();
  outbox_.each([&](std::uint32_t, Op& op) {
    if (op.epoch == part->epoch) op.recorded = nullptr;  // the handler has forgotten
  });
}

// May destroy `part`.
void Owner::Impl::advance_revoke(Part& part) {
  if (part.phase == Phase::run) {
    if (!part.let_go && now_ < part.revoke_until) return;
    if (!part.let_go) handler_.on_lost(part.partition);
    part.let_go = true;
    part.phase = Phase::close;
    part.revoke_until = now_ + options_.revoke_limit;
    // What is not acknowledged stays below no position: the next owner finds it, or does not.
    outbox_.each([&](std::uint32_t slot, Op& op) {
      if (op.epoch == part.epoch && (op.kind == OpKind::outcome || op.kind == OpKind::event)) outbox_.release(slot);
    });
  }
  if (now_ < part.revoke_until) {
    if (part.writing) append_items(part);
    if (part.writing || part.committing) return;
    if (part.checkpoints->changed()) return begin_checkpoint(part);
  }
  release(part.partition, false);
}

// A new term for a partition that goes on with what is in memory, or begins its recovery again.
void Owner::Impl::begin_term(Part& part, SteadyTime not_before) {
  if (part.phase == Phase::ask || part.phase == Phase::term) return;
  member_->stop(part.partition);
  abandon_checkpoint(part);
  outbox_.each([&](std::uint32_t slot, Op& op) {
    if (op.epoch == part.epoch && op.kind == OpKind::term) outbox_.release(slot);
  });
  part.phase = Phase::ask;
  part.retry_at = not_before;
}

void Owner::Impl::ask(Part& part) {
  if (part.asking || part.committing || now_ < part.retry_at) return;
  part.phase = Phase::ask;
  part.asking = true;
  member_->committed(part.partition, [this, p = part.partition, epoch = part.epoch](Result<log::Committed> committed) {
    Part* asked = find(p, epoch);
    if (asked == nullptr) return;
    asked->asking = false;
    if (committed) return consider(*asked, std::move(*committed));
    if (committed.error().code == Code::conflict) return refused(*asked);
    asked->retry_at = clock_.now() + kRetry;
  });
}

// What another program committed under the group's name, and nothing, say nothing about what is done; nor does what
// the group committed before another one took over.
void Owner::Impl::consider(Part& part, log::Committed committed) {
  if (part.kept) {
    if (is_same(committed, part.accepted_commit)) return take_term(part, std::move(committed));
    const std::int32_t partition = part.partition;  // another has had it
    assign(partition, fresh_part(partition));
    return consider(*find(partition), std::move(committed));
  }
  const auto note = decode_note(committed.metadata);
  if (!note || note->offset != committed.offset) return begin_search(part, committed.offset);
  if (options_.group.empty()) return take_term(part, std::move(committed));
  begin_search(part, committed.offset);
  part.loading.believed = std::move(committed);
}

void Owner::Impl::take_term(Part& part, log::Committed committed) {
  part.loading = {};
  if (committed.offset == log::kNoOffset) {
    const auto range = log_.offsets(log::Topic::events, part.partition, kLookup);
    if (!range) {
      part.retry_at = clock_.now() + kRetry;
      return;
    }
    committed.offset = range->start;
    part.loading.from_start = true;
  }
  CommitNote note = decode_note(committed.metadata).value_or(CommitNote{});
  std::int64_t& highest = highest_terms_[static_cast<std::size_t>(part.partition)];
  highest = note.term = std::max(highest, note.term) + 1;
  note.offset = committed.offset;
  committed.metadata = encode(note);
  part.committed = committed;
  part.phase = Phase::term;
  part.committing = true;
  part.term = note.term;
  member_->commit(part.partition, std::move(committed),
                  [this, p = part.partition, epoch = part.epoch](const Result<void>& result) {
                    Part* asked = find(p, epoch);
                    if (asked != nullptr) term_taken(*asked, result);
                  });
}

void Owner::Impl::term_taken(Part& part, const Result<void>& result) {
  part.committing = false;
  if (result) {
    part.accepted_commit = part.committed;
    return begin_recovery(part);
  }
  if (result.error().code == Code::conflict) return refused(part);
  part.phase = Phase::ask;
  part.retry_at = clock_.now() + kRetry;
}

// The group does not know this process as the owner. Usually a revoke or a loss follows; should the group give the
// partition to nobody else, a later commit will be accepted.
void Owner::Impl::refused(Part& part) {
  const std::int32_t partition = part.partition;
  if (part.revoked) return release(partition, true);
  member_->stop(partition);
  on_assigned({partition});
  Part& again = *find(partition);
  again.phase = Phase::refused;
  again.retry_at = clock_.now() + kRefusedRetry;
}

}  // namespace certes::dispatcher
