#include "dispatcher/loading/backlogs.hpp"

#include <algorithm>

#include "common/registry/fate.hpp"
#include "dispatcher/loading/lane_health.hpp"

namespace certes::dispatcher {
namespace {

// In Endpoint::backlogs, in which each partition has one for each class, and one for all.
constexpr std::size_t kOrdered = registry::kPriorities, kPlaces = kOrdered + 1;
std::size_t place_of(std::int32_t partition, std::size_t lane) {
  return static_cast<std::size_t>(partition) * kPlaces + lane;
}
std::size_t place_of(const Backlog& backlog) {
  return place_of(backlog.partition, backlog.ordered ? kOrdered : static_cast<std::size_t>(backlog.priority));
}

}  // namespace

book::LaneName lane_name(const Endpoint& endpoint, registry::Priority priority) {
  const registry::Endpoint& config = endpoint.config();
  return {config.tenant, config.id, endpoint.reply ? 0 : config.created_at, priority, false};
}

book::LaneName ordered_lane_name(const Endpoint& endpoint) {
  book::LaneName name = lane_name(endpoint, registry::Priority::normal);
  name.ordered = true;
  return name;
}

KeyOrder::Entry entry_of(std::int64_t offset, const book::OpenDelivery& known) {
  return {known.key_hash.value_or(0), offset, known.priority};
}

void wait_on_log(Backlog& backlog, book::OpenIndex& index, std::int64_t offset, const book::OpenDelivery& known) {
  if (known.tried)
    index.schedule({offset, backlog.lane});
  else if (backlog.order)
    backlog.order->to_load(entry_of(offset, known));
  else
    backlog.put_back(offset);
}

Backlog* ordered_lane(const Endpoint& endpoint, std::int32_t partition) {
  const std::size_t place = place_of(partition, kOrdered);
  return place < endpoint.backlogs.size() ? endpoint.backlogs[place] : nullptr;
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
    if (backlog && backlog->endpoint) backlog->endpoint->backlogs[place_of(*backlog)] = nullptr;
  partitions_.erase(found);
}

bool is_purged(const Backlog& backlog, const log::StoredRecord& event, const book::OpenDelivery& known) {
  return book::waits(known) && fate_of(backlog.endpoint->config(), event, known.priority) == registry::Fate::purged;
}

UnixMillis doomed_before(const Backlog& backlog) {
  const registry::Endpoint& config = backlog.endpoint->config();
  if (!backlog.ordered) return doomed_before(config, backlog.priority);
  UnixMillis before = 0;
  for (int each = 0; each < registry::kPriorities; ++each)
    before = std::max(before, doomed_before(config, static_cast<registry::Priority>(each)));
  return before;
}

Backlog& Backlogs::of(std::int32_t number, Endpoint& endpoint, registry::Priority priority) {
  const std::size_t place = place_of(number, static_cast<std::size_t>(priority));
  if (place < endpoint.backlogs.size() && endpoint.backlogs[place]) return *endpoint.backlogs[place];
  return make(number, endpoint, lane_name(endpoint, priority));
}

Backlog& Backlogs::of_ordered(std::int32_t number, Endpoint& endpoint) {
  if (Backlog* const known = ordered_lane(endpoint, number)) return *known;
  return make(number, endpoint, ordered_lane_name(endpoint));
}

Backlog& Backlogs::make(std::int32_t number, Endpoint& endpoint, const book::LaneName& name) {
  Partition& partition = partitions_.at(number);
  Backlog& made = at(partition, number, partition.index->lanes().number(name));
  belongs_to(made, endpoint);
  return made;
}

bool Backlogs::older_open(const Backlog& ordered) {
  const std::size_t first = place_of(ordered.partition, 0);
  const auto& all = ordered.endpoint->backlogs;
  for (std::size_t place = first; place < first + kOrdered && place < all.size(); ++place)
    if (all[place] && all[place]->counts->open() > 0) return true;
  return false;
}

void Backlogs::put_in_order(Backlog& ordered) {
  const bool one = ordered.endpoint->config().ordering == registry::Ordering::all;
  ordered.order = std::make_unique<KeyOrder>(one, order_memory_);
  const book::OpenIndex& index = *partitions_.at(ordered.partition).index;
  index.each_in_order(ordered.lane, [&](std::int64_t offset, std::uint32_t hash, registry::Priority priority) {
    ordered.order->add({hash, offset, priority});
  });
  index.each_in_order(ordered.lane, [&](std::int64_t offset, std::uint32_t hash, registry::Priority priority) {
    ordered.order->to_load({hash, offset, priority});
  });
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
    backlog->ordered = backlog->name->ordered;
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
  const std::size_t place = place_of(backlog);
  if (endpoint.backlogs.size() <= place) endpoint.backlogs.resize(place + 1);
  endpoint.backlogs[place] = &backlog;
  backlog.endpoint = &endpoint;
  if (backlog.ordered && !backlog.order) put_in_order(backlog);
  book::LaneTable& lanes = partitions_.at(backlog.partition).index->lanes();
  learn_health(lanes.at(backlog.lane)->notes, endpoint.attempts);
  note_health(lanes, backlog.lane, endpoint.attempts);
}

}  // namespace certes::dispatcher
