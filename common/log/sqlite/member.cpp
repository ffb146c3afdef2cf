#include "common/log/sqlite/member.hpp"

#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {
namespace {

constexpr std::size_t kMetadataBytes = 4'096;

class CommitJob final : public Job {
 public:
  CommitJob(Store& store, std::int32_t partition, Committed value, std::shared_ptr<SqliteMember::Answers> answers)
      : store_(store), partition_(partition), value_(std::move(value)), answers_(std::move(answers)) {}
  void apply(Transaction& transaction) override { transaction.commit_offset(partition_, value_); }
  void finish(AppendOutcome outcome, const Error& error) override {
    if (outcome != AppendOutcome::persisted) {
      answers_->results.post(Result<void>(fail(error)));
      return;
    }
    store_.commits.set(partition_, std::move(value_));
    answers_->results.post(Result<void>());
  }

 private:
  Store& store_;
  const std::int32_t partition_;
  Committed value_;
  const std::shared_ptr<SqliteMember::Answers> answers_;
};

}  // namespace

SqliteMember::SqliteMember(Store& store, MemberHandler& handler, Wake wake)
    : store_(store),
      handler_(handler),
      watch_(std::make_shared<Watch>(std::move(wake))),
      answers_(std::make_shared<Answers>(watch_)),
      readers_(static_cast<std::size_t>(store.options.partitions)) {
  watch_->waker.ring();  // the first poll assigns
}

SqliteMember::~SqliteMember() {
  watch_->waker.silence();
  store_.seat.leave(this);
}

Result<void> SqliteMember::poll() {
  take_or_give();
  std::vector<Result<void>> results;
  while (answers_->results.drain(results, 16) == 16) {
  }
  for (Result<void>& result : results) {
    const auto done = std::move(commits_.front());
    commits_.pop_front();
    if (done) done(std::move(result));
  }
  std::vector<std::function<void()>> ready;
  ready.swap(ready_);
  for (const auto& call : ready) call();
  return {};
}

void SqliteMember::take_or_give() {
  if (left_) return;
  if (!joined_ && !leaving_) {
    store_.seat.wait(watch_);  // before asking: it may become free in between
    if (!store_.seat.take(this)) return;
    joined_ = true;
    for (std::int32_t p = 0; p < store_.options.partitions; ++p) owned_.insert(p);
    handler_.on_assigned(owned());
  }
  if (leaving_ && joined_ && !revoked_) {
    revoked_ = true;
    handler_.on_revoked(owned());
  }
  if (leaving_ && owned_.empty()) {
    left_ = true;
    store_.seat.leave(this);
  }
}

void SqliteMember::answer(std::function<void()> call) {
  ready_.push_back(std::move(call));
  watch_->waker.ring();
}

void SqliteMember::committed(std::int32_t partition, std::function<void(Result<Committed>)> done) {
  if (partition < 0 || partition >= store_.options.partitions) {
    answer([done = std::move(done)] { done(fail(Code::invalid, "there is no such partition")); });
    return;
  }
  answer([this, partition, done = std::move(done)] { done(store_.commits.get(partition)); });
}

void SqliteMember::commit(std::int32_t partition, Committed value, std::function<void(Result<void>)> done) {
  std::optional<Error> refused;
  if (!owned_.contains(partition))
    refused.emplace(Code::conflict, "partition " + std::to_string(partition) + " is not this member's");
  else if (value.metadata.size() > kMetadataBytes)
    refused.emplace(Code::too_large, "a commit's metadata has at most 4096 bytes");
  else if (store_.health.fatal())
    refused.emplace(Code::unavailable, store_.health.state().error().message);
  if (refused) {
    answer([done = std::move(done), error = std::move(*refused)] { done(fail(error)); });
    return;
  }
  commits_.push_back(std::move(done));
  store_.jobs.post(std::make_unique<CommitJob>(store_, partition, std::move(value), answers_));
}

void SqliteMember::start(std::int32_t partition, std::int64_t offset) {
  if (!owned_.contains(partition)) return;
  Partition& events = *store_.partition(Topic::events, partition);
  auto& reader = readers_[static_cast<std::size_t>(partition)];
  reader = std::make_unique<SqliteReader>(store_, events, offset, [watch = watch_] { watch->waker.ring(); });
  watch_->waker.ring();
}

void SqliteMember::stop(std::int32_t partition) {
  if (partition >= 0 && partition < store_.options.partitions) readers_[static_cast<std::size_t>(partition)].reset();
}

Result<std::size_t> SqliteMember::read(std::size_t max, std::vector<RecordPtr>& out) {
  const std::size_t before = out.size();
  const std::size_t first = turn_++;
  for (std::size_t i = 0; i < readers_.size() && out.size() - before < max; ++i) {
    const std::size_t p = (first + i) % readers_.size();
    if (!readers_[p]) continue;
    auto got = readers_[p]->read(max - (out.size() - before), out);
    if (got.has_value()) continue;
    if (got.error().code == Code::unavailable) continue;
    if (out.size() > before) break;  // first what others gave; the error comes again when it is this one's turn
    Error error = std::move(got.error());
    error.pointer = std::to_string(p);
    readers_[p].reset();
    return fail(std::move(error));
  }
  return out.size() - before;
}

void SqliteMember::release(std::int32_t partition) {
  stop(partition);
  if (revoked_) owned_.erase(partition);
  if (owned_.empty()) watch_->waker.ring();
}

}  // namespace certes::log::sqlite
