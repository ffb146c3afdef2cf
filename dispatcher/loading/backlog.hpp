#pragma once
// Backlog: one lane of a partition's index (an endpoint and a priority class) as the core loads it: how far loading has
// come, and how much of it is in memory. Who: book, intake, loader. Plain values; confined to the core loop.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "dispatcher/book/key_order.hpp"
#include "dispatcher/book/lanes.hpp"
#include "dispatcher/scheduling/list.hpp"

namespace certes::dispatcher {

struct Delivery;
struct Endpoint;
struct EndpointDeliveries;
struct TenantMemory;
struct WantingBacklogs;

// What was tried is loaded so long before it is due, and so stays in memory where that is soon.
inline constexpr Millis kLoadedBefore{2'000};

struct Backlog : NodeOf<WantingBacklogs> {
  std::int32_t partition = 0;
  book::LaneNumber lane = 0;
  registry::Priority priority = registry::Priority::normal;
  bool ordered = false;                      // a lane of all classes; `priority` says nothing then
  const book::LaneName* name = nullptr;      // these two: in the index
  const book::LaneCounts* counts = nullptr;  // of what is open
  TenantMemory* tenant = nullptr;            // the book's; none: it was not asked yet
  Endpoint* endpoint = nullptr;              // none: nobody, or an endpoint that is no more: what is open is only ended

  // Of an ordered lane, whose turn it is; none: it has no endpoint yet, or is not ordered.
  std::unique_ptr<KeyOrder> order;

  // First attempts, in the order of the log. Of an ordered lane only `ready`.
  std::int64_t from = 0;  // what is untried below is in memory, or was given up
  bool behind = false;    // something untried may stand at or above
  std::size_t ready = 0;  // in memory, and waiting to be sent

  // What was tried, and is due.
  std::vector<std::int64_t> due;  // the calendar's, to be loaded; few
  std::int64_t tried_from = 0;    // with `overdue`: from there on
  bool overdue = false;           // more may be due than `due` names
  std::size_t ready_tried = 0;    // in memory, and waiting to be sent

  // Whatever is open is looked at, and ended where it must be.
  std::optional<std::int64_t> sweep;  // from there on

  // What was tried is looked through, to be made due (hurry.hpp).
  std::optional<std::int64_t> hurry;  // from there on
  UnixMillis hurried_for = 0;         // the retry that this is for, or was

  registry::Priority listed = registry::Priority::normal;  // the class of those that want, where it is among them
  std::size_t asked = 0;                                   // on their way from the log
  bool elsewhere = false;  // while it is looked for what was read a moment ago: the next is not

  std::size_t in_wheel[2] = {};                         // in memory, until their time comes: not tried, tried
  List<Delivery, NodeOf<EndpointDeliveries>> out = {};  // being sent, or recorded

  std::size_t in_memory() const { return ready + ready_tried; }
  // An untried one has left memory, or did not come.
  void put_back(std::int64_t offset) {
    if (!behind || offset < from) from = offset;
    behind = true;
  }
  void look_for_due(std::int64_t offset) {
    if (!overdue || offset < tried_from) tried_from = offset;
    overdue = true;
  }
  void sweep_from(std::int64_t offset) {
    if (!sweep || offset < *sweep) sweep = offset;
  }
  bool is_behind() const { return behind || overdue || sweep || !due.empty() || (order && order->next_to_load()); }
};

}  // namespace certes::dispatcher
