#include "dispatcher/loading/recent.hpp"

#include <algorithm>
#include <utility>

namespace certes::dispatcher {
namespace {

std::size_t size_of(const log::StoredRecord& record) { return sizeof(log::StoredRecord) + record.size(); }

}  // namespace

void RecentRecords::add(const log::RecordPtr& record) {
  Entries& entries = partitions_[record->partition];
  if (!entries.empty() && entries.back().offset >= record->offset) {
    if (entries.back().offset == record->offset && entries.back().record != nullptr) ++entries.back().waiting;
    return;
  }
  entries.push_back({record->offset, ++ages_, 1, record});
  held_.grow(sizeof(Entry) + size_of(*record));
  while (held_.amount() > most_bytes_ && drop_oldest()) {
  }
}

log::RecordPtr RecentRecords::take(std::int32_t partition, std::int64_t offset) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return nullptr;
  Entries& entries = found->second;
  const auto at = std::ranges::lower_bound(entries, offset, {}, &Entry::offset);
  if (at == entries.end() || at->offset != offset || at->record == nullptr) return nullptr;
  log::RecordPtr record = at->record;
  if (--at->waiting > 0) return record;
  let_go(*at);
  while (!entries.empty() && entries.front().record == nullptr) drop_front(entries);
  return record;
}

void RecentRecords::let_go(Entry& entry) {
  held_.shrink(size_of(*entry.record));
  entry.record.reset();
}

void RecentRecords::drop_front(Entries& entries) {
  if (entries.front().record != nullptr) let_go(entries.front());
  held_.shrink(sizeof(Entry));
  entries.pop_front();
}

bool RecentRecords::drop_oldest() {
  Entries* oldest = nullptr;
  for (auto& [partition, entries] : partitions_)
    if (!entries.empty() && (oldest == nullptr || entries.front().age < oldest->front().age)) oldest = &entries;
  if (oldest == nullptr) return false;
  do drop_front(*oldest);
  while (!oldest->empty() && oldest->front().record == nullptr);
  return true;
}

void RecentRecords::leave(std::int32_t partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  while (!found->second.empty()) drop_front(found->second);
  partitions_.erase(found);
}

}  // namespace certes::dispatcher
