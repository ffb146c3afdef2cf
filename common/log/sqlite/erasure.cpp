#include "common/log/sqlite/erasure.hpp"

#include <algorithm>
#include <future>

#include "common/log/pick_task.hpp"
#include "common/log/sqlite/retention.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {
namespace {

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
      if (there.start < there.end) all_->below = transaction.erase(all_->partition, there, left);
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
