#include "gateway/ingest/dedup_index.hpp"

namespace certes::gateway::ingest {

DedupIndex::Seen DedupIndex::begin(log::Identity identity, std::string_view certes_id, SteadyTime now, Waiter waiter) {
  const std::lock_guard lock(mutex_);
  expire(now);
  const auto [entry, fresh] = entries_.try_emplace(identity);
  if (fresh) {
    entry->second.first_id = certes_id;
    return {State::fresh, {}};
  }
  if (!entry->second.pending) return {State::known, entry->second.first_id};
  waiters_[identity].push_back(std::move(waiter));
  return {State::pending, entry->second.first_id};
}

void DedupIndex::settle(log::Identity identity, log::AppendOutcome outcome, SteadyTime now) {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(identity);
    if (entry == entries_.end() || !entry->second.pending) return;
    if (outcome == log::AppendOutcome::persisted) {
      entry->second.pending = false;
      ages_.push_back({identity, now});
      expire(now);
    } else {
      entries_.erase(entry);
    }
    if (auto kept = waiters_.extract(identity)) waiters = std::move(kept.mapped());
  }
  for (const auto& waiter : waiters) waiter(outcome);
}

std::size_t DedupIndex::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void DedupIndex::expire(SteadyTime now) {
  while (!ages_.empty() && (ages_.size() > max_ids_ || now - ages_.front().at >= window_)) {
    entries_.erase(ages_.front().identity);
    ages_.pop_front();
  }
}

}  // namespace certes::gateway::ingest
