#pragma once
// Backlogs: the lanes of the partitions that are owned, as the core loads them: found by number, or by their endpoint
// and class. Who: intake and loader. Confined to the core loop.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "dispatcher/book/open_index.hpp"
#include "dispatcher/endpoint/endpoint.hpp"
#include "dispatcher/loading/backlog.hpp"

namespace certes::dispatcher {

class Backlogs {
 public:
  // From then on, until it leaves. The index outlives that.
  void begin(std::int32_t partition, book::OpenIndex& index);
  void leave(std::int32_t partition);
  bool has(std::int32_t partition) const { return partitions_.contains(partition); }

  // The lane of an endpoint and a class, which the index gets if it has none. Precondition: the partition has begun.
  Backlog& of(std::int32_t partition, Endpoint& endpoint, registry::Priority priority);
  // The same of an ordered endpoint, for all classes.
  Backlog& of_ordered(std::int32_t partition, Endpoint& endpoint);
  // Of an ordered endpoint: what is open in its other lanes there is older, and goes before.
  static bool older_open(const Backlog& ordered);
  // What is open of an ordered lane stands in its order from then on. Precondition: it has an endpoint.
  void put_in_order(Backlog& ordered);
  // What nobody gets.
  Backlog& of_nobody(std::int32_t partition);
  Backlog& at(std::int32_t partition, book::LaneNumber lane);
  static bool any_open(const Endpoint& endpoint);
  // An endpoint that is about to be no more: what is open of it is only ended.
  static void part_with(Endpoint& endpoint);
  void belongs_to(Backlog& backlog, Endpoint& endpoint);

  // Memory of all orders.
  std::size_t order_bytes() const { return order_memory_.held(); }

  template <class Visit>
  void for_each(std::int32_t partition, Visit visit) const {
    for (const auto& backlog : partitions_.at(partition).lanes)
      if (backlog) visit(*backlog);
  }

 private:
  struct Partition {
    book::OpenIndex* index = nullptr;
    std::vector<std::unique_ptr<Backlog>> lanes;  // by number
  };
  static Backlog& at(Partition& partition, std::int32_t number, book::LaneNumber lane);
  Backlog& make(std::int32_t number, Endpoint& endpoint, const book::LaneName& name);

  Budget order_memory_;  // before what is charged to it
  std::map<std::int32_t, Partition> partitions_;
};

// Its endpoint is no more, or there never was one: what is open is only ended.
bool is_gone(const Backlog& backlog);
// Something is sent to its endpoint.
bool takes(const Backlog& backlog);
// Of an endpoint's lane: fate.hpp, of all its classes.
UnixMillis doomed_before(const Backlog& backlog);
// What is known of a delivery of its, which has an endpoint, comes to nothing: its endpoint was purged of it.
bool is_purged(const Backlog& backlog, const log::StoredRecord& event, const book::OpenDelivery& known);

// In its order, as the index knows it.
KeyOrder::Entry entry_of(std::int64_t offset, const book::OpenDelivery& known);
// It is not in memory, or no more: it comes again when it is due, or when it is its turn.
void wait_on_log(Backlog& backlog, book::OpenIndex& index, std::int64_t offset, const book::OpenDelivery& known);

// The lane's name in every index.
book::LaneName lane_name(const Endpoint& endpoint, registry::Priority priority);
book::LaneName ordered_lane_name(const Endpoint& endpoint);
// The endpoint's ordered lane in that partition; none: nothing was ever in it.
Backlog* ordered_lane(const Endpoint& endpoint, std::int32_t partition);

}  // namespace certes::dispatcher
