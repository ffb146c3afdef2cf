#include "common/log/read_back.hpp"

#include <algorithm>

namespace certes::log {

ReadBack::ReadBack(Limits limits, Span span) : limit_bytes_(limits.bytes), end_(span.end) {
  const std::int64_t fewest = span.end - static_cast<std::int64_t>(limits.records);
  from_ = std::max({span.start, span.window, fewest});
  if (from_ > span.start) bound_ = from_ == fewest ? Bound::records : Bound::seconds;
  from_ = std::clamp(from_, std::min(span.start, end_), end_);
}

void ReadBack::took(const StoredRecord& record) {
  ++records_;
  bytes_ += static_cast<std::int64_t>(record.size());
}

std::optional<std::int64_t> ReadBack::jump(std::int64_t position) {
  if (records_ == 0 || position >= end_) return std::nullopt;
  const std::int64_t each = std::max<std::int64_t>(1, bytes_ / records_);
  const std::int64_t left = limit_bytes_ - bytes_;
  if ((end_ - position) * each <= left) return std::nullopt;
  bound_ = Bound::bytes;
  // An eighth is for those that weigh more than the ones before: the last of all must not be what is left out.
  const std::int64_t fits = left <= 0 ? 0 : (left - left / 8) / each;
  return std::max(position, end_ - fits);
}

std::string_view to_string(ReadBack::Bound bound) {
  switch (bound) {
    case ReadBack::Bound::none: break;
    case ReadBack::Bound::seconds: return "deduplication.seconds";
    case ReadBack::Bound::records: return "deduplication.read_back";
    case ReadBack::Bound::bytes: return "deduplication.read_back_bytes";
  }
  return "what there is";
}

}  // namespace certes::log
