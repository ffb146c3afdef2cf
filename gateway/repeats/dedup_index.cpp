#include "gateway/repeats/dedup_index.hpp"

#include <algorithm>

namespace certes::gateway::ingest {
namespace {

std::int64_t millis(SteadyTime at) { return std::chrono::duration_cast<Millis>(at.time_since_epoch()).count(); }

}  // namespace

void DedupIndex::First::name(std::string_view certes_id, Place place) {
  std::copy(certes_id.begin(), certes_id.end(), id.begin());
  id_size = static_cast<std::uint8_t>(certes_id.size());
  partition = place.partition;
  offset = place.offset;
}

DedupIndex::DedupIndex(std::size_t max_ids, Millis window) : max_ids_(max_ids), window_(window) {
  const std::size_t shards = max_ids_ < kManyIds ? 1 : kShards;
  for (std::size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(max_ids_ / shards));
}

DedupIndex::Seen DedupIndex::begin(log::Identity identity, std::string_view certes_id, SteadyTime now, Waiter waiter) {
  Shard& its = shard(identity);
  const std::int64_t at = millis(now);
  const Lock lock(its.mutex);
  expire(its, at);
  if (const auto* known = its.known.find(identity); known && within(known->at, at))
    return {State::known, std::string(known->value.text()), known->value.partition};
  const auto [entry, fresh] = its.pending.try_emplace(identity);
  if (fresh) {
    entry->second.first_id = certes_id;
    return {State::fresh, {}};
  }
  entry->second.waiters.push_back(std::move(waiter));
  return {State::pending, entry->second.first_id};
}

void DedupIndex::settle(log::Identity identity, log::AppendOutcome outcome, Place place, SteadyTime now) {
  Pending ended;
  {
    Shard& its = shard(identity);
    const Lock lock(its.mutex);
    auto entry = its.pending.extract(identity);
    if (!entry) return;
    ended = std::move(entry.mapped());
    if (outcome == log::AppendOutcome::persisted && ended.first_id.size() <= kMostIdBytes) {
      First first;
      first.name(ended.first_id, place);
      auto* known = its.known.find(identity);
      if (known && !within(known->at, millis(now))) {
        known->value = first;
        known->at = millis(now);
      } else if (!known) {
        its.known.add(identity, first, millis(now));
      }
    }
  }
  for (const auto& waiter : ended.waiters) waiter(outcome);
}

void DedupIndex::learn(log::Identity identity, std::string_view certes_id, Place place, SteadyTime at, SteadyTime now) {
  if (certes_id.size() > kMostIdBytes || !within(millis(at), millis(now))) return;
  Shard& its = shard(identity);
  const Lock lock(its.mutex);
  expire(its, millis(now));
  First first;
  first.name(certes_id, place);
  auto* known = its.known.find(identity);
  if (!known) return its.known.add(identity, first, millis(at));
  const bool lower = known->value.partition == place.partition && place.offset < known->value.offset;
  if (lower || !within(known->at, millis(now))) {
    known->value = first;
    known->at = millis(at);
  }
}

std::size_t DedupIndex::size() const {
  std::size_t all = 0;
  for (const auto& its : shards_) {
    const Lock lock(its->mutex);
    all += its->known.size() + its->pending.size();
  }
  return all;
}

std::size_t DedupIndex::bytes() const {
  std::size_t all = 0;
  for (const auto& its : shards_) {
    const Lock lock(its->mutex);
    all += its->known.bytes();
  }
  return all;
}

void DedupIndex::expire(Shard& shard, std::int64_t now) const {
  while (shard.known.oldest() && !within(shard.known.oldest()->at, now)) shard.known.drop_oldest();
}

}  // namespace certes::gateway::ingest
