#include "tests/common/log/owner/world.hpp"

#include "common/log/names.hpp"
#include "dispatcher/ownership/commit_note.hpp"

namespace certes::log::testing {
using namespace dispatcher;
namespace {

constexpr int kHealingRounds = 600;

}  // namespace

World::World(const Schedule& schedule)
    : schedule_(schedule),
      random_(schedule.seed),
      partitions_(1 + static_cast<int>(random_.bits() % 2)),
      fault_rate_(std::vector{0.0, 0.02, 0.06, 0.15}[random_.bits() % 4]),
      cluster_(memory::make_cluster(
          {.partitions = partitions_, .clock = &clock_, .stepped = true, .unfenced = schedule.unfenced})),
      ledger_(*cluster_, partitions_, kMaxAttempts) {
  start_process();
}

FakeDispatcher* World::any() { return processes_.empty() ? nullptr : processes_[pick(processes_.size())].get(); }

FakeDispatcher* World::by_id(std::uint64_t process) {
  for (const Process& candidate : processes_)
    if (candidate->process() == process) return candidate.get();
  return nullptr;
}

void World::accept_event() {
  if (next_event_ >= schedule_.events) return;
  Record record;
  record.headers.add(names::kId, std::to_string(next_event_));
  const std::int32_t partition = any_partition();
  ledger_.accepted(next_event_++, partition);
  cluster_->put(Topic::events, partition, std::move(record));
}

void World::start_process() {
  processes_.push_back(
      std::make_unique<FakeDispatcher>(cluster_, next_process_++, ledger_, clock_, schedule_.mistake, jobs_));
}

void World::crash(std::size_t index) {
  jobs_.clear();
  cluster_->kill(processes_[index]->process());
  processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(index));
}

void World::crash_all() {
  while (!processes_.empty()) crash(processes_.size() - 1);
}

void World::land_some() {
  const auto lanes = cluster_->lanes();
  if (lanes.empty()) return;
  const auto& lane = lanes[pick(lanes.size())];
  for (std::size_t count = 1 + pick(lane.queued); count > 0; --count) cluster_->land(lane);
}

void World::answer_some() {
  const auto waiting = cluster_->requests();
  if (!waiting.empty()) cluster_->answer(waiting[pick(waiting.size())]);
}

void World::act(FakeDispatcher& process) {
  const auto sendable = process.sendable();
  if (!sendable.empty() && chance(0.5)) process.send(sendable[pick(sendable.size())]);
  const auto flying = process.flying();
  if (!flying.empty() && chance(0.5)) process.respond(flying[pick(flying.size())], chance(0.6));
  for (const std::int32_t partition : process.revoked())
    if (process.idle(partition) ? chance(0.7) : chance(0.05)) process.let_go(partition);
}

void World::expire(FakeDispatcher& process) {
  cluster_->expire(process.process());
  process.superseded();
  if (!schedule_.unaware) cluster_->notify(process.process());
}

