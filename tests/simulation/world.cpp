#include "tests/simulation/world.hpp"

#include <utility>

#include "dispatcher/ownership/commit_note.hpp"

namespace certes::simulation {
namespace {

constexpr int kHealingRounds = 600;

// Of what is fixed for a whole schedule: no step has these numbers.
constexpr std::uint64_t kPartitionsThrow = ~0u, kFaultsThrow = ~1u, kHealingThrow = ~2u;

}  // namespace

World::World(const Frame& frame)
    : frame_(frame),
      partitions_(1 + static_cast<std::int32_t>(Dice(frame.seed, kPartitionsThrow).pick(2))),
      cluster_(log::memory::make_cluster({.partitions = partitions_,
                                          .clock = &clock_,
                                          .stepped = true,
                                          .crowded = frame.crowded,
                                          .unfenced = frame.unfenced})),
      fault_rate_(Dice(frame.seed, kFaultsThrow).of(std::vector{0.0, 0.02, 0.06, 0.15})) {}

std::function<void(std::function<void()>)> World::background(std::uint64_t id) {
  return [this, id](std::function<void()> job) { jobs_.push_back({id, std::move(job)}); };
}

void World::start_process() {
  say("process " + std::to_string(next_process_) + " starts");
  processes_.push_back(make(next_process_++));
}

void World::crash(std::size_t index) {
  const std::uint64_t id = processes_[index]->id();
  say("process " + std::to_string(id) + " crashes");
  std::erase_if(jobs_, [id](const Job& job) { return job.process == id; });
  cluster_->kill(id);
  processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(index));
}

void World::crash_all() {
  while (!processes_.empty()) crash(processes_.size() - 1);
}

void World::run_jobs() {
  for (const Job& job : std::exchange(jobs_, {})) job.run();
}

// Refused: the disk is full for that long.
void World::land_some(Dice& dice, bool refused) {
  const auto lanes = cluster_->lanes();
  if (lanes.empty()) return;
  const auto& lane = dice.of(lanes);
  if (refused)
    say("the disk is full, for " + std::string(log::to_string(lane.topic)) + " of process " +
        std::to_string(lane.process));
  for (std::size_t count = 1 + dice.pick(lane.queued); count > 0; --count)
    refused ? cluster_->refuse(lane) : cluster_->land(lane);
}

