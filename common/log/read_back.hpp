#pragma once
// ReadBack: which part of a partition's past is read again, and what bounds it: how old it may be, how many records,
// how many bytes. The newest count most. What records weigh is known only once they have come, so where the rest would
// be too much by what came so far, the reading goes on nearer to the end, and what is between stays unread.
// Who: de-duplication (Owner, a gateway's DedupFollower). Pure; confined to one thread.

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/log/record.hpp"

namespace certes::log {

class ReadBack {
 public:
  enum class Bound : std::uint8_t { none, seconds, records, bytes };
  struct Limits {
    std::size_t records = 0;
    std::size_t bytes = 64 << 20;  // and one page
  };
  struct Span {
    std::int64_t start = 0;   // the first record that is there, or not known yet
    std::int64_t window = 0;  // the first one that is young enough
    std::int64_t end = 0;     // behind the last one
  };
  ReadBack() = default;  // of nothing
  ReadBack(Limits limits, Span span);

  std::int64_t from() const { return from_; }
  std::int64_t end() const { return end_; }
  void took(const StoredRecord& record);
  // Where to read on instead of `position`; end(): nothing more. Nothing: there. Asked after each page.
  std::optional<std::int64_t> jump(std::int64_t position);

  // What has kept it from more.
  Bound bound() const { return bound_; }
  std::int64_t records() const { return records_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  std::int64_t limit_bytes_ = 0;
  std::int64_t from_ = 0, end_ = 0;
  std::int64_t records_ = 0, bytes_ = 0;  // that came
  Bound bound_ = Bound::none;
};

// The setting, for a line of the log: "deduplication.read_back_bytes"; none: "what there is".
std::string_view to_string(ReadBack::Bound bound);

}  // namespace certes::log
