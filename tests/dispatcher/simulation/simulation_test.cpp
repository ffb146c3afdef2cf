// The real core under random schedules: processes crash, are revoked and superseded, appends fail or are of unknown
// outcome, endpoints fail, are paused, disabled, deleted and made again, subscriptions change. Nothing accepted is
// lost, nothing ends twice, and what becomes of an event does not depend on what was restarted. The same checks fail
// when a mistake is made on purpose.
// CERTES_SIMULATION_SEED=N runs that seed of every schedule alone and prints its history; CERTES_SIMULATION_RUNS=N
// times as many seeds.

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>

#include "tests/dispatcher/simulation/schedule.hpp"

namespace certes::dispatcher::simulation {
namespace {

// AddressSanitizer without optimisation is sixty times slower: a tenth of the schedules shows it what it can see.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kOneIn = 10;
#else
constexpr std::uint64_t kOneIn = 1;
#endif

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Summary {
  int violations = 0, repeats = 0, faults = 0;
  std::string first;
};

Summary simulate(Schedule schedule, std::uint64_t runs) {
  Summary summary;
  const std::uint64_t only = setting("CERTES_SIMULATION_SEED", 0);
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : runs); ++seed) {
    schedule.seed = seed;
    Simulation simulation(schedule);
    const std::string violation = simulation.run();
    summary.repeats += simulation.repeats();
    summary.faults += simulation.faults();
    if (only != 0)
      for (const std::string& line : simulation.history()) std::cout << line << "\n";
    if (violation.empty()) continue;
    if (summary.violations++ == 0) summary.first = "seed " + std::to_string(seed) + ": " + violation;
  }
  return summary;
}

void holds(const Schedule& schedule, std::uint64_t runs) {
  const Summary summary = simulate(schedule, runs * setting("CERTES_SIMULATION_RUNS", 1) / kOneIn);
  CHECK_MESSAGE(summary.violations == 0, summary.violations, " violations; ", summary.first);
  if (setting("CERTES_SIMULATION_SEED", 0) != 0) return;
  CHECK(summary.faults > 0);
  CHECK(summary.repeats > 0);  // otherwise the schedules are too tame to show anything
}

void notices(const Schedule& schedule, std::uint64_t runs, std::string_view kind) {
  const Summary summary = simulate(schedule, runs);
  CHECK(summary.violations > 0);
  CHECK_MESSAGE(summary.first.find(kind) != std::string::npos, summary.first);
}

}  // namespace

TEST_CASE("Core simulation: crashes, revokes and broken appends lose and fork nothing") {
  holds({.changes = false}, 500);
}
TEST_CASE("Core simulation: nor do they where the registry changes all the time") { holds({}, 500); }
TEST_CASE("Core simulation: nor where who lost its partitions goes on unaware") { holds({.unaware = true}, 500); }
TEST_CASE("Core simulation: nor where clocks jump") { holds({.clocks = true, .unaware = true}, 500); }
TEST_CASE("Core simulation: nor in longer lives") { holds({.events = 24, .steps = 900, .unaware = true}, 100); }

TEST_CASE("Core simulation: notices a loop that forgets what is known of deliveries") {
  notices({.mistake = Mistake::forgets_states}, 300, "FORK");
}
TEST_CASE("Core simulation: notices a loop that finishes records early") {
  notices({.mistake = Mistake::finishes_early}, 300, "FINISH");
}
TEST_CASE("Core simulation: notices a loop that believes what is not recorded yet") {
  notices({.mistake = Mistake::believes_records}, 500, "FINISH");
}
TEST_CASE("Core simulation: notices a core that goes by what stands in the registry alone") {
  const Summary summary = simulate({.mistake = Mistake::ignores_intervals}, 300);
  CHECK(summary.violations > 0);
}
TEST_CASE("Core simulation: notices commits that are not fenced") {
  const Summary summary = simulate({.unaware = true, .unfenced = true}, 1'000);
  CHECK(summary.violations > 0);
}

}  // namespace certes::dispatcher::simulation
