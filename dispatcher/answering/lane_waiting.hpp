#pragma once
// What waits of one lane of a partition (an endpoint and a class): how much, where, and since when. Who: the core's
// metrics, and its answers about an endpoint. Costs what of the lane is out, which its endpoint's concurrency bounds,
// and a bounded number of looks into the index. Pure; confined to the core loop.

#include <array>
#include <cstdint>
#include <optional>

#include "dispatcher/book/book.hpp"

namespace certes::dispatcher {

// What is being sent or recorded does not wait.
struct LaneWaiting {
  std::uint64_t first_memory = 0, first_log = 0;  // for the first attempt: with their event in memory, or on the log
  std::uint64_t retry_memory = 0, retry_log = 0;  // for another one, or for the result of a command
  std::uint64_t retries() const { return retry_memory + retry_log; }
  std::uint64_t all() const { return first_memory + first_log + retries(); }
};
// By class. Of an ordered lane, what is in memory is taken to be of its highest classes.
using WaitingByClass = std::array<LaneWaiting, registry::kPriorities>;
WaitingByClass waiting_of(const Backlog& backlog, const book::OpenIndex& index);

// The oldest that waits to be sent, or has failed and not ended: its append time, 0: there is none; and its class.
// Where its event is not in memory, of the oldest of its block of 4,096 events. Where more than 64 stand before it that
// do not count, as they await a result, of one of these.
struct OldestWaiting {
  UnixMillis appended_at = 0;
  registry::Priority priority = registry::Priority::normal;
};
OldestWaiting oldest_waiting(const Backlog& backlog, const book::OpenIndex& index, Book& book);

// When the first of those that were tried, looking at no more than 64, may be tried again; nothing: there is none.
std::optional<UnixMillis> next_due(const Backlog& backlog, const book::OpenIndex& index);

// Keys of an ordered lane that wait for one that has failed, looking at no more than 64 of those that have.
struct BlockedKeys {
  std::uint64_t keys = 0;
  UnixMillis since = 0;  // the first attempt of the one that has failed for longest; 0: none
};
BlockedKeys blocked_keys(const Backlog& backlog, const book::OpenIndex& index);

}  // namespace certes::dispatcher
