#pragma once
// LogCheck: whether a partition of `events` is still the log that a manifest was written of: it compares the append
// times that are noted there with those of the records that stand at these offsets now, nearest to the position first,
// until one fits: what is the same up to there is the same below. Who: Owner. Pure; confined to one thread.

#include <cstdint>
#include <optional>
#include <vector>

#include "common/log/log.hpp"
#include "dispatcher/book/manifest.hpp"

namespace certes::dispatcher {

class LogCheck {
 public:
  enum class Verdict : std::uint8_t {
    same,
    cut,       // what stood at or above cut_at() does no more
    replaced,  // nothing is as it was
  };

  LogCheck() = default;
  // Of an index of which nothing but its position is known.
  LogCheck(std::int64_t position, log::OffsetRange range) : range_(range), differs_(position > range.end) {}
  LogCheck(const book::Manifest& manifest, log::OffsetRange range);

  // The offset of the record that is to be looked at; none: verdict() is known.
  std::optional<std::int64_t> wanted() const;
  // When the record there was appended; nothing: there is none with that offset, which says nothing.
  void found(std::optional<UnixMillis> appended_at);

  Verdict verdict() const;
  std::int64_t cut_at() const { return *fits_ + 1; }
  const log::OffsetRange& range() const { return range_; }

 private:
  void add(std::int64_t offset, const book::AppendTimes& times);

  struct Mark {
    std::int64_t offset;
    book::AppendTimes times;
  };
  log::OffsetRange range_;
  std::vector<Mark> marks_;  // the one that is to be looked at last
  bool differs_ = false;     // something that was there is not
  std::optional<std::int64_t> fits_;
};

}  // namespace certes::dispatcher
