#include "tests/fakes/memory_log/state.hpp"

#include <algorithm>
#include <optional>

namespace certes::log::memory {

State::State(Options o)
    : options(o),
      clock(o.clock != nullptr ? *o.clock : system_clock),
      topics(static_cast<std::size_t>(kTopics * o.partitions)),
      owners(static_cast<std::size_t>(o.partitions)),
      commits(static_cast<std::size_t>(o.partitions)) {}

TopicPartition& State::part(Topic topic, std::int32_t partition) {
  return topics.at(static_cast<std::size_t>(static_cast<std::int32_t>(topic) * options.partitions + partition));
}

std::int64_t State::store(Topic topic, std::int32_t partition, Record&& record) {
  TopicPartition& to = part(topic, partition);
  auto stored = std::make_shared<StoredRecord>();
  stored->topic = topic;
  stored->partition = partition;
  stored->offset = to.end();
  stored->appended_at = clock.unix_millis();
  stored->key = std::move(record.key);
  stored->headers = std::move(record.headers);
  stored->value = std::move(record.value);
  const std::int64_t offset = stored->offset;
  to.records.push_back(std::move(stored));
  for (const Wake* wake : readers)
    if (*wake) (*wake)();
  return offset;
}

namespace {

// The first that was queued there.
std::optional<Queued> take_first(Producer& producer, Topic topic, std::int32_t partition) {
  const auto lane = producer.lanes.find({topic, partition});
  if (lane == producer.lanes.end()) return std::nullopt;
  Queued queued = std::move(lane->second.front());
  lane->second.pop_front();
  if (lane->second.empty()) producer.lanes.erase(lane);
  return queued;
}

}  // namespace

void State::land(Producer& producer, Topic topic, std::int32_t partition) {
  auto queued = take_first(producer, topic, partition);
  if (!queued) return;
  const std::int64_t offset = store(topic, partition, std::move(queued->record));
  acknowledge(producer, {queued->sequence, offset, partition});
}

void State::refuse(Producer& producer, Topic topic, std::int32_t partition) {
  if (const auto queued = take_first(producer, topic, partition))
    acknowledge(producer, {queued->sequence, kNoOffset, partition});
}

void State::acknowledge(Producer& producer, const Acknowledgement& what) {
  if (producer.gone || producer.fatal) return;
  producer.done.push_back(what);
  if (producer.wake) producer.wake();
}

void State::drop_done_producers() {
  std::erase_if(producers, [](const auto& producer) { return producer->gone && producer->lanes.empty(); });
}

void State::answer(MemberState& member, bool fail_it) {
  if (member.requests.empty()) return;
  Request request = std::move(member.requests.front());
  member.requests.pop_front();
  const auto p = static_cast<std::size_t>(request.partition);
  const bool owned = owners[p].member == &member && owners[p].generation == request.generation;
  Result<Committed> result;
  if (fail_it) {
    result = fail(Code::unavailable, "the coordinator does not answer");
  } else if (!owned && !(options.unfenced && request.value)) {
    result = fail(Code::conflict, "the partition is not this member's");
  } else {
    if (request.value) commits[p] = *request.value;
    result = commits[p];
  }
  member.replies.push_back([done = std::move(request.done), result] { done(result); });
  if (member.wake) member.wake();
}

void State::begin_rebalance() {
  rebalancing = true;
  std::map<MemberState*, std::vector<std::int32_t>> revoked;
  for (std::size_t p = 0; p < owners.size(); ++p) {
    if (owners[p].member == nullptr || owners[p].revoking) continue;
    owners[p].revoking = true;
    revoked[owners[p].member].push_back(static_cast<std::int32_t>(p));
  }
  for (auto& [member, partitions] : revoked) {
    member->notices.push_back({Notice::revoked, std::move(partitions)});
    if (member->wake) member->wake();
  }
  settle_rebalance();
}

void State::settle_rebalance() {
  for (const auto& member : members) finish_leaving(*member);
  if (!rebalancing) return;
  if (std::any_of(owners.begin(), owners.end(), [](const PartitionOwner& o) { return o.member != nullptr; })) return;
  rebalancing = false;
  assign_all();
}

void State::assign_all() {
  std::vector<MemberState*> group;
  for (const auto& member : members)
    if (member->in_group && !member->leaving) group.push_back(member.get());
  if (group.empty()) return;
  std::map<MemberState*, std::vector<std::int32_t>> assigned;
  for (std::size_t p = 0; p < owners.size(); ++p) {
    MemberState* member = group[p * group.size() / owners.size()];
    owners[p] = {member, next_generation++, false};
    assigned[member].push_back(static_cast<std::int32_t>(p));
  }
  for (auto& [member, partitions] : assigned) {
    for (const std::int32_t p : partitions) member->generations[p] = owners[static_cast<std::size_t>(p)].generation;
    member->notices.push_back({Notice::assigned, std::move(partitions)});
    if (member->wake) member->wake();
  }
}

void State::vacate(MemberState& member) {
  for (PartitionOwner& owner : owners)
    if (owner.member == &member) owner = {};
  member.in_group = false;
}

void State::finish_leaving(MemberState& member) {
  if (!member.leaving || member.left) return;
  if (std::any_of(owners.begin(), owners.end(), [&](const PartitionOwner& o) { return o.member == &member; })) return;
  member.left = true;
  member.in_group = false;
  if (member.wake) member.wake();
}

Result<std::size_t> read_from(const TopicPartition& part, std::int64_t& position, std::size_t max,
                              std::vector<RecordPtr>& out) {
  if (position < part.start) return fail(Code::not_found, "the position is below the log's start");
  if (position > part.end()) return fail(Code::not_found, "the position is beyond the log's end");
  std::size_t count = 0;
  for (; position < part.end() && count < max; ++position) {
    const RecordPtr& record = part.records[static_cast<std::size_t>(position - part.start)];
    if (!record || part.spoiled.contains(position)) continue;
    out.push_back(record);
    ++count;
  }
  return count;
}

}  // namespace certes::log::memory
