// Random schedules of crashes, zombies, revokes, broken producers, unknown outcomes, full disks and damage over several
// owners, each from its seed: nothing accepted is missing, nothing has two valid ends, nothing is repeated but what was
// in flight. And the same checks fail when a mistake is made on purpose. Settings: tests/simulation/runs.hpp.

#include "tests/dispatcher/ownership/world.hpp"
#include "tests/simulation/runs.hpp"

namespace certes::dispatcher::testing {
namespace {

void holds(const Schedule& schedule, std::uint64_t runs) { simulation::holds<OwnerWorld>(schedule, runs); }

struct Planted {
  Mistake mistake;
  std::string_view kinds;
};
constexpr Planted kPlanted[] = {
    {Mistake::finishes_early, "FINISH"},       {Mistake::does_not_wait_for_record, "FINISH"},
    {Mistake::ignores_known, "RESEND REPEAT"}, {Mistake::attempts_more, "ATTEMPTS"},
    {Mistake::lets_go_at_once, "REPEAT"},      {Mistake::drops_letters, "FINISH LOST"},
};

}  // namespace

TEST_CASE("Simulation: owners that crash, are revoked and break lose and fork nothing") { holds({}, 4'000); }
TEST_CASE("Simulation: nor do owners that go on without knowing that they were superseded") {
  holds({.frame = {.unaware = true}}, 4'000);
}
TEST_CASE("Simulation: nor in longer lives with more events") {
  holds({.frame = {.events = 20, .steps = 800, .unaware = true}}, 500);
}
TEST_CASE("Simulation: an unreadable checkpoint means duplicates, not loss") {
  holds({.frame = {.unaware = true, .corrupt = true}}, 2'000);
}
TEST_CASE("Simulation: what somebody else commits under the group's name loses and repeats nothing") {
  holds({.frame = {.unaware = true}, .foreign = true}, 2'000);
}
TEST_CASE("Simulation: what is erased between what is open is nothing that is still needed") {
  holds({.frame = {.events = 12, .steps = 400, .unaware = true, .corrupt = true, .crowded = true}}, 2'000);
}
TEST_CASE("Simulation: a log that was trimmed or truncated loses only what it lost itself") {
  holds({.frame = {.unaware = true, .corrupt = true}, .truncate = true}, 2'000);
}
TEST_CASE("Simulation: wherever all are restarted, everything ends as it would have") {
  simulation::holds_wherever_restarted<OwnerWorld>(Schedule{.frame = {.events = 4, .steps = 100}}, 30);
}
TEST_CASE("Simulation: notices what a dispatcher does wrong") {
  for (const Planted& planted : kPlanted) {
    CAPTURE(planted.kinds);
    simulation::notices<OwnerWorld>(Schedule{.frame = {.unaware = true}, .mistake = planted.mistake}, 1'500,
                                    planted.kinds);
  }
}
TEST_CASE("Simulation: notices commits that are not fenced") {
  simulation::notices<OwnerWorld>(Schedule{.frame = {.unaware = true, .unfenced = true}}, 10'000,
                                  "RESEND REPEAT FORK FINISH LOST BLOCKED");
}

}  // namespace certes::dispatcher::testing
