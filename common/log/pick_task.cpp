#include "common/log/pick_task.hpp"

#include <algorithm>

namespace certes::log {

bool are_runs(const std::vector<OffsetRange>& ranges) {
  std::int64_t from = 0;
  for (const OffsetRange& range : ranges) {
    if (range.start < from || range.end <= range.start) return false;
    from = range.end;
  }
  return true;
}

OffsetRange PickTask::piece(std::int64_t max_gap) const {
  OffsetRange piece{next_, run_.wanted[at_].end};
  for (std::size_t i = at_ + 1; i < run_.wanted.size() && run_.wanted[i].start - piece.end <= max_gap; ++i)
    piece.end = run_.wanted[i].end;
  return piece;
}

void PickTask::list(std::size_t max, std::int64_t limit, std::vector<std::int64_t>& out) const {
  for (std::size_t i = at_; i < run_.wanted.size(); ++i)
    for (std::int64_t offset = std::max(next_, run_.wanted[i].start); offset < run_.wanted[i].end; ++offset) {
      if (out.size() >= max || offset >= limit) return;
      out.push_back(offset);
    }
}

bool PickTask::wants(std::int64_t offset) const {
  const auto after = std::upper_bound(run_.wanted.begin() + static_cast<std::ptrdiff_t>(at_), run_.wanted.end(), offset,
                                      [](std::int64_t o, const OffsetRange& range) { return o < range.end; });
  return !ended_ && after != run_.wanted.end() && offset >= std::max(next_, after->start);
}

void PickTask::below(std::int64_t offset, PickFate fate) {
  while (!ended_ && next_ < offset) add(next_, fate);
}

void PickTask::read(RecordPtr record) {
  const std::int64_t offset = record->offset;
  gone_below(offset);
  if (ended_ || offset != next_) return;
  bytes_ += record->size();
  add(offset, PickFate::record, std::move(record));
}

void PickTask::add(std::int64_t offset, PickFate fate, RecordPtr record) {
  results_.push_back({run_.id, run_.topic, run_.partition, offset, fate, std::move(record), std::nullopt});
  ++given_;
  advance();
}

void PickTask::advance() {
  if (++next_ == run_.wanted[at_].end) {
    if (++at_ == run_.wanted.size()) {
      ended_ = true;
      results_.push_back({run_.id, run_.topic, run_.partition, next_, PickFate::done, nullptr, std::nullopt});
      return;
    }
    next_ = run_.wanted[at_].start;
  }
  if (given_ >= run_.max_results || bytes_ >= run_.max_bytes) again(std::nullopt);
}

void PickTask::again(std::optional<Error> error) {
  if (ended_) return;
  ended_ = true;
  results_.push_back({run_.id, run_.topic, run_.partition, next_, PickFate::again, nullptr, std::move(error)});
}

void PickTask::check_time(SteadyTime now) {
  if (given_ == 0) return;
  if (!since_) since_ = now;
  if (run_.max_time > Millis{0} && now - *since_ >= run_.max_time) again(std::nullopt);
}

}  // namespace certes::log
