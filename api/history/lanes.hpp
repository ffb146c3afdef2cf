#pragma once
// Lanes: the partitions that history reads, of events, attempts and dead letters, each with its place in the index.
// Who: Forward, Backward. Confined to the follower's thread.

#include <algorithm>
#include <array>
#include <deque>

#include "api/history/index.hpp"
#include "common/log/cursor.hpp"
#include "common/log/terms.hpp"

namespace certes::api::history {

// In the order in which a round reads them.
inline constexpr std::array kTopics = {log::Topic::events, log::Topic::attempts, log::Topic::dead_letters};

struct Lane {
  Lane(log::Log& log, log::Topic which, std::int32_t number)
      : topic(which), partition(number), cursor(log, which, number, {}, log::Cursor::Pace::patient) {}

  const log::Topic topic;
  const std::int32_t partition;
  log::Cursor cursor;
  log::Terms terms;
  Reached reached;
  std::int64_t from = 0;  // where its reading begins
  // All that was appended until then is indexed; 0: not known.
  UnixMillis until = 0;
  // The log's start and end, as they were asked for, and when.
  std::int64_t start = 0;
  std::int64_t end = log::kNoOffset;
  UnixMillis end_asked_at = 0;
};

struct Lanes {
  std::deque<Lane> all;  // partition by partition, each in the order of kTopics

  Lane& at(log::Topic topic, std::int32_t partition) {
    const auto place = std::find(kTopics.begin(), kTopics.end(), topic) - kTopics.begin();
    return all[static_cast<std::size_t>(partition) * kTopics.size() + static_cast<std::size_t>(place)];
  }
  std::int32_t partitions() const { return static_cast<std::int32_t>(all.size() / kTopics.size()); }
};

// What a record says goes into the index, if it counts.
void take(Index& index, const log::StoredRecord& record, log::Terms& terms, const Detail& detail);
// The same of a dead letter whose event is not to be indexed: what it says of itself alone.
void take_letter(Index& index, const log::StoredRecord& record, log::Terms& terms);

}  // namespace certes::api::history
