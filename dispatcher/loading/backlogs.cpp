#include "dispatcher/loading/backlogs.hpp"

#include <algorithm>

#include "dispatcher/endpoint/fate.hpp"
#include "dispatcher/loading/lane_health.hpp"

namespace certes::dispatcher {
namespace {

std::size_t place_of(std::int32_t partition, registry::Priority priority) {
  return static_cast<std::size_t>(partition) * registry::kPriorities + static_cast<std::size_t>(priority);
}

}  // namespace

book::LaneName lane_name(const Endpoint& endpoint, registry::Priority priority) {
  const registry::Endpoint& config = endpoint.config();
  return {config.tenant, config.id, endpoint.reply ? 0 : config.created_at, priority, false};
}

bool is_gone(const Backlog& backlog) { return backlog.endpoint == nullptr || backlog.endpoint->mode == Mode::deleted; }

bool takes(const Backlog& backlog) { return backlog.endpoint != nullptr && takes(backlog.endpoint->mode); }

void Backlogs::begin(std::int32_t number, book::OpenIndex& index) {
  Partition& partition = partitions_[number];
  partition.index = &index;
  index.lanes().for_each([&](book::LaneNumber lane, const book::Lane& known) {
    if (known.counts.open() > 0) at(partition, number, lane);
  });
}

void Backlogs::leave(std::int32_t number) {
  const auto found = partitions_.find(number);
  if (found == partitions_.end()) return;
  for (const auto& backlog : found->second.lanes)
    if (backlog && backlog->endpoint) backlog->endpoint->backlogs[place_of(number, backlog->priority)] = nullptr;
  partitions_.erase(found);
}

bool is_purged(const Backlog& backlog, const log::StoredRecord& event, const book::OpenDelivery& known) {
  return book::waits(known) && fate_of(backlog.endpoint->config(), event, backlog.priority) == Fate::purged;
}

Backlog& Backlogs::of(std::int32_t number, Endpoint& endpoint, registry::Priority priority) {
  const std::size_t place = place_of(number, priority);
  if (place < endpoint.backlogs.size() && endpoint.backlogs[place]) return *endpoint.backlogs[place];
  Partition& partition = partitions_.at(number);
  Backlog& made = at(partition, number, partition.index->lanes().number(lane_name(endpoint, priority)));
  belongs_to(made, endpoint);
  return made;
}

Backlog& Backlogs::of_nobody(std::int32_t number) {
  Partition& partition = partitions_.at(number);
  return at(partition, number, partition.index->lanes().number({"", std::string(kNobody), 0}));
}

Backlog& Backlogs::at(std::int32_t number, book::LaneNumber lane) { return at(partitions_.at(number), number, lane); }

Backlog& Backlogs::at(Partition& partition, std::int32_t number, book::LaneNumber lane) {
  if (partition.lanes.size() <= lane) partition.lanes.resize(lane + 1);
  auto& backlog = partition.lanes[lane];
  if (!backlog) {
    backlog = std::make_unique<Backlog>();
    backlog->partition = number;
    backlog->lane = lane;
    const book::Lane& known = *partition.index->lanes().at(lane);
    backlog->name = &known.name;
    backlog->counts = &known.counts;
    backlog->priority = backlog->name->priority;
  }
  return *backlog;
}

bool Backlogs::any_open(const Endpoint& endpoint) {
  return std::ranges::any_of(endpoint.backlogs, [](const Backlog* one) { return one && one->counts->open() > 0; });
}

void Backlogs::part_with(Endpoint& endpoint) {
  for (Backlog* const backlog : endpoint.backlogs)
    if (backlog) backlog->endpoint = nullptr;
  endpoint.backlogs.clear();
}

void Backlogs::belongs_to(Backlog& backlog, Endpoint& endpoint) {
  const std::size_t place = place_of(backlog.partition, backlog.priority);
  if (endpoint.backlogs.size() <= place) endpoint.backlogs.resize(place + 1);
  endpoint.backlogs[place] = &backlog;
  backlog.endpoint = &endpoint;
  book::LaneTable& lanes = partitions_.at(backlog.partition).index->lanes();
  learn_health(lanes.at(backlog.lane)->notes, endpoint.attempts);
  note_health(lanes, backlog.lane, endpoint.attempts);
}

}  // namespace certes::dispatcher
