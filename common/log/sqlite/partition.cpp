#include "common/log/sqlite/partition.hpp"

#include <algorithm>

namespace certes::log::sqlite {
namespace {

// What a record costs in memory beyond its bytes.
constexpr std::size_t kOverhead = 256;

}  // namespace

std::string table_name(Topic topic, std::int32_t partition) {
  std::string name(to_string(topic));
  std::replace(name.begin(), name.end(), '-', '_');
  return name + "_" + std::to_string(partition);
}

Partition::Partition(Topic its_topic, std::int32_t its_number, OffsetRange range, std::size_t recent_bytes)
    : topic(its_topic),
      number(its_number),
      table(table_name(its_topic, its_number)),
      recent_limit_(recent_bytes),
      range_(range),
      next_(range.end) {}

OffsetRange Partition::range() const {
  const Lock lock(mutex_);
  return range_;
}

Partition::Tail Partition::read(std::int64_t position, std::size_t max, std::vector<RecordPtr>& out,
                                const std::shared_ptr<Watch>& watch) {
  const Lock lock(mutex_);
  Tail tail{range_, true, 0, position};
  if (position < range_.start || position > range_.end) return tail;
  const std::int64_t oldest = range_.end - static_cast<std::int64_t>(recent_.size());
  if (position < oldest) {
    tail.served = false;
    return tail;
  }
  const auto first = recent_.begin() + (position - oldest);
  auto at = first;
  for (; at != recent_.end() && (tail.count < max || !*at); ++at) {
    if (!*at) continue;
    out.push_back(*at);
    ++tail.count;
  }
  tail.next = position + (at - first);
  if (tail.next == range_.end) watch->armed = true;
  return tail;
}

void Partition::watch(std::shared_ptr<Watch> watch) {
  const Lock lock(mutex_);
  watches_.push_back(std::move(watch));
}

void Partition::unwatch(const std::shared_ptr<Watch>& watch) {
  const Lock lock(mutex_);
  std::erase(watches_, watch);
}

void Partition::wake_all() {
  std::vector<std::shared_ptr<Watch>> all;
  {
    const Lock lock(mutex_);
    all = watches_;
  }
  for (const auto& each : all) each->waker.ring();
}

void Partition::append(RecordPtr record) {
  ++next_;
  appended_.push_back(std::move(record));
}

std::vector<std::shared_ptr<Watch>> Partition::take_armed() {
  std::vector<std::shared_ptr<Watch>> armed;
  for (const auto& each : watches_)
    if (std::exchange(each->armed, false)) armed.push_back(each);
  return armed;
}

void Partition::publish() {
  std::vector<RecordPtr> old;  // freed without the lock
  std::vector<std::shared_ptr<Watch>> armed;
  {
    const Lock lock(mutex_);
    for (RecordPtr& record : appended_) {
      recent_bytes_ += record->size() + kOverhead;
      recent_.push_back(std::move(record));
    }
    range_.end = next_;
    while (!recent_.empty() && (recent_bytes_ > recent_limit_ || !recent_.front())) {
      drop(recent_.front(), old);
      recent_.pop_front();
    }
    armed = take_armed();
  }
  appended_.clear();
  for (const auto& each : armed) each->waker.ring();
}

void Partition::drop(RecordPtr& record, std::vector<RecordPtr>& to) {
  if (!record) return;
  recent_bytes_ -= record->size() + kOverhead;
  to.push_back(std::move(record));
  record = nullptr;
}

void Partition::forget(const OffsetRange& erased) {
  std::vector<RecordPtr> old;
  const Lock lock(mutex_);
  const std::int64_t oldest = range_.end - static_cast<std::int64_t>(recent_.size());
  for (std::int64_t offset = std::max(erased.start, oldest); offset < std::min(erased.end, range_.end); ++offset)
    drop(recent_[static_cast<std::size_t>(offset - oldest)], old);
}

void Partition::discard() {
  appended_.clear();
  const Lock lock(mutex_);
  next_ = range_.end;
}

void Partition::set_start(std::int64_t start) {
  const Lock lock(mutex_);
  range_.start = start;
}

}  // namespace certes::log::sqlite
