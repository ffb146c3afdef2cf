#pragma once
// How a test runs a simulation (World) over many seeds: what must hold, holds whatever step all processes are restarted
// after, and is seen to be broken where a mistake was planted.
// CERTES_SIMULATION_SEED=N runs that seed of every schedule alone and prints its history, with CERTES_SIMULATION_STEP=K
// restarted after that step; CERTES_SIMULATION_RUNS=N times as many seeds. What fails says which command repeats it.

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/simulation/world.hpp"

namespace certes::simulation {

// AddressSanitizer without optimisation is sixty times slower: a tenth of the schedules shows it what it can see.
#ifdef __SANITIZE_ADDRESS__
inline constexpr std::uint64_t kOneIn = 10;
#else
inline constexpr std::uint64_t kOneIn = 1;
#endif

inline std::int64_t setting(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoll(text, nullptr, 10) : otherwise;
}
inline std::uint64_t only_seed() { return static_cast<std::uint64_t>(setting("CERTES_SIMULATION_SEED", 0)); }

struct Summary {
  int violations = 0, repeats = 0;
  std::size_t faults = 0;
  std::size_t compared = 0;  // ends, with those without a restart
  std::string first = {};    // what was violated first, and how to see it again
};

inline std::string command(const Frame& frame) {
  std::string text = "CERTES_SIMULATION_SEED=" + std::to_string(frame.seed);
  if (frame.restart_after >= 0) text += " CERTES_SIMULATION_STEP=" + std::to_string(frame.restart_after);
  return text + " " + program_invocation_name + " -tc=\"" + doctest::getContextOptions()->currentTest->m_name + "\"";
}

// Empty: those of `ends` that are expected are as they are expected.
inline std::string difference(const Ends& expected, const Ends& ends, Summary& summary) {
  for (const auto& [delivery, end] : expected) {
    const auto now = ends.find(delivery);
    if (now == ends.end()) continue;
    ++summary.compared;
    if (now->second != end)
      return "RESTART: " + delivery + " ended as " + now->second + ", and without a restart as " + end;
  }
  return {};
}

inline void print(World& world, const std::string& violation) {
  for (const std::string& line : world.witness().history()) std::cout << line << "\n";
  std::cout << "== " << (violation.empty() ? "nothing was violated" : violation) << "\n";
}

// Runs one schedule. Returns its ends.
template <class Simulation, class Schedule>
Ends run_one(const Schedule& schedule, Summary& summary, const Ends& expected = {}) {
  Simulation simulation(schedule);
  std::string violation = simulation.run();
  Ends ends = simulation.witness().ends();
  if (violation.empty()) violation = difference(expected, ends, summary);
  if (only_seed() != 0) print(simulation, violation);
  summary.repeats += simulation.witness().repeats();
  summary.faults += simulation.faults();
  if (!violation.empty() && summary.violations++ == 0)
    summary.first = violation + "\n  again: " + command(schedule.frame);
  return ends;
}

// `run`: of a schedule with its seed.
template <class Schedule, class Run>
void each_seed(Schedule schedule, std::uint64_t runs, Run run) {
  const std::uint64_t only = only_seed();
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : runs); ++seed) {
    schedule.frame.seed = seed;
    run(schedule);
  }
}

// Without a restart, and then with one after each step.
template <class Simulation, class Schedule>
void run_restarted(Schedule schedule, Summary& summary) {
  const auto only = static_cast<int>(setting("CERTES_SIMULATION_STEP", -1));
  const Ends ends = run_one<Simulation>(schedule, summary);
  int& after = schedule.frame.restart_after;
  for (after = 0; after < schedule.frame.steps; ++after)
    if (only < 0 || only == after) run_one<Simulation>(schedule, summary, ends);
}

inline std::uint64_t times(std::uint64_t runs) {
  return std::max<std::uint64_t>(1, runs * static_cast<std::uint64_t>(setting("CERTES_SIMULATION_RUNS", 1)) / kOneIn);
}

// `shown`: how often there was what the schedules are for; without that, and without repeats, they are too tame.
inline void check(const Summary& summary, std::size_t shown) {
  CHECK_MESSAGE(summary.violations == 0, summary.violations, " violations; ", summary.first);
  if (only_seed() != 0) return;
  CHECK(shown > 0);
  CHECK(summary.repeats > 0);
}

template <class Simulation, class Schedule>
void holds(const Schedule& schedule, std::uint64_t runs) {
  Summary summary;
  each_seed(schedule, times(runs), [&](const Schedule& one) { run_one<Simulation>(one, summary); });
  check(summary, summary.faults);
}

template <class Simulation, class Schedule>
void holds_wherever_restarted(const Schedule& schedule, std::uint64_t runs) {
  Summary summary;
  each_seed(schedule, times(runs), [&](const Schedule& one) { run_restarted<Simulation>(one, summary); });
  check(summary, summary.compared);
}

// A mistake, and one of the words by which it is called: it is found within so many seeds, and the first one that is
// found is of that kind. Stops there.
template <class Simulation, class Schedule>
void notices(const Schedule& schedule, std::uint64_t runs, std::string_view kinds) {
  if (kOneIn > 1) return;  // it is the judge that is tried here
  Summary summary;
  each_seed(schedule, runs, [&](const Schedule& one) {
    if (summary.violations == 0) run_one<Simulation>(one, summary);
  });
  if (only_seed() != 0) return;
  CHECK_MESSAGE(summary.violations > 0, "nothing was noticed of what is to be called ", kinds);
  const std::string kind = summary.first.substr(0, summary.first.find(':'));
  CHECK_MESSAGE(kinds.find(kind) != std::string_view::npos, kinds, " was to be noticed, and it was ", summary.first);
}

}  // namespace certes::simulation
