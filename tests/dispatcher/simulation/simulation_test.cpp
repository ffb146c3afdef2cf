// The real core under random schedules: processes crash, are revoked and superseded, appends fail, are refused or are
// of unknown outcome, endpoints fail, are paused, disabled, purged, deleted and made again, what has failed is tried
// before its time, subscriptions change; events, commands, results, repeats and replays come. Nothing accepted is lost,
// nothing ends twice, nothing is sent before its time, and what becomes of an event does not depend on what was
// restarted. The same checks fail when a mistake is made on purpose. Settings: tests/simulation/runs.hpp.

#include "tests/dispatcher/simulation/schedule.hpp"
#include "tests/simulation/runs.hpp"

namespace certes::dispatcher::simulation {
namespace {

void holds(const Schedule& schedule, std::uint64_t runs) { certes::simulation::holds<CoreWorld>(schedule, runs); }

// So many of each. What they are for shows in one of them.
void all_hold(const std::vector<Schedule>& schedules, std::uint64_t runs) {
  certes::simulation::Summary summary;
  for (const Schedule& schedule : schedules)
    certes::simulation::each_seed(schedule, certes::simulation::times(runs),
                                  [&](const Schedule& one) { certes::simulation::run_one<CoreWorld>(one, summary); });
  certes::simulation::check(summary, summary.faults);
}

// What may be noticed first.
struct Planted {
  Mistake mistake;
  std::string_view kinds;
  bool changes = true;
  std::size_t keys = 0;
};
constexpr Planted kPlanted[] = {
    {Mistake::forgets_states, "RESEND REPEAT FORK ATTEMPTS"},
    {Mistake::forgets_attempts, "ATTEMPTS"},
    {Mistake::forgets_letters, "ATTEMPTS"},
    {Mistake::forgets_times, "EARLY"},
    {Mistake::forgets_first, "POLICY"},
    {Mistake::finishes_early, "FINISH LOST"},
    {Mistake::believes_records, "FINISH REPEAT FORK"},
    {Mistake::believes_results, "RESULT"},
    {Mistake::drops_letters, "FINISH LOST"},
    {Mistake::drops_results, "RESULT"},
    {Mistake::forgets_past, "SENT"},
    {Mistake::overtakes, "ORDER", false},
    {Mistake::stale_fence, "FINISH STRANGE FATE SENT"},
    {Mistake::ignores_intervals, "SENT STRANGE FATE"},
    {Mistake::ignores_pauses, "POLICY"},
    {Mistake::ignores_purges, "SENT FATE"},
    {Mistake::ignores_order, "KEY", true, 2},
    {Mistake::sends_to_paused, "SENT"},
    {Mistake::sends_to_gone, "GONE"},
    {Mistake::lets_go_at_once, "REPEAT RESEND"},
};

constexpr certes::simulation::Frame kUnaware = {.events = 8, .processes = 2, .steps = 300, .unaware = true};

}  // namespace

TEST_CASE("Core simulation: crashes, revokes and broken appends lose and fork nothing") {
  holds({.changes = false}, 500);
}
TEST_CASE("Core simulation: nor do they where the registry changes all the time") { holds({}, 500); }
TEST_CASE("Core simulation: nor where who lost its partitions goes on unaware") { holds({.frame = kUnaware}, 500); }
TEST_CASE("Core simulation: nor where clocks jump") { holds({.frame = kUnaware, .clocks = true}, 500); }
TEST_CASE("Core simulation: nor where the clocks of two brokers are minutes apart") {
  holds({.frame = kUnaware, .timed = false, .apart = Millis{300'000}}, 500);
}
TEST_CASE("Core simulation: nor in longer lives") {
  holds({.frame = {.events = 24, .processes = 2, .steps = 900, .unaware = true}}, 100);
}
TEST_CASE("Core simulation: nor what is published of dead letters, which is delivered once") {
  holds({.changes = false, .watched = true}, 300);
}
TEST_CASE("Core simulation: an unreadable checkpoint means repeats, not loss") {
  holds({.frame = {.events = 8, .processes = 2, .steps = 300, .unaware = true, .corrupt = true}}, 500);
}
TEST_CASE("Core simulation: nor where next to nothing has room in memory") {
  std::vector<Schedule> schedules;
  for (const std::size_t bytes : {3'000u, 20'000u})
    for (const int concurrency : {1, 2})
      for (const bool changes : {false, true})
        schedules.push_back(
            {.frame = {.events = 16, .processes = 2, .steps = 500, .unaware = true},
             .changes = changes,
             .timed = false,
             .life = {
                 .memory_bytes = bytes, .body_bytes = 500, .concurrency = concurrency, .retry_delay = Millis{3'000}}});
  all_hold(schedules, 40);
}
TEST_CASE("Core simulation: nor where attempts are far apart") {
  std::vector<Schedule> schedules;
  for (const std::size_t bytes : {3'000u, 128u << 20})
    schedules.push_back({.frame = {.events = 12, .processes = 2, .steps = 400, .unaware = true, .stretch = 100},
                         .timed = false,
                         .life = {.memory_bytes = bytes, .concurrency = 1, .retry_delay = Millis{700'000}}});
  all_hold(schedules, 50);
}
TEST_CASE("Core simulation: nor where endpoints have an order, which is kept through all of that") {
  std::vector<Schedule> schedules;
  for (const std::size_t bytes : {3'000u, 128u << 20})
    for (const std::size_t keys : {1u, 3u})
      for (const bool changes : {false, true})
        schedules.push_back({.frame = {.events = 12, .processes = 2, .steps = 400, .unaware = true, .stretch = 5},
                             .changes = changes,
                             .timed = false,
                             .life = {.memory_bytes = bytes, .concurrency = 3, .keys = keys}});
  all_hold(schedules, 40);
}
TEST_CASE("Core simulation: nor where workers die and others get what was theirs") {
  std::vector<Schedule> schedules;
  for (const int workers : {2, 3})
    for (const int concurrency : {1, 2})
      for (const bool changes : {false, true})
        schedules.push_back({.frame = {.events = 16, .processes = 2, .steps = 500, .unaware = true},
                             .changes = changes,
                             .timed = !changes,
                             .life = {.concurrency = concurrency, .workers = workers}});
  schedules.push_back({.frame = {.events = 12, .processes = 2, .steps = 400, .unaware = true, .stretch = 5},
                       .timed = false,
                       .life = {.concurrency = 2, .workers = 2, .keys = 2}});
  all_hold(schedules, 60);
}
TEST_CASE("Core simulation: wherever all are restarted, everything ends as it would have") {
  certes::simulation::holds_wherever_restarted<CoreWorld>(
      Schedule{.frame = {.events = 5, .processes = 2, .steps = 100}, .gone = false, .timed = false}, 20);
}

TEST_CASE("Core simulation: notices what a dispatcher does wrong") {
  for (const Planted& planted : kPlanted)
    certes::simulation::notices<CoreWorld>(
        Schedule{.changes = planted.changes, .mistake = planted.mistake, .life = {.keys = planted.keys}}, 6'000,
        planted.kinds);
}
TEST_CASE("Core simulation: notices commits that are not fenced") {
  certes::simulation::Frame frame = kUnaware;
  frame.unfenced = true;
  certes::simulation::notices<CoreWorld>(Schedule{.frame = frame}, 1'000, "RESEND REPEAT FORK FINISH LOST BLOCKED");
}

}  // namespace certes::dispatcher::simulation
