#include "api/jobs/held_job.hpp"

#include <limits>

namespace certes::api::jobs {
namespace {

constexpr Millis kAgainAfter{1'000};

bool passes(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::timeout || error.code == Code::unknown_outcome ||
         error.code == Code::busy;
}

}  // namespace

HeldJob::HeldJob(const registry::Job& job, std::unique_ptr<Work> work, SteadyTime now)
    : tenant_(job.tenant),
      id_(job.id),
      work_(std::move(work)),
      progress_(job.progress),
      noted_(job.progress),
      noted_at_(now),
      due_(now) {
  if (job.rate_per_second > 0) rate_.emplace(job.rate_per_second);
}

void HeldJob::noted(SteadyTime now) {
  noted_ = progress_;
  noted_at_ = now;
}

void HeldJob::not_noted(SteadyTime now) {
  noted_at_ = now;
  due_ = now + kAgainAfter;
}

std::optional<Error> HeldJob::step(SteadyTime now) {
  const bool counts = !progress_.total;
  const auto over = counts ? work_->count(progress_) : go_on(now);
  if (!over && passes(over.error())) {
    due_ = now + kAgainAfter;
    return over.error();
  }
  if (!over) end_ = registry::JobFailed{over.error().message};
  if (over && *over && !counts) {
    *progress_.total -= *progress_.left();  // what was counted, and was none of it any more when its turn came
    end_ = registry::JobDone();
  }
  return std::nullopt;
}

// True: there is no more.
Result<bool> HeldJob::go_on(SteadyTime now) {
  auto most = std::numeric_limits<std::int64_t>::max();
  if (rate_) {
    const auto standing = rate_->standing(now);
    if (standing.remaining < 1) {
      due_ = now + std::chrono::ceil<SteadyTime::duration>(standing.wait);
      return false;
    }
    most = standing.remaining;
  }
  const std::int64_t before = progress_.done;
  auto over = work_->go_on(progress_, most);
  due_ = now + work_->rest();
  if (rate_ && progress_.done > before) rate_->take(now, progress_.done - before);
  return over;
}

}  // namespace certes::api::jobs
