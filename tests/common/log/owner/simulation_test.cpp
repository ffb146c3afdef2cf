// Random schedules of crashes, zombies, revokes, broken producers, unknown outcomes and damage over several owners,
// each from its seed: nothing accepted is missing, nothing has two valid ends, nothing is repeated but what was in
// flight. And the same checks fail when a mistake is made on purpose.

#include <doctest/doctest.h>

#include "tests/common/log/owner/world.hpp"

namespace certes::log::testing {
using namespace dispatcher;
namespace {

// AddressSanitizer without optimisation is sixty times slower: a tenth of the schedules shows it what it can see.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kOneIn = 10;
#else
constexpr std::uint64_t kOneIn = 1;
#endif

struct Summary {
  int violations = 0;
  int repeats = 0;
  int faults = 0;
  std::string first;
};

Summary simulate(Schedule schedule, std::uint64_t runs) {
  Summary summary;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    schedule.seed = seed;
    World world(schedule);
    const std::string violation = world.run();
    summary.repeats += world.repeats();
    summary.faults += world.faults();
    if (violation.empty()) continue;
    if (summary.violations++ == 0) summary.first = "seed " + std::to_string(seed) + ": " + violation;
  }
  return summary;
}

void holds(const Schedule& schedule, std::uint64_t runs) {
  const Summary summary = simulate(schedule, runs / kOneIn);
  CHECK_MESSAGE(summary.violations == 0, summary.violations, " violations; ", summary.first);
  CHECK(summary.faults > 0);
  CHECK(summary.repeats > 0);  // otherwise the schedules are too tame to show anything
}

void notices(const Schedule& schedule, std::uint64_t runs, std::string_view kind) {
  const Summary summary = simulate(schedule, runs);
  CHECK(summary.violations > 0);
  CHECK_MESSAGE(summary.first.find(kind) != std::string::npos, summary.first);
}

TEST_CASE("Simulation: owners that crash, are revoked and break lose and fork nothing") { holds({}, 4'000); }
TEST_CASE("Simulation: nor do owners that go on without knowing that they were superseded") {
  holds({.unaware = true}, 4'000);
}
TEST_CASE("Simulation: nor in longer lives with more events") {
  holds({.events = 20, .steps = 800, .unaware = true}, 500);
}
TEST_CASE("Simulation: an unreadable checkpoint means duplicates, not loss") {
  holds({.unaware = true, .corrupt = true}, 2'000);
}
TEST_CASE("Simulation: what somebody else commits under the group's name loses and repeats nothing") {
  holds({.unaware = true, .foreign = true}, 2'000);
}
TEST_CASE("Simulation: a log that was trimmed or truncated loses only what it lost itself") {
  holds({.unaware = true, .corrupt = true, .truncate = true}, 2'000);
}

TEST_CASE("Simulation: notices a dispatcher that finishes records early") {
  notices({.mistake = Mistake::finishes_early}, 100, "FINISH");
}
TEST_CASE("Simulation: notices a dispatcher that does not wait for the record of a success") {
  notices({.mistake = Mistake::does_not_wait_for_record}, 500, "FINISH");
}
TEST_CASE("Simulation: notices a dispatcher that ignores what is known") {
  notices({.mistake = Mistake::ignores_known}, 200, "RESEND");
}
TEST_CASE("Simulation: notices commits that are not fenced") {
  const Summary summary = simulate({.unaware = true, .unfenced = true}, 1'500);
  CHECK(summary.violations > 0);
}

}  // namespace
}  // namespace certes::log::testing