void World::step(Dice& dice) {
  clock_.advance(Millis{1});
  if (own_step(dice)) return;
  if (dice.chance(fault_rate_)) return fault(dice);
  const double what = dice.unit();
  if (what < 0.06) return accept(dice);
  if (what < 0.30) return land_some(dice, false);
  if (what < 0.40) {
    const auto waiting = cluster_->requests();
    return waiting.empty() ? void() : cluster_->answer(dice.of(waiting));
  }
  if (what < 0.45) return pick(dice);
  if (what < 0.51) return clock_.advance(Millis(dice.pick(1'500)) * frame_.stretch);
  if (what < 0.53) return run_jobs();
  if (processes_.empty()) return start_process();
  Process& process = *dice.of(processes_);
  if (what < 0.75) return process.round(dice);
  process.act(dice);
}

// What waits is read from the log, or the log is not reached in the middle of it.
void World::pick(Dice& dice) {
  const auto picks = cluster_->picks();
  if (picks.empty()) return;
  const auto& one = dice.of(picks);
  if (dice.chance(0.9))
    cluster_->serve(one);
  else
    cluster_->fail_pick(one, dice.pick(3));
}

void World::expire(Process& process) {
  say("process " + std::to_string(process.id()) + " is taken for dead");
  cluster_->expire(process.id());
  process.superseded();
  if (!frame_.unaware) cluster_->notify(process.id());
}

void World::fault(Dice& dice) {
  ++faults_;
  if (processes_.empty()) return start_process();
  Process& process = *dice.of(processes_);
  const double what = dice.unit();
  if (what < 0.12) return crash(dice.pick(processes_.size()));
  if (what < 0.24) return processes_.size() < frame_.processes ? start_process() : cluster_->rebalance();
  if (what < 0.31) return cluster_->rebalance();
  if (what < 0.40) return expire(process);
  if (what < 0.52) return cluster_->notify(process.id());
  if (what < 0.57) return clock_.advance(Millis(2'000 + dice.pick(8'000)));
  if (what < 0.94) return break_something(dice, process);
  const std::int32_t partition = any_partition(dice);
  if (frame_.corrupt) corrupt_checkpoint(dice, partition);
  damage(dice, partition);
}

// Of what the process has asked of the log.
void World::break_something(Dice& dice, Process& process) {
  const double what = dice.unit();
  if (what < 0.25) {
    say("the appenders of process " + std::to_string(process.id()) + " break");
    return cluster_->break_appenders(process.id());
  }
  if (what < 0.48) {
    if (cluster_->lose_acknowledgement(process.id()))
      say("an append of process " + std::to_string(process.id()) + " is not acknowledged");
    return;
  }
  if (what < 0.68) return land_some(dice, true);
  if (what < 0.84) {
    const auto waiting = cluster_->requests();
    if (waiting.empty()) return;
    say("the coordinator does not answer");
    return cluster_->fail_request(dice.of(waiting));
  }
  for (const auto& lane : cluster_->lanes())
    if (lane.dead && dice.chance(0.5)) return cluster_->drop(lane);
}

void World::corrupt_checkpoint(Dice& dice, std::int32_t partition) {
  const auto note = dispatcher::decode_note(cluster_->committed(partition).metadata).value_or(dispatcher::CommitNote{});
  if (note.manifest < 0) return;
  say("the checkpoint of partition " + std::to_string(partition) + " becomes unreadable");
  witness().tolerate();
  // The manifest, or what stands before it: a chunk, the lanes, or the manifest of another.
  const std::int64_t lowest = std::max(note.manifest - 3, cluster_->range(log::Topic::progress, partition).start);
  cluster_->corrupt(
      log::Topic::progress, partition,
      note.manifest - static_cast<std::int64_t>(dice.pick(static_cast<std::size_t>(note.manifest - lowest + 1))));
}

void World::arrive() {
  for (const auto& lane : cluster_->lanes())
    for (std::size_t count = lane.queued; count > 0; --count) cluster_->land(lane);
  for (const std::uint64_t process : cluster_->requests()) cluster_->answer(process);
  for (const auto& pick : cluster_->picks()) cluster_->serve(pick);
  run_jobs();
  witness().scan();
  clock_.advance(Millis{200} * frame_.stretch);
}

bool World::settled() {
  if (!witness().all_ended()) return false;
  for (std::int32_t partition = 0; partition < partitions_; ++partition)
    if (cluster_->committed(partition).offset != cluster_->range(log::Topic::events, partition).end) return false;
  return true;
}

// No more faults.
void World::heal() {
  if (Dice(frame_.seed, kHealingThrow).chance(0.5)) crash_all();
  if (processes_.empty()) start_process();
  begin_healing();
  say("all is well from now on");
  for (int round = 0; round < kHealingRounds && witness().violation().empty(); ++round) {
    for (const auto& process : processes_) {
      cluster_->notify(process->id());
      process->settle();
    }
    arrive();
    if (settled()) return leave_all();
  }
}

void World::leave_all() {
  for (const auto& process : processes_) process->owner().leave();
  for (int round = 0; round < kHealingRounds; ++round) {
    bool left = true;
    for (const auto& process : processes_) {
      process->settle();
      left = left && process->owner().left();
    }
    if (left) return;
    arrive();
  }
}

std::string World::run() {
  start_process();
  for (int at = 0; at < frame_.steps && witness().violation().empty(); ++at) {
    Dice dice(frame_.seed, static_cast<std::uint64_t>(at));
    step(dice);
    witness().scan();
    if (at != frame_.restart_after) continue;
    crash_all();
    start_process();
  }
  if (witness().violation().empty()) heal();
  if (witness().violation().empty()) witness().conclude();
  return witness().violation().empty() ? verdict() : witness().violation();
}

std::string World::verdict() {
  if (!settled()) return "BLOCKED: everything has ended, but not everything is committed";
  for (const auto& process : processes_) {
    if (process->failed()) return "FAILED: a call was refused";
    if (!process->owner().left()) return "BLOCKED: a process cannot leave";
    if (process->unsettled()) return "BLOCKED: a delivery is unsettled";
  }
  return {};
}

}  // namespace certes::simulation
