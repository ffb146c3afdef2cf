#include "common/log/sqlite/checkpoint_plan.hpp"

#include <doctest/doctest.h>

namespace certes::log::sqlite {

using Plan = CheckpointPlan;
using Step = Plan::Step;

TEST_CASE("CheckpointPlan: nothing is copied while there is little") {
  Plan plan;
  for (int pages = 1; pages < Plan::kPages; ++pages) CHECK(plan.next(pages, false) == Step::none);
}

TEST_CASE("CheckpointPlan: copies beside the writer, and again once as much has come") {
  Plan plan;
  CHECK(plan.next(Plan::kPages, false) == Step::beside);
  CHECK(plan.next(Plan::kPages + 50, true) == Step::none);
  plan.copied(Plan::kPages);
  CHECK(plan.next(2 * Plan::kPages - 1, false) == Step::none);
  CHECK(plan.next(2 * Plan::kPages, false) == Step::beside);
}

TEST_CASE("CheckpointPlan: what is wholly copied begins anew by itself, and is counted anew") {
  Plan plan;
  CHECK(plan.next(Plan::kPages, false) == Step::beside);
  plan.copied(Plan::kPages);
  CHECK(plan.next(3, false) == Step::none);
  CHECK(plan.next(Plan::kPages - 1, false) == Step::none);
  CHECK(plan.next(Plan::kPages, false) == Step::beside);
}

TEST_CASE("CheckpointPlan: the last pages are the writer's, once they are few") {
  Plan plan;
  CHECK(plan.next(Plan::kRestartPages, false) == Step::beside);
  plan.copied(Plan::kRestartPages);
  CHECK(plan.next(Plan::kRestartPages + Plan::kLastPages + 1, false) == Step::beside);
  plan.copied(Plan::kRestartPages + Plan::kLastPages + 1);
  CHECK(plan.next(Plan::kRestartPages + Plan::kLastPages + 9, false) == Step::last);
  plan.copied(Plan::kRestartPages + Plan::kLastPages + 9);
  CHECK(plan.next(2, false) == Step::none);
}

TEST_CASE("CheckpointPlan: with nothing left to copy there is nothing to do, however long it is") {
  Plan plan;
  CHECK(plan.next(Plan::kTruncatePages, false) == Step::truncate);
  plan.copied(Plan::kTruncatePages);
  CHECK(plan.next(Plan::kTruncatePages, false) == Step::none);
}

TEST_CASE("CheckpointPlan: what readers keep from being copied is not tried again at every commit") {
  Plan plan;
  CHECK(plan.next(Plan::kPages, false) == Step::beside);
  plan.copied(0);
  int tries = 0;
  for (int pages = Plan::kPages; pages < Plan::kTruncatePages; ++pages)
    if (plan.next(pages, false) != Step::none) {
      ++tries;
      plan.copied(0);
    }
  CHECK(tries == Plan::kTruncatePages / Plan::kPages - 1);
  CHECK(plan.next(Plan::kTruncatePages + Plan::kPages, false) == Step::truncate);
}

TEST_CASE("CheckpointPlan: a pass that ends after it began anew says nothing of the new one") {
  Plan plan;
  CHECK(plan.next(2 * Plan::kPages, false) == Step::beside);
  CHECK(plan.next(10, true) == Step::none);  // begun anew
  plan.copied(2 * Plan::kPages);
  CHECK(plan.next(Plan::kPages + 10, false) == Step::beside);
}

}  // namespace certes::log::sqlite
