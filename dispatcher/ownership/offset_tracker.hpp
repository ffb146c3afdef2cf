#pragma once
// OffsetTracker: which records of one partition of `events` were read and are not finished, so that they may finish in
// any order. It keeps the open ones (sorted by offset) instead of a bitmap of the finished ones: the same knowledge,
// but its size is that of the open records, however far the reading is ahead of the lowest of them.
// Who: Owner. Pure; confined to one thread.

#include <cstdint>
#include <deque>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

class OffsetTracker {
 public:
  // Begins anew: reading goes on at `watermark`. Of what an earlier owner had read below `position` only `open`
  // (ascending) is unfinished. `before` and `last`: append times of the records before the watermark and before the
  // position; 0: not known.
  void restore(std::int64_t watermark, UnixMillis before, std::int64_t position, UnixMillis last,
               std::vector<std::int64_t> open);

  // The record at `offset` was read; offsets rise. Those passed over do not exist. False: it was finished before.
  bool read(std::int64_t offset, UnixMillis appended_at);
  // Reading goes on at `offset`: what lies before it and was not read is gone.
  void skip_to(std::int64_t offset);
  // In any order; an offset that is not open is ignored.
  void finish(std::int64_t offset);
  bool finished(std::int64_t offset) const;

  // Everything below is finished, and was read.
  std::int64_t watermark() const { return entries_.empty() ? next_ : entries_.front().offset; }
  // Append time of the record before the watermark.
  UnixMillis before() const { return entries_.empty() ? last_time_ : entries_.front().before; }
  std::int64_t next() const { return next_; }  // the next offset to read
  // Above the last offset of which something is known: at least next().
  std::int64_t position() const { return next_ > restored_ ? next_ : restored_; }
  // Append time of the record before position(); 0: not known.
  UnixMillis last() const { return next_ >= restored_ ? last_time_ : restored_last_; }
  std::size_t open() const { return entries_.size() - dead_; }  // read and not finished
  UnixMillis oldest_open() const { return entries_.empty() ? 0 : entries_.front().appended_at; }
  // All unfinished offsets below position(), ascending: those read and those yet to be read again.
  std::vector<std::int64_t> open_offsets() const;
  // How many offsets of [from, to) are not finished.
  std::int64_t count_unfinished(std::int64_t from, std::int64_t to) const;

 private:
  struct Entry {
    std::int64_t offset;
    UnixMillis appended_at;
    UnixMillis before;  // append time of the record read before this one
    bool finished;
  };
  const Entry* find(std::int64_t offset) const;
  void compact();

  std::deque<Entry> entries_;  // ascending; the front is never finished
  std::size_t dead_ = 0;       // finished entries among them
  std::int64_t next_ = 0;
  UnixMillis last_time_ = 0;  // of the last record read
  std::int64_t restored_ = 0;
  UnixMillis restored_last_ = 0;
  std::deque<std::int64_t> unread_;  // restored open offsets at or above next_
};

}  // namespace certes::dispatcher
