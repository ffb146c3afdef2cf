#include "common/registry/follower.hpp"

namespace certes::registry {
namespace {

constexpr Millis kRetryAfter{200};
constexpr Millis kIdle{1'000};
constexpr Millis kOffsetsLimit{2'000};
constexpr std::size_t kReadMax = 1'024;

const Error& undecided() {
  static const Error error(Code::unknown_outcome,
                           "the registry has not decided in time; the change may still take effect");
  return error;
}

}  // namespace

Follower::Follower(log::Log& log, const Clock& clock, RegistryOptions options)
    : log_(log),
      clock_(clock),
      audit_entries_(options.audit_entries),
      end_is_known_(log.engine() != "kafka"),
      inbox_([this] { signal_.wake(); }),
      state_(std::make_shared<const State>()),
      ids_(clock),
      emptiness_(log, clock, options.accept_empty) {
  asker_ = std::make_unique<Asker>(
      log, [this] { return position_.load(); },
      [this](std::int64_t end, std::int64_t asked_at, std::vector<FenceDone> waiting) {
        inbox_.post([this, end, asked_at, waiting = std::move(waiting)]() mutable {
          reached(end, asked_at, std::move(waiting));
        });
      });
  thread_ = std::thread([this] { run(); });
}

Follower::~Follower() {
  stopping_ = true;
  signal_.wake();
  thread_.join();
  asker_.reset();  // after the thread, which asks it; what it still answers stays in the inbox
}

StatePtr Follower::state() const {
  const Lock lock(mutex_);
  return state_;
}

std::optional<Error> Follower::failure() const {
  const Lock lock(mutex_);
  return failure_;
}

void Follower::on_change(std::function<void(StatePtr)> observer) {
  const Lock lock(mutex_);
  observers_.push_back(std::move(observer));
}

void Follower::fence(FenceDone done) {
  if (end_is_known_ && caught_up_) {
    const std::int64_t before = position_;
    const auto range = log_.offsets(log::Topic::registry, 0, kOffsetsLimit);
    if (range && range->end >= before && position_ >= range->end) return done(state());
  }
  asker_->ask(std::move(done));
}

void Follower::propose(Change change, Millis timeout, ProposalDone done) {
  inbox_.post([this, change = std::move(change), timeout, done = std::move(done)]() mutable {
    append_change(change, timeout, std::move(done));
  });
}

void Follower::audit(AuditQuery query, AuditDone done) {
  inbox_.post([this, query = std::move(query), done = std::move(done)] {
    if (loading_) return done(fail(Code::unavailable, "the registry is being read"));
    done(replica_->decider().audit().page(query));
  });
}

void Follower::run() {
  std::vector<Work> work;
  while (!stopping_) {
    work.clear();
    inbox_.drain(work);
    for (Work& one : work) one();
    const bool busy = is_open() ? read() : open();
    serve_appender();
    expire(false);
    if (!busy && work.empty()) {
      const bool waits = !waiting_.empty() || !deferred_.empty() || snapshot_ || !is_open();
      signal_.wait(waits ? kRetryAfter : kIdle);
    }
  }
  work.clear();
  while (inbox_.drain(work) > 0) {
  }
  for (Work& one : work) one();
  expire(true);
  reader_.reset();
  appender_.reset();
}

// Of the topic, unless it is empty and should not be.
Result<log::OffsetRange> Follower::range() {
  auto range = log_.offsets(log::Topic::registry, 0, kOffsetsLimit);
  if (!range) return range;
  if (range->end > 0) {
    emptiness_.over();
  } else if (auto believed = emptiness_.believe(); !believed) {
    return fail(std::move(believed.error()));
  }
  return range;
}

// True once the topic is open for reading.
bool Follower::open() {
  if (clock_.now() < retry_at_ || (replica_ && replica_->failure())) return false;
  const auto range = this->range();
  if (!range) {
    if (emptiness_.lasts()) append_deferred();  // none of them is taken
    retry_at_ = clock_.now() + (emptiness_.lasts() ? kIdle : kRetryAfter);
    return false;
  }
  loading_ = true;
  log_start_ = range->start;
  target_ = range->end;
  replica_.emplace(range->start, audit_entries_);
  decided_.clear();
  published_changes_ = 0;
  snapshot_tried_at_ = 0;
  snapshot_.reset();
  stays_.reset();
  reader_ = log_.reader(log::Topic::registry, 0, range->start, [this] { signal_.wake(); });
  append_deferred();
  // What they wait for may lie beyond the end of a log that has taken the place of another.
  for (auto& [position, fence] : std::exchange(fences_, {})) asker_->ask(std::move(fence));
  return true;
}

// Drops what is known and reads the log from its start; the published state stays until that is done.
void Follower::start_afresh() {
  reader_.reset();
  loading_ = true;
  retry_at_ = clock_.now() + Millis(1);
}

// True if there was something.
bool Follower::read() {
  records_.clear();
  const auto count = reader_->read(kReadMax, records_);
  if (!count) {
    if (count.error().code == Code::not_found) start_afresh();
    if (count.error().code == Code::internal) stay(count.error());
    return false;
  }
  for (const log::RecordPtr& record : records_) replica_->apply(record, decided_);
  if (replica_->failure()) {
    set_failure(replica_->failure());
    reader_.reset();
    return false;
  }
  if (!records_.empty() || loading_) advance();
  return !records_.empty();
}

// What stands next cannot be read, and must not be left out: what is known stays, and nothing is added to it.
void Follower::stay(const Error& error) {
  if (loading_) return set_failure(error);
  stays_ = error;
}

void Follower::advance() {
  if (loading_ && reader_->position() < target_) return;
  if (!replica_->has_state()) {
    return set_failure(Error(Code::internal, "the registry's log begins at offset " + std::to_string(log_start_) +
                                                 " and holds no whole snapshot to begin with"));
  }
  publish();
  if (loading_) {
    set_failure(std::nullopt);
    loading_ = false;
    caught_up_ = true;
    trim_behind_snapshot();
  }
  tell_decided();
  serve_fences();
  if (!written_snapshot_.empty() && replica_->snapshot_id() == written_snapshot_) trim_behind_snapshot();
}

void Follower::publish() {
  auto next = std::make_shared<State>(replica_->state());
  next->position = reader_->position();
  next->number = ++published_;
  std::vector<std::function<void(StatePtr)>> observers;
  {
    const Lock lock(mutex_);
    state_ = next;
    if (published_changes_ != replica_->changes() || loading_) observers = observers_;
  }
  audit_known_ = replica_->decider().audit().entries().size();
  audit_forgotten_ = replica_->decider().audit().forgotten();
  position_ = next->position;
  published_changes_ = replica_->changes();
  for (const auto& observer : observers) observer(next);
}

void Follower::tell_decided() {
  bool own = false;
  for (Decided& decided : decided_) {
    const auto it = waiting_.find(decided.change_id);
    if (it == waiting_.end()) continue;
    own = true;
    const ProposalDone done = std::move(it->second.done);
    waiting_.erase(it);
    done(std::move(decided.result));
  }
  decided_.clear();
  if (own && replica_->wants_snapshot()) begin_snapshot();
}

void Follower::reached(std::int64_t end, std::int64_t asked_at, std::vector<FenceDone> waiting) {
  for (FenceDone& done : waiting) fences_.emplace(end, std::move(done));
  // The log has become shorter than what was read of it: it is another one.
  if (is_open() && !loading_ && end < asked_at && asked_at <= position_) start_afresh();
  serve_fences();
}

void Follower::serve_fences() {
  if (loading_) return;
  const StatePtr now = state();
  while (!fences_.empty() && fences_.begin()->first <= now->position) {
    const FenceDone done = std::move(fences_.begin()->second);
    fences_.erase(fences_.begin());
    done(now);
  }
}

void Follower::set_failure(std::optional<Error> error) {
  const Lock lock(mutex_);
  failure_ = std::move(error);
}

void Follower::expire(bool all) {
  const SteadyTime now = clock_.now();
  std::erase_if(deferred_, [&](const Deferred& deferred) {
    if (!all && deferred.deadline > now) return false;
    deferred.done(fail(Code::unavailable, "the log is away: nothing was written"));
    return true;
  });
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (!all && it->second.deadline > now) {
      ++it;
      continue;
    }
    const ProposalDone done = std::move(it->second.done);
    it = waiting_.erase(it);
    done(fail(Error(undecided())));
  }
}

}  // namespace certes::registry