void World::step() {
  if (chance(fault_rate_)) return fault();
  const double what = random_.unit();
  if (what < 0.06) return accept_event();
  if (what < 0.30) return land_some();
  if (what < 0.40) return answer_some();
  if (what < 0.45) return clock_.advance(Millis(pick(1'500)));
  if (what < 0.47) {
    for (const auto& job : jobs_) job();
    return jobs_.clear();
  }
  FakeDispatcher* process = any();
  if (process == nullptr) return start_process();
  if (what < 0.75) return process->poll(chance(0.7) ? pick(4) : 0);
  act(*process);
}

void World::fault() {
  ++faults_;
  FakeDispatcher* process = any();
  if (process == nullptr) return start_process();
  const double what = random_.unit();
  if (what < 0.12) return crash(pick(processes_.size()));
  if (what < 0.25) return processes_.size() < schedule_.processes ? start_process() : cluster_->rebalance();
  if (what < 0.33) return cluster_->rebalance();
  if (what < 0.42) return expire(*process);
  if (what < 0.55) return cluster_->notify(process->process());
  if (what < 0.67) return cluster_->break_appenders(process->process());
  if (what < 0.77) return static_cast<void>(cluster_->lose_acknowledgement(process->process()));
  if (what < 0.82) return clock_.advance(Millis(2'000 + pick(8'000)));
  if (what < 0.88) {
    const auto waiting = cluster_->requests();
    if (!waiting.empty()) cluster_->fail_request(waiting[pick(waiting.size())]);
    return;
  }
  if (what < 0.94) {
    for (const auto& lane : cluster_->lanes())
      if (lane.dead && chance(0.5)) return cluster_->drop(lane);
    return;
  }
  damage();
}

void World::damage() {
  const std::int32_t partition = any_partition();
  const CommitNote note = decode_note(cluster_->committed(partition).metadata).value_or(CommitNote{});
  if (schedule_.corrupt && note.first >= 0) {
    ledger_.tolerate();
    cluster_->corrupt(Topic::progress, partition, note.first + static_cast<std::int64_t>(pick(2)));
  }
  if (schedule_.foreign) {
    ledger_.others_commit();
    const OffsetRange range = cluster_->range(Topic::events, partition);
    const auto offset = static_cast<std::int64_t>(pick(static_cast<std::size_t>(range.end + 1)));
    cluster_->commit_foreign(partition, {offset, chance(0.3) ? cluster_->committed(partition).metadata : ""});
  }
  if (!schedule_.truncate) return;
  ledger_.tolerate();
  const double what = random_.unit();
  if (what < 0.4) return expire_events(partition);
  if (what < 0.8) return cut_events(partition);
  ledger_.tails_trimmed();
  const Topic topic = chance(0.5) ? Topic::attempts : Topic::dead_letters;
  const std::int64_t end = cluster_->range(topic, partition).end;
  [[maybe_unused]] const auto trimmed =
      memory::make(cluster_, 0)
          ->trim(topic, partition, static_cast<std::int64_t>(pick(static_cast<std::size_t>(end + 1))), {});
}

void World::expire_events(std::int32_t partition) {
  const OffsetRange range = cluster_->range(Topic::events, partition);
  const auto before =
      range.start + static_cast<std::int64_t>(pick(static_cast<std::size_t>(range.end - range.start + 1)));
  for (std::int64_t offset = range.start; offset < before; ++offset)
    ledger_.excuse(std::stoi(std::string(cluster_->at(Topic::events, partition, offset)->headers.get(names::kId))));
  [[maybe_unused]] const auto trimmed = memory::make(cluster_, 0)->trim(Topic::events, partition, before, {});
}

// The log loses its end and goes on, while nobody reads it.
void World::cut_events(std::int32_t partition) {
  const OffsetRange range = cluster_->range(Topic::events, partition);
  const auto end = range.start + static_cast<std::int64_t>(pick(static_cast<std::size_t>(range.end - range.start + 1)));
  for (std::int64_t offset = end; offset < range.end; ++offset)
    ledger_.excuse(std::stoi(std::string(cluster_->at(Topic::events, partition, offset)->headers.get(names::kId))));
  crash_all();
  cluster_->cut(Topic::events, partition, end);
  clock_.advance(Millis(1 + pick(200'000)));
  for (std::size_t more = pick(4); more > 0; --more) accept_event();
}

bool World::settled() const {
  if (!ledger_.all_ended()) return false;
  for (std::int32_t partition = 0; partition < partitions_; ++partition) {
    const Committed committed = cluster_->committed(partition);
    if (committed.offset != cluster_->range(Topic::events, partition).end) return false;
  }
  return true;
}

// No more faults; everything arrives; every request succeeds.
void World::heal() {
  if (chance(0.5)) crash_all();
  if (processes_.empty()) start_process();
  for (int round = 0; round < kHealingRounds && ledger_.violation().empty(); ++round) {
    for (const Process& process : processes_) {
      cluster_->notify(process->process());
      process->poll(50);
      for (const auto key : process->sendable()) {
        const auto still = process->sendable();
        if (std::find(still.begin(), still.end(), key) != still.end()) process->send(key);
      }
      for (const auto key : process->flying()) process->respond(key, true);
      for (const std::int32_t partition : process->revoked())
        if (process->idle(partition)) process->let_go(partition);
      process->owner().flush();
    }
    for (const auto& lane : cluster_->lanes())
      for (std::size_t count = lane.queued; count > 0; --count) cluster_->land(lane);
    for (const std::uint64_t process : cluster_->requests()) cluster_->answer(process);
    ledger_.scan();
    clock_.advance(Millis{200});
    if (settled()) return leave_all();
  }
}

void World::leave_all() {
  for (const Process& process : processes_) process->owner().leave();
  for (int round = 0; round < kHealingRounds; ++round) {
    bool left = true;
    for (const Process& process : processes_) {
      process->poll(0);
      for (const std::int32_t partition : process->revoked()) process->let_go(partition);
      left = left && process->owner().left();
    }
    if (left) return;
    for (const auto& lane : cluster_->lanes())
      for (std::size_t count = lane.queued; count > 0; --count) cluster_->land(lane);
    for (const std::uint64_t process : cluster_->requests()) cluster_->answer(process);
    clock_.advance(Millis{200});
  }
}

std::string World::run() {
  for (int step_number = 0; step_number < schedule_.steps && ledger_.violation().empty(); ++step_number) {
    step();
    ledger_.scan();
  }
  if (ledger_.violation().empty()) heal();
  if (!ledger_.violation().empty()) return ledger_.violation();
  ledger_.check_complete();
  if (!ledger_.violation().empty()) return ledger_.violation();
  if (!settled()) return "BLOCKED: everything has ended, but not everything is committed";
  for (const Process& process : processes_) {
    if (process->failed()) return "FAILED: a call was refused";
    if (!process->owner().left()) return "BLOCKED: a process cannot leave";
  }
  return {};
}

}  // namespace certes::log::testing
