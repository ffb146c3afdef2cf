#include <algorithm>

#include "tests/fakes/memory_log/state.hpp"

namespace certes::log::memory {
namespace {

Producer* find_producer(State& state, std::uint64_t id) {
  for (const auto& producer : state.producers)
    if (producer->id == id) return producer.get();
  return nullptr;
}

MemberState* find_member(State& state, std::uint64_t process) {
  for (const auto& member : state.members)
    if (member->process == process) return member.get();
  return nullptr;
}

void serve_pick(State& state, const Cluster::Pick& pick, std::optional<std::size_t> fault_after) {
  for (const auto& picker : state.pickers) {
    const auto of = [&](const PickDesk::Asked& asked) { return asked.number == pick.number; };
    const auto run = std::find_if(picker->runs.begin(), picker->runs.end(), of);
    if (picker->process != pick.process || run == picker->runs.end()) continue;
    PickDesk::Asked asked = std::move(*run);
    picker->runs.erase(run);
    return memory::serve(state, *picker, std::move(asked), fault_after);
  }
}

}  // namespace

Cluster::Cluster(Options options) : state_(std::make_unique<State>(options)) {}
Cluster::~Cluster() = default;

std::vector<Cluster::Lane> Cluster::lanes() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<Lane> lanes;
  for (const auto& producer : state_->producers)
    for (const auto& [where, queue] : producer->lanes)
      lanes.push_back({producer->id, where.first, where.second, queue.size(), producer->gone || producer->fatal,
                       producer->process});
  return lanes;
}

void Cluster::land(const Lane& lane) {
  const std::lock_guard lock(state_->mutex);
  if (Producer* producer = find_producer(*state_, lane.appender)) state_->land(*producer, lane.topic, lane.partition);
  state_->drop_done_producers();
}

void Cluster::drop(const Lane& lane) {
  const std::lock_guard lock(state_->mutex);
  if (Producer* producer = find_producer(*state_, lane.appender)) producer->lanes.erase({lane.topic, lane.partition});
  state_->drop_done_producers();
}

void Cluster::refuse(const Lane& lane) {
  const std::lock_guard lock(state_->mutex);
  if (Producer* producer = find_producer(*state_, lane.appender)) state_->refuse(*producer, lane.topic, lane.partition);
  state_->drop_done_producers();
}

void Cluster::break_appenders(std::uint64_t process) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& producer : state_->producers)
    if (producer->process == process && !producer->gone) producer->fatal = true;
}

bool Cluster::lose_acknowledgement(std::uint64_t process) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& producer : state_->producers) {
    if (producer->process != process || producer->gone || producer->unknown >= producer->awaited) continue;
    ++producer->unknown;
    return true;
  }
  return false;
}

std::vector<Cluster::Pick> Cluster::picks() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<Pick> picks;
  for (const auto& picker : state_->pickers)
    for (const auto& asked : picker->runs)
      picks.push_back({picker->process, asked.run.topic, asked.run.partition, asked.number});
  return picks;
}

void Cluster::serve(const Pick& pick) {
  const std::lock_guard lock(state_->mutex);
  serve_pick(*state_, pick, std::nullopt);
}

void Cluster::fail_pick(const Pick& pick, std::size_t results) {
  const std::lock_guard lock(state_->mutex);
  serve_pick(*state_, pick, results);
}

std::vector<std::uint64_t> Cluster::requests() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::uint64_t> processes;
  for (const auto& member : state_->members)
    if (!member->requests.empty()) processes.push_back(member->process);
  return processes;
}

void Cluster::answer(std::uint64_t process) {
  const std::lock_guard lock(state_->mutex);
  if (MemberState* member = find_member(*state_, process)) state_->answer(*member, false);
}

void Cluster::fail_request(std::uint64_t process) {
  const std::lock_guard lock(state_->mutex);
  if (MemberState* member = find_member(*state_, process)) state_->answer(*member, true);
}

void Cluster::expire(std::uint64_t process) {
  {
    const std::lock_guard lock(state_->mutex);
    MemberState* member = find_member(*state_, process);
    if (member == nullptr || !member->in_group) return;
    state_->vacate(*member);
    member->expired = true;
    member->notices.clear();
    state_->begin_rebalance();
  }
  if (!state_->options.stepped) notify(process);
}

