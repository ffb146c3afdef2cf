#include "tests/dispatcher/simulation/schedule.hpp"

#include "common/log/names.hpp"

namespace certes::dispatcher::simulation {
namespace {

namespace names = log::names;

constexpr int kHealingRounds = 400;

}  // namespace

Simulation::Simulation(const Schedule& schedule)
    : schedule_(schedule),
      random_(schedule.seed),
      partitions_(1 + static_cast<int>(random_.bits() % 2)),
      fault_rate_(std::vector{0.0, 0.02, 0.06, 0.15}[random_.bits() % 4]),
      change_rate_(schedule.changes ? std::vector{0.01, 0.03, 0.1}[random_.bits() % 3] : 0),
      sealer_(*crypto::Sealer::make({crypto::Sealer::new_key()})),
      cluster_(log::memory::make_cluster(
          {.partitions = partitions_, .clock = &clock_, .stepped = true, .unfenced = schedule.unfenced})),
      registry_(clock_),
      judge_(*cluster_, partitions_, registry_, schedule.clocks, history_) {
  start_process();
}

void Simulation::start_process() {
  say("process " + std::to_string(next_process_) + " starts");
  processes_.push_back(std::make_unique<CoreProcess>(cluster_, next_process_++, judge_, registry_, clock_, sealer_,
                                                     schedule_.mistake, jobs_));
}

void Simulation::crash(std::size_t index) {
  const std::uint64_t id = processes_[index]->id();
  say("process " + std::to_string(id) + " crashes");
  std::erase_if(jobs_, [id](const Job& job) { return job.process == id; });
  cluster_->kill(id);
  processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Simulation::accept_event() {
  if (next_event_ >= schedule_.events) return;
  const std::string id = "evt_" + std::to_string(next_event_++);
  const std::string& type = kTypes[pick(kTypes.size())];
  log::Record record;
  auto& headers = record.headers;
  headers.add(names::kId, id);
  headers.add("ce_specversion", "1.0");
  headers.add("ce_id", id);
  headers.add("ce_source", "urn:certes:default");
  headers.add("ce_type", type);
  headers.add("content-type", "application/json");
  headers.add(names::kKind, "event");
  headers.add(names::kTenant, "default");
  record.value = "{}";
  const auto partition = static_cast<std::int32_t>(pick(static_cast<std::size_t>(partitions_)));
  const std::int64_t offset = cluster_->put(log::Topic::events, partition, std::move(record));
  const UnixMillis at = cluster_->at(log::Topic::events, partition, offset)->appended_at;
  judge_.accepted(id, type, at);
  say(id + " (" + type + ") is accepted at " + std::to_string(at % 1'000'000'000));
}

void Simulation::land_some() {
  const auto lanes = cluster_->lanes();
  if (lanes.empty()) return;
  const auto& lane = lanes[pick(lanes.size())];
  for (std::size_t count = 1 + pick(lane.queued); count > 0; --count) cluster_->land(lane);
}

void Simulation::answer_some() {
  const auto waiting = cluster_->requests();
  if (!waiting.empty()) cluster_->answer(waiting[pick(waiting.size())]);
}

void Simulation::act(CoreProcess& process) {
  if (chance(0.5)) process.answer_fence();
  if (chance(0.3)) process.follow();
  if (chance(0.2)) process.decide_gone(chance(0.8));
  if (process.flying() == 0 || chance(0.3)) return;
  const std::size_t which = pick(process.flying());
  const double what = random_.unit();
  if (what < 0.1) return process.break_off(which);
  process.respond(which, what < 0.6 ? 204 : what < 0.97 ? 500 : 410);
}

void Simulation::step() {
  clock_.advance(Millis{1});
  if (chance(change_rate_))
    return say(registry_.change(random_) + " at " + std::to_string(clock_.unix_millis() % 1'000'000'000));
  if (chance(fault_rate_)) return fault();
  const double what = random_.unit();
  if (what < 0.06) return accept_event();
  if (what < 0.30) return land_some();
  if (what < 0.40) return answer_some();
  if (what < 0.46) return clock_.advance(Millis(pick(1'500)));
  if (what < 0.48) {
    for (const Job& job : std::exchange(jobs_, {})) job.run();
    return;
  }
  if (processes_.empty()) return start_process();
  CoreProcess& process = *processes_[pick(processes_.size())];
  if (what < 0.75) return process.round();
  act(process);
}

void Simulation::fault() {
  ++faults_;
  if (processes_.empty()) return start_process();
  CoreProcess& process = *processes_[pick(processes_.size())];
  const double what = random_.unit();
  if (what < 0.15) return crash(pick(processes_.size()));
  if (what < 0.28) return processes_.size() < schedule_.processes ? start_process() : cluster_->rebalance();
  if (what < 0.36) return cluster_->rebalance();
  if (what < 0.45) {
    say("process " + std::to_string(process.id()) + " is taken for dead");
    cluster_->expire(process.id());
    if (!schedule_.unaware) cluster_->notify(process.id());
    return;
  }
  if (what < 0.57) return cluster_->notify(process.id());
  if (what < 0.69) return cluster_->break_appenders(process.id());
  if (what < 0.79) return static_cast<void>(cluster_->lose_acknowledgement(process.id()));
  if (what < 0.85) return clock_.advance(Millis(2'000 + pick(8'000)));
  if (what < 0.90) {
    const auto waiting = cluster_->requests();
    if (!waiting.empty()) cluster_->fail_request(waiting[pick(waiting.size())]);
    return;
  }
  if (what < 0.95 && schedule_.clocks)
    return clock_.step_wall(Millis(static_cast<std::int64_t>(pick(20'000)) - 10'000));
  for (const auto& lane : cluster_->lanes())
    if (lane.dead && chance(0.5)) return cluster_->drop(lane);
}

void Simulation::arrive() {
  for (const auto& lane : cluster_->lanes())
    for (std::size_t count = lane.queued; count > 0; --count) cluster_->land(lane);
  for (const std::uint64_t process : cluster_->requests()) cluster_->answer(process);
  for (const Job& job : std::exchange(jobs_, {})) job.run();
  judge_.scan();
  clock_.advance(Millis{200});
}

bool Simulation::settled() const {
  if (!judge_.all_ended()) return false;
  for (std::int32_t partition = 0; partition < partitions_; ++partition)
    if (cluster_->committed(partition).offset != cluster_->range(log::Topic::events, partition).end) return false;
  return true;
}

// No more faults; all endpoints are active, and every request succeeds.
void Simulation::heal() {
  if (chance(0.5))
    while (!processes_.empty()) crash(processes_.size() - 1);
  if (processes_.empty()) start_process();
  for (const auto& process : processes_) process->decide_gone(true);
  registry_.all_active();
  say("all is well from now on");
  for (int round = 0; round < kHealingRounds && judge_.violation().empty(); ++round) {
    for (const auto& process : processes_) {
      cluster_->notify(process->id());
      process->follow();
      process->answer_fence();
      process->decide_gone(false);
      process->round();
      while (process->flying() > 0) process->respond(0, 204);
      process->round();
    }
    arrive();
    if (settled()) return leave_all();
  }
}

void Simulation::leave_all() {
  for (const auto& process : processes_) process->owner().leave();
  for (int round = 0; round < kHealingRounds; ++round) {
    bool left = true;
    for (const auto& process : processes_) {
      process->round();
      left = left && process->owner().left();
    }
    if (left) return;
    arrive();
  }
}

std::string Simulation::run() {
  for (int at = 0; at < schedule_.steps && judge_.violation().empty(); ++at) {
    step();
    judge_.scan();
  }
  if (judge_.violation().empty()) heal();
  if (judge_.violation().empty()) judge_.conclude();
  if (!judge_.violation().empty()) return judge_.violation();
  if (!settled()) return "BLOCKED: everything has ended, but not everything is committed";
  for (const auto& process : processes_) {
    if (process->failed()) return "FAILED: a call was refused";
    if (!process->owner().left()) return "BLOCKED: a process cannot leave";
    if (process->core().unsettled() > 0) return "BLOCKED: a delivery is unsettled";
  }
  return {};
}

}  // namespace certes::dispatcher::simulation
