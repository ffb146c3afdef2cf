#include "dispatcher/ownership/log_check.hpp"

#include <algorithm>

namespace certes::dispatcher {

LogCheck::LogCheck(const book::Manifest& manifest, log::OffsetRange range) : LogCheck(manifest.position, range) {
  add(manifest.watermark_times.offset, manifest.watermark_times.times);
  for (const book::Landmark& landmark : manifest.landmarks) {
    book::AppendTimes times;
    times.include(landmark.appended_at);
    add(landmark.offset, times);
  }
  std::stable_sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) { return a.offset < b.offset; });
}

// One below the log's start says nothing.
void LogCheck::add(std::int64_t offset, const book::AppendTimes& times) {
  if (offset < range_.start || !times.known()) return;
  if (offset >= range_.end)
    differs_ = true;
  else
    marks_.push_back({offset, times});
}

std::optional<std::int64_t> LogCheck::wanted() const {
  if (fits_ || marks_.empty()) return std::nullopt;
  return marks_.back().offset;
}

void LogCheck::found(std::optional<UnixMillis> appended_at) {
  const Mark mark = marks_.back();
  marks_.pop_back();
  if (!appended_at) return;
  if (*appended_at >= mark.times.lowest && *appended_at <= mark.times.highest)
    fits_ = mark.offset;
  else
    differs_ = true;
}

LogCheck::Verdict LogCheck::verdict() const {
  if (!differs_) return Verdict::same;
  return fits_ ? Verdict::cut : Verdict::replaced;
}

}  // namespace certes::dispatcher
