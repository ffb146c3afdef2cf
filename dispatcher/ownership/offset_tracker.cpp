#include "dispatcher/ownership/offset_tracker.hpp"

#include <algorithm>

namespace certes::dispatcher {

void OffsetTracker::restore(std::int64_t watermark, UnixMillis before, std::int64_t position, UnixMillis last,
                            std::vector<std::int64_t> open) {
  entries_.clear();
  dead_ = 0;
  next_ = watermark;
  last_time_ = before;
  restored_ = std::max(position, watermark);
  restored_last_ = last;
  unread_.assign(std::lower_bound(open.begin(), open.end(), watermark), open.end());
}

bool OffsetTracker::read(std::int64_t offset, UnixMillis appended_at) {
  const bool skip = finished(offset);
  const UnixMillis before = last_time_;
  skip_to(offset + 1);
  last_time_ = appended_at;
  if (!skip) entries_.push_back({offset, appended_at, before, false});
  return !skip;
}

void OffsetTracker::skip_to(std::int64_t offset) {
  while (!unread_.empty() && unread_.front() < offset) unread_.pop_front();
  if (offset <= next_) return;
  next_ = offset;
  last_time_ = 0;
}

void OffsetTracker::finish(std::int64_t offset) {
  Entry* entry = const_cast<Entry*>(find(offset));
  if (entry == nullptr || entry->finished) return;
  entry->finished = true;
  ++dead_;
  while (!entries_.empty() && entries_.front().finished) {
    entries_.pop_front();
    --dead_;
  }
  if (dead_ > 64 && dead_ > entries_.size() / 2) compact();
}

void OffsetTracker::compact() {
  std::erase_if(entries_, [](const Entry& entry) { return entry.finished; });
  dead_ = 0;
}

const OffsetTracker::Entry* OffsetTracker::find(std::int64_t offset) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), offset,
                                   [](const Entry& entry, std::int64_t value) { return entry.offset < value; });
  return at != entries_.end() && at->offset == offset ? &*at : nullptr;
}

bool OffsetTracker::finished(std::int64_t offset) const {
  if (offset < next_) {
    const Entry* entry = find(offset);
    return entry == nullptr || entry->finished;
  }
  return offset < restored_ && !std::binary_search(unread_.begin(), unread_.end(), offset);
}

std::vector<std::int64_t> OffsetTracker::open_offsets() const {
  std::vector<std::int64_t> open;
  open.reserve(entries_.size() - dead_ + unread_.size());
  for (const Entry& entry : entries_)
    if (!entry.finished) open.push_back(entry.offset);
  open.insert(open.end(), unread_.begin(), unread_.end());
  return open;
}

std::int64_t OffsetTracker::count_unfinished(std::int64_t from, std::int64_t to) const {
  if (from >= to) return 0;
  const auto in_range = [from, to](std::int64_t offset) { return offset >= from && offset < to; };
  const auto read = std::count_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return !entry.finished && in_range(entry.offset); });
  const auto unread = std::count_if(unread_.begin(), unread_.end(), in_range);
  return read + unread + std::max<std::int64_t>(0, to - std::max(from, position()));
}

}  // namespace certes::dispatcher
