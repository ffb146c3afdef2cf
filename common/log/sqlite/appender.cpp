#include "common/log/sqlite/appender.hpp"

#include "common/base/hash.hpp"
#include "common/log/sqlite/schema.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {
namespace {

// A job larger than this is posted before the flush, so that one transaction does not wait for a huge one.
constexpr std::size_t kJobRecords = 1024;
constexpr std::size_t kJobBytes = 1u << 20;

}  // namespace

class AppendJob final : public Job {
 public:
  explicit AppendJob(std::shared_ptr<AppendAnswers> answers) : answers_(std::move(answers)) {}
  void add(Partition& partition, Record&& record) {
    bytes_ += record.size();
    items_.push_back({&partition, std::move(record)});
  }
  bool large() const { return items_.size() >= kJobRecords || bytes_ >= kJobBytes; }
  std::size_t bytes() const override { return bytes_; }

  void apply(Transaction& transaction) override {
    results_.resize(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i)
      transaction.append(*items_[i].partition, std::move(items_[i].record), results_[i]);
  }
  void finish(AppendOutcome outcome, const Error& error) override {
    results_.resize(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      AppendResult& result = results_[i];
      result.outcome = outcome;
      if (outcome == AppendOutcome::persisted) continue;
      result = {};
      result.outcome = outcome;
      result.partition = items_[i].partition->number;
      result.error = error;
    }
    answers_->results.post(std::move(results_));
  }

 private:
  struct Item {
    Partition* partition;
    Record record;
  };
  const std::shared_ptr<AppendAnswers> answers_;
  std::vector<Item> items_;
  std::vector<AppendResult> results_;
  std::size_t bytes_ = 0;
};

SqliteAppender::SqliteAppender(Store& store, AppenderOptions options, Wake wake)
    : store_(store), options_(options), answers_(std::make_shared<AppendAnswers>(std::move(wake))) {}

SqliteAppender::~SqliteAppender() {
  answers_->waker.silence();
  flush();  // what was taken is still written
}

Result<void> SqliteAppender::append(Topic topic, std::int32_t partition, Record&& record, AppendCallback done) {
  const SteadyTime now = store_.clock.now();
  const auto target = admit(topic, partition, record, now);
  if (!target.has_value()) return fail(target.error());
  const std::size_t bytes = record.size();
  const SteadyTime deadline = options_.deadline > Millis(0) ? now + options_.deadline : SteadyTime::max();
  pending_.push_back({std::move(done), bytes, target.value()->number, deadline});
  pending_bytes_ += bytes;
  if (!job_) job_ = std::make_unique<AppendJob>(answers_);
  job_->add(*target.value(), std::move(record));
  if (job_->large()) flush();
  return {};
}

Result<Partition*> SqliteAppender::admit(Topic topic, std::int32_t partition, const Record& record, SteadyTime now) {
  if (store_.health.fatal())
    return fail(Code::unavailable, "the log takes no more appends: " + store_.health.state().error().message);
  const std::size_t limit = record_limit(store_.options, topic);
  const std::size_t bytes = record.size();
  if (bytes > limit)
    return fail(Code::too_large, "a record of " + std::to_string(bytes) + " bytes is above the limit of " +
                                     std::to_string(limit) + " for " + std::string(to_string(topic)));
  Partition* target = store_.partition(topic, partition == kAnyPartition ? choose(topic, record) : partition);
  if (target == nullptr)
    return fail(Code::invalid,
                "there is no partition " + std::to_string(partition) + " of " + std::string(to_string(topic)));
  if (pending_.size() >= options_.queue_records || (!pending_.empty() && pending_bytes_ + bytes > options_.queue_bytes))
    return fail(Code::busy, "the append queue is full: the log is slower than what comes");
  if (!options_.may_use_reserve && !store_.space.take(bytes, now)) return fail(Code::busy, store_.space.refusal());
  return target;
}

std::int32_t SqliteAppender::choose(Topic topic, const Record& record) const {
  const auto count = static_cast<std::uint32_t>(partitions_of(topic, store_.options.partitions));
  if (record.key) return static_cast<std::int32_t>(hash64(*record.key) % count);
  return static_cast<std::int32_t>(round_ % count);
}

void SqliteAppender::flush() {
  if (!job_) return;
  store_.jobs.post(std::move(job_));
  ++round_;
}

void SqliteAppender::poll() {
  if (polling_) return;  // from a callback: what is due comes when that has returned
  polling_ = true;
  while (answers_->results.drain(arrived_, 16) == 16) {
  }
  for (auto& batch : arrived_)
    for (AppendResult& result : batch) answer(std::move(result));
  arrived_.clear();
  if (options_.deadline > Millis(0)) expire();
  polling_ = false;
}

void SqliteAppender::answer(AppendResult&& result) {
  if (given_up_ > 0) {
    --given_up_;
    return;
  }
  const AppendCallback done = std::move(pending_.front().done);
  pending_bytes_ -= pending_.front().bytes;
  pending_.pop_front();
  if (done) done(std::move(result));
}

void SqliteAppender::expire() {
  if (pending_.empty()) return;
  const SteadyTime now = store_.clock.now();
  while (!pending_.empty() && pending_.front().deadline <= now) {
    flush();  // every answer that is skipped below is to come
    AppendResult result;
    result.partition = pending_.front().partition;
    result.error = Error(Code::unknown_outcome, "the log did not answer in time: the disk is slow or stands still");
    const AppendCallback done = std::move(pending_.front().done);
    pending_bytes_ -= pending_.front().bytes;
    pending_.pop_front();
    ++given_up_;
    if (done) done(std::move(result));
  }
}

}  // namespace certes::log::sqlite
