#include "common/log/sqlite/erasure.hpp"

#include <algorithm>
#include <future>

#include "common/log/names.hpp"
#include "common/log/pick_task.hpp"
#include "common/log/sqlite/record_format.hpp"
#include "common/log/sqlite/retention.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {
namespace {

// What a dispatcher that starts goes by, of an attempt and of a dead letter: whose end it says, and nothing of what was
// sent or answered.
bool is_gone_by(std::string_view name) {
  for (const auto kept : {names::kOrigin, names::kDelivery, names::kId, names::kTenant, names::kEndpoint, names::kTerm,
                          names::kAttempt, names::kAttempts, names::kOutcome, names::kRule, names::kStatus,
                          names::kNext, names::kDeliveries, names::kReplay, names::kReplays, names::kPayload})
    if (name == kept) return true;
  return false;
}

StoredRecord reduced(const StoredRecord& record) {
  StoredRecord next;
  next.topic = record.topic;
  next.partition = record.partition;
  next.offset = record.offset;
  next.appended_at = record.appended_at;
  for (const auto [name, value] : record.headers)
    if (is_gone_by(name)) next.headers.add(name, value);
  if (record.topic == Topic::dead_letters && !next.headers.find(names::kPayload))
    next.headers.add(names::kPayload, "dropped");
  return next;
}

// Until the bite is taken; where it ended.
std::int64_t reduce(Transaction& transaction, Partition& partition, const OffsetRange& range, Bite& left) {
  std::vector<StoredRecord> records;
  std::int64_t until = range.end;
  {
    Statement& rows = transaction.rows(partition);
    const Use use(rows);
    rows.bind(1, range.start).bind(2, range.end);
    while (rows.step()) {
      StoredRecord record;
      record.topic = partition.topic;
      record.partition = partition.number;
      record.offset = rows.number(0);
      const std::string_view bytes = rows.bytes(1);
      left.records -= 1;
      left.bytes -= static_cast<std::int64_t>(bytes.size());
      if (decode(bytes, record)) records.push_back(std::move(record));
      if (left.records > 0 && left.bytes > 0) continue;
      until = rows.number(0) + 1;
      break;
    }
  }
  for (const StoredRecord& record : records) transaction.replace(reduced(record));
  transaction.forget(partition, {range.start, until});
  return until;
}

// What one call erases. The writer's, but for `given_up`.
struct Erasure {
  Store& store;
  Partition& partition;
  const std::vector<OffsetRange> runs;
  std::size_t at = 0;      // the first run that is not done
  std::int64_t below = 0;  // what stands below is done
  std::promise<Result<void>> done;
  std::atomic<bool> given_up{false};
};

// One bite of it; posts the next.
class EraseJob final : public Job {
 public:
  explicit EraseJob(std::shared_ptr<Erasure> erasure) : all_(std::move(erasure)) {}

  void apply(Transaction& transaction) override {
    Bite left = Retention::kBite;
    while (all_->at < all_->runs.size() && left.records > 0 && left.bytes > 0 && !all_->given_up) {
      const OffsetRange& run = all_->runs[all_->at];
      const OffsetRange there{std::max({run.start, all_->below, all_->partition.range().start}),
                              std::min(run.end, all_->partition.next())};
      if (there.start < there.end) all_->below = take(transaction, there, left);
      if (there.start >= there.end || all_->below >= there.end) ++all_->at;
    }
  }

  void finish(AppendOutcome outcome, const Error& error) override {
    if (outcome != AppendOutcome::persisted)
      all_->done.set_value(fail(error));
    else if (all_->at < all_->runs.size() && !all_->given_up)
      all_->store.jobs.post(std::make_unique<EraseJob>(all_));
    else
      all_->done.set_value({});
  }

 private:
  // What a dispatcher would read again when it starts (Log::keep_from) stays on the log without what it does not need.
  std::int64_t take(Transaction& transaction, const OffsetRange& range, Bite& left) {
    Partition& partition = all_->partition;
    const bool is_tail = partition.topic == Topic::attempts || partition.topic == Topic::dead_letters;
    const std::int64_t kept = is_tail ? partition.kept_from() : range.end;
    if (range.start >= kept) return reduce(transaction, partition, range, left);
    return transaction.erase(partition, {range.start, std::min(range.end, kept)}, left);
  }

  const std::shared_ptr<Erasure> all_;
};

}  // namespace

Result<void> erase(Store& store, Partition& partition, std::vector<OffsetRange> runs, Millis timeout) {
  if (!are_runs(runs)) return fail(Code::invalid, "offsets must ascend");
  const std::shared_ptr<Erasure> all(new Erasure{store, partition, std::move(runs), 0, 0, {}, {}});
  auto done = all->done.get_future();
  store.jobs.post(std::make_unique<EraseJob>(all));
  if (done.wait_for(timeout) == std::future_status::ready) return done.get();
  all->given_up = true;
  return no_answer();
}

}  // namespace certes::log::sqlite
