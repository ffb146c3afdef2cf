// What the follower writes: proposals and snapshots.

#include "common/registry/follower.hpp"

namespace certes::registry {
namespace {

// Between one attempt at a snapshot and the next, should the first have failed.
constexpr std::uint64_t kChangesBetweenSnapshots = 100;
// Chunks that are on their way: a snapshot of any size leaves room for proposals.
constexpr std::size_t kChunksAhead = 4;

}  // namespace

void Follower::append_change(const Change& change, Millis timeout, ProposalDone done) {
  if (auto failed = failure()) return done(fail(Code::unavailable, failed->message));
  if (stays_) return done(fail(Code::unavailable, stays_->message));
  if (emptiness_.lasts()) return done(fail(Emptiness::error()));
  if (!is_open() && !stopping_) {
    deferred_.push_back({change, clock_.now() + timeout, std::move(done)});
    return;
  }
  if (stopping_) return done(fail(Code::unavailable, "this process is stopping"));
  std::string id = ids_.next("chg_");
  auto value = encode(id, change);
  if (!value) return done(fail(std::move(value.error())));
  const auto acknowledged = [this, id](log::AppendResult&& result) { on_append(id, result); };
  Error error;
  if (!append(change.tenant + "/" + change.kind + "/" + change.id, std::move(*value), acknowledged, &error)) {
    return done(fail(std::move(error)));
  }
  waiting_.emplace(std::move(id), Waiting{clock_.now() + timeout, std::move(done)});
}

void Follower::append_deferred() {
  std::vector<Deferred> deferred = std::move(deferred_);
  deferred_.clear();
  const SteadyTime now = clock_.now();
  for (Deferred& one : deferred) {
    const auto left = std::chrono::duration_cast<Millis>(one.deadline - now);
    append_change(one.change, std::max(left, Millis(0)), std::move(one.done));
  }
}

// Persisted: the decision follows. Unknown: it may; the deadline ends the wait.
void Follower::on_append(const std::string& change_id, const log::AppendResult& result) {
  if (result.fatal) appender_failed_ = true;
  if (result.outcome != log::AppendOutcome::not_persisted) return;
  const auto it = waiting_.find(change_id);
  if (it == waiting_.end()) return;
  const ProposalDone done = std::move(it->second.done);
  waiting_.erase(it);
  done(fail(Code::unavailable, "the change was not written: " + result.error.message));
}

bool Follower::append(std::string key, std::string value, log::AppendCallback done, Error* error) {
  if (!appender_) {
    log::AppenderOptions options;
    options.ordered = true;
    options.may_use_reserve = true;
    appender_ = log_.appender(options, [this] { signal_.wake(); });
  }
  log::Record record;
  record.key = std::move(key);
  record.value = std::move(value);
  auto taken = appender_->append(log::Topic::registry, 0, std::move(record), std::move(done));
  if (taken) return true;
  *error = std::move(taken.error());
  return false;
}

void Follower::serve_appender() {
  if (!appender_) return;
  appender_->flush();
  appender_->poll();
  continue_snapshot();
  appender_->flush();
  if (appender_failed_) {
    appender_.reset();
    appender_failed_ = false;
    snapshot_.reset();  // its acknowledgements went with the appender
  }
}

void Follower::begin_snapshot() {
  if (snapshot_ || (snapshot_tried_at_ != 0 && replica_->changes() < snapshot_tried_at_ + kChangesBetweenSnapshots))
    return;
  snapshot_tried_at_ = replica_->changes();
  SnapshotWriter writer(replica_->decider(), ids_.next("snp_"), reader_->position() - 1);
  auto first = writer.next_chunk();
  snapshot_.emplace(PendingSnapshot{std::move(writer), std::move(first), 0});
}

void Follower::continue_snapshot() {
  while (snapshot_ && snapshot_->next && snapshot_->unacknowledged < kChunksAhead)
    if (!append_chunk()) return;
  if (snapshot_ && !snapshot_->next && snapshot_->unacknowledged == 0) append_end();
}

// False: not now.
bool Follower::append_chunk() {
  const auto acknowledged = [this, id = snapshot_->writer.id()](log::AppendResult&& result) { on_chunk(id, result); };
  Error error;
  if (append("snapshot", *snapshot_->next, acknowledged, &error)) {
    ++snapshot_->unacknowledged;
    snapshot_->next = snapshot_->writer.next_chunk();
    return true;
  }
  if (error.code != Code::busy) snapshot_.reset();
  return false;
}

void Follower::append_end() {
  const auto ended = [this](log::AppendResult&& end) { appender_failed_ = appender_failed_ || end.fatal; };
  Error error;
  if (append("snapshot", snapshot_->writer.end(), ended, &error))
    written_snapshot_ = snapshot_->writer.id();
  else if (error.code == Code::busy)
    return;
  snapshot_.reset();
}

void Follower::on_chunk(const std::string& snapshot, const log::AppendResult& result) {
  if (result.fatal) appender_failed_ = true;
  if (!snapshot_ || snapshot_->writer.id() != snapshot) return;
  --snapshot_->unacknowledged;
  if (result.outcome != log::AppendOutcome::persisted) snapshot_.reset();
}

// Once a whole snapshot was read, what it holds is not needed any more.
void Follower::trim_behind_snapshot() {
  written_snapshot_.clear();
  const std::int64_t before = replica_->snapshot_as_of() + 1;
  if (before > log_start_) asker_->trim(before);
}

}  // namespace certes::registry
