#include "dispatcher/book/recovery.hpp"

#include <doctest/doctest.h>

#include "tests/dispatcher/book/partition.hpp"

using namespace certes::dispatcher::book;

namespace {

// In how many of the schedules it is found out.
int found(Fault fault, std::uint64_t schedules, std::string* what = nullptr) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    const std::string wrong = Partition(seed, fault).run(400);
    if (wrong.empty()) continue;
    ++found;
    if (what != nullptr) *what = "seed " + std::to_string(seed) + ": " + wrong;
  }
  return found;
}

}  // namespace

TEST_CASE("Recovery: after any prefix of checkpoints and tails the index is what the logs say") {
  std::string what;
  const int wrong = found(Fault::none, 400, &what);
  CHECK_MESSAGE(wrong == 0, what);
}

TEST_CASE("Recovery: each rule of a checkpoint is needed") {
  for (const Fault fault :
       {Fault::position_unrouted, Fault::additions_left, Fault::term_of_writer, Fault::positions_live,
        Fault::dirt_forgotten, Fault::ahead_forgotten, Fault::trim_progress, Fault::trim_events_live,
        Fault::commit_early, Fault::finish_early, Fault::abandoned_counts}) {
    CAPTURE(static_cast<int>(fault));
    CHECK(found(fault, 200) > 0);
  }
}