void Cluster::notify(std::uint64_t process) {
  const std::lock_guard lock(state_->mutex);
  MemberState* member = find_member(*state_, process);
  if (member == nullptr || !member->expired) return;
  member->expired = false;
  Notice notice{Notice::lost, {}};
  for (const auto& [partition, generation] : member->generations) notice.partitions.push_back(partition);
  member->generations.clear();
  if (!notice.partitions.empty()) member->notices.push_back(std::move(notice));
  if (member->leaving) {
    member->left = true;
  } else {
    member->in_group = true;
    state_->begin_rebalance();
  }
  if (member->wake) member->wake();
}

bool Cluster::expired(std::uint64_t process) const {
  const std::lock_guard lock(state_->mutex);
  const MemberState* member = find_member(*state_, process);
  return member != nullptr && member->expired;
}

void Cluster::kill(std::uint64_t process) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& producer : state_->producers)
    if (producer->process == process) producer->gone = true;
  MemberState* member = find_member(*state_, process);
  if (member == nullptr) return;
  const bool was_in_group = member->in_group;
  state_->vacate(*member);
  member->requests.clear();
  if (was_in_group) state_->begin_rebalance();
}

void Cluster::rebalance() {
  const std::lock_guard lock(state_->mutex);
  state_->begin_rebalance();
}

std::optional<std::uint64_t> Cluster::owner(std::int32_t partition) const {
  const std::lock_guard lock(state_->mutex);
  const MemberState* member = state_->owners.at(static_cast<std::size_t>(partition)).member;
  return member != nullptr ? std::optional(member->process) : std::nullopt;
}

void Cluster::corrupt(Topic topic, std::int32_t partition, std::int64_t offset) {
  const std::lock_guard lock(state_->mutex);
  TopicPartition& part = state_->part(topic, partition);
  if (offset < part.start || offset >= part.end()) return;
  RecordPtr& record = part.records[static_cast<std::size_t>(offset - part.start)];
  if (!record) return;
  auto damaged = std::make_shared<StoredRecord>(*record);
  for (char& byte : damaged->value) byte = static_cast<char>(byte ^ 0x55);
  record = std::move(damaged);
}

void Cluster::spoil(Topic topic, std::int32_t partition, std::int64_t offset) {
  const std::lock_guard lock(state_->mutex);
  state_->part(topic, partition).spoiled.insert(offset);
}

void Cluster::cut(Topic topic, std::int32_t partition, std::int64_t end) {
  const std::lock_guard lock(state_->mutex);
  TopicPartition& part = state_->part(topic, partition);
  while (!part.records.empty() && part.end() > end) part.records.pop_back();
}

void Cluster::commit_foreign(std::int32_t partition, Committed value) {
  const std::lock_guard lock(state_->mutex);
  state_->commits.at(static_cast<std::size_t>(partition)) = std::move(value);
}

OffsetRange Cluster::range(Topic topic, std::int32_t partition) const {
  const std::lock_guard lock(state_->mutex);
  const TopicPartition& part = state_->part(topic, partition);
  return {part.start, part.end()};
}

RecordPtr Cluster::at(Topic topic, std::int32_t partition, std::int64_t offset) const {
  const std::lock_guard lock(state_->mutex);
  const TopicPartition& part = state_->part(topic, partition);
  if (offset < part.start || offset >= part.end()) return nullptr;
  return part.records[static_cast<std::size_t>(offset - part.start)];
}

Committed Cluster::committed(std::int32_t partition) const {
  const std::lock_guard lock(state_->mutex);
  return state_->commits.at(static_cast<std::size_t>(partition));
}

std::int64_t Cluster::put(Topic topic, std::int32_t partition, Record&& record) {
  const std::lock_guard lock(state_->mutex);
  return state_->store(topic, partition, std::move(record));
}

std::shared_ptr<Cluster> make_cluster(Options options) { return std::make_shared<Cluster>(options); }

}  // namespace certes::log::memory
