#include "common/log/sqlite/wiping.hpp"

#include <future>

#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {
namespace {

constexpr Millis kOnAtMost{1'000};

class BiteOfFiller final : public Job {
 public:
  std::future<Result<bool>> done() { return done_.get_future(); }
  void apply(Transaction& transaction) override { whole_ = transaction.fill(); }
  void finish(AppendOutcome outcome, const Error& error) override {
    if (outcome == AppendOutcome::persisted)
      done_.set_value(whole_);
    else
      done_.set_value(fail(error));
  }

 private:
  bool whole_ = false;
  std::promise<Result<bool>> done_;
};

class EmptiedLog final : public Job {
 public:
  std::future<Result<bool>> done() { return done_.get_future(); }
  void apply(Transaction&) override {}
  void finish(AppendOutcome outcome, const Error& error) override {
    if (outcome != AppendOutcome::persisted) done_.set_value(fail(error));
  }
  bool empties_wal() const override { return true; }
  void emptied(bool whole) override { done_.set_value(whole); }

 private:
  std::promise<Result<bool>> done_;
};

template <class Posted>
Result<bool> done_by(Store& store, SteadyTime deadline) {
  auto job = std::make_unique<Posted>();
  auto done = job->done();
  store.jobs.post(std::move(job));
  if (done.wait_until(deadline) != std::future_status::ready) return no_answer();
  return done.get();
}

}  // namespace

Result<bool> wipe(Store& store, Millis timeout) {
  const SteadyTime begun = std::chrono::steady_clock::now(), deadline = begun + timeout;
  for (;;) {
    auto filled = done_by<BiteOfFiller>(store, deadline);
    if (!filled) return filled;
    if (*filled) return done_by<EmptiedLog>(store, deadline);
    if (std::chrono::steady_clock::now() >= begun + std::min(timeout, kOnAtMost)) return false;
  }
}

}  // namespace certes::log::sqlite
