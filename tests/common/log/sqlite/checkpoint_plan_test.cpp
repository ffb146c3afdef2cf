#include "common/log/sqlite/checkpoint_plan.hpp"

#include <doctest/doctest.h>

namespace certes::log::sqlite {

using Plan = CheckpointPlan;
using Step = Plan::Step;
constexpr std::int64_t kPage = 4096;

TEST_CASE("CheckpointPlan: nothing is copied while there is little") {
  Plan plan;
  for (std::int64_t bytes = kPage; bytes < Plan::kStepBytes; bytes += kPage)
    CHECK(plan.next(bytes, false) == Step::none);
}

TEST_CASE("CheckpointPlan: copies beside the writer, and again once as much has come") {
  Plan plan;
  CHECK(plan.next(Plan::kStepBytes, false) == Step::beside);
  CHECK(plan.next(Plan::kStepBytes + 50, true) == Step::none);
  plan.copied(Plan::kStepBytes);
  CHECK(plan.next(2 * Plan::kStepBytes - 1, false) == Step::none);
  CHECK(plan.next(2 * Plan::kStepBytes, false) == Step::beside);
}

TEST_CASE("CheckpointPlan: what is wholly copied begins anew by itself, and is counted anew") {
  Plan plan;
  CHECK(plan.next(Plan::kStepBytes, false) == Step::beside);
  plan.copied(Plan::kStepBytes);
  CHECK(plan.next(3, false) == Step::none);
  CHECK(plan.next(Plan::kStepBytes - 1, false) == Step::none);
  CHECK(plan.next(Plan::kStepBytes, false) == Step::beside);
}

TEST_CASE("CheckpointPlan: the last of it is the writer's, once it is little") {
  Plan plan;
  CHECK(plan.next(Plan::kRestartBytes, false) == Step::beside);
  plan.copied(Plan::kRestartBytes);
  CHECK(plan.next(Plan::kRestartBytes + Plan::kLastBytes + 1, false) == Step::beside);
  plan.copied(Plan::kRestartBytes + Plan::kLastBytes + 1);
  CHECK(plan.next(Plan::kRestartBytes + Plan::kLastBytes + 9, false) == Step::last);
  plan.copied(Plan::kRestartBytes + Plan::kLastBytes + 9);
  CHECK(plan.next(2, false) == Step::none);
}

TEST_CASE("CheckpointPlan: with nothing left to copy there is nothing to do, however long it is") {
  Plan plan;
  CHECK(plan.next(Plan::kTruncateBytes, false) == Step::truncate);
  plan.copied(Plan::kTruncateBytes);
  CHECK(plan.next(Plan::kTruncateBytes, false) == Step::none);
}

TEST_CASE("CheckpointPlan: what readers keep from being copied is not tried again at every commit") {
  Plan plan;
  CHECK(plan.next(Plan::kStepBytes, false) == Step::beside);
  plan.copied(0);
  int tries = 0;
  for (std::int64_t bytes = Plan::kStepBytes; bytes < Plan::kTruncateBytes; bytes += kPage)
    if (plan.next(bytes, false) != Step::none) {
      ++tries;
      plan.copied(0);
    }
  CHECK(tries == Plan::kTruncateBytes / Plan::kStepBytes - 2);
  CHECK(plan.next(Plan::kTruncateBytes + Plan::kStepBytes, false) == Step::truncate);
}

TEST_CASE("CheckpointPlan: past its bound the writer waits, also for a thread beside it that does not keep up") {
  Plan plan;
  CHECK(plan.next(Plan::kStepBytes, false) == Step::beside);
  for (std::int64_t bytes = Plan::kStepBytes; bytes < Plan::kTruncateBytes; bytes += kPage)
    CHECK(plan.next(bytes, true) == Step::none);
  CHECK(plan.next(Plan::kTruncateBytes, true) == Step::truncate);
}

TEST_CASE("CheckpointPlan: a pass that ends after it began anew says nothing of the new one") {
  Plan plan;
  CHECK(plan.next(2 * Plan::kStepBytes, false) == Step::beside);
  CHECK(plan.next(10, true) == Step::none);  // begun anew
  plan.copied(2 * Plan::kStepBytes);
  CHECK(plan.next(Plan::kStepBytes + 10, false) == Step::beside);
}

}  // namespace certes::log::sqlite
