#pragma once
// Book: the events and deliveries in memory, of the partitions that are owned: where each delivery is, and what it
// holds there. What is open stands in the partitions' indexes, whether it is in memory or not: a delivery that waits
// may leave memory at any time, and comes again when the loader brings it. Every way of waiting begins and ends here,
// so that lists, slots and memory agree. Who: core. Pure: the clock is passed in. Confined to the core loop.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/hash.hpp"
#include "dispatcher/book/delivery.hpp"
#include "dispatcher/book/open_index.hpp"
#include "dispatcher/book/pool.hpp"
#include "dispatcher/book/tenant_memory.hpp"
#include "dispatcher/endpoint/sweep.hpp"
#include "dispatcher/loading/backlog.hpp"
#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

class Book {
 public:
  // All outlive it. `memory_bytes`: what may be held, outcomes on their way to the log included.
  Book(Scheduler& scheduler, Sweep& sweep, Outcomes& outcomes, const Clock& clock, std::size_t memory_bytes);
  ~Book();
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  // The partition's index, from then on until it leaves.
  void begin(std::int32_t partition, book::OpenIndex& index);
  book::OpenIndex* index(std::int32_t partition) { return of(partition).index; }  // none: it has left
  template <class Visit>
  void each_index(Visit visit) const {
    for (const auto& [number, partition] : partitions_)
      if (partition.index != nullptr) visit(number, *partition.index);
  }

  // Records. One is in memory as long as some delivery of it is, or somebody pins it.
  // Pinned; the one that is there already, if it is. It counts as memory of that lane's tenant.
  LoadedRecord& load(log::RecordPtr record, Backlog& backlog);
  LoadedRecord* loaded(std::int32_t partition, std::int64_t offset);
  void pin(LoadedRecord& record) { ++record.loaded; }
  void unpin(LoadedRecord& record);

  // Deliveries. A new one is Unplaced; of no endpoint where nobody is to get it.
  Delivery& add(LoadedRecord& record, Backlog& backlog, Endpoint* endpoint);
  Delivery* find(std::uint64_t id) { return deliveries_.find(id); }
  static Delivery* find(const LoadedRecord& record, book::LaneNumber lane);
  // As a retry, which has no more than retries' share of the sends.
  bool is_retry(const Delivery& delivery) const;
  book::OpenPlace open_place(const Delivery& delivery) const { return {delivery.offset(), delivery.backlog->lane}; }

  // The ways of waiting (ways.hpp); each leaves the place before. The first and the third may have it leave memory.
  void wait_for_retry(Delivery& delivery, UnixMillis due);  // for its next attempt, which the index knows of
  void wait_until(Delivery& delivery, UnixMillis due);
  void await_result(Delivery& delivery, UnixMillis until);
  void queue(Delivery& delivery);  // to be sent by its class; behind what has not ended of its key
  void hold(Delivery& delivery);   // until its partition may act
  void rest(Delivery& delivery);   // until its endpoint has rested
  // On the log alone, whatever waits of the endpoint, or the one: nothing of it is sent for now.
  void set_aside(Endpoint& endpoint);
  void set_aside(Delivery& delivery);
  // What was held, in its order and before what has come since.
  void release_held();
  void release_rested(Endpoint& endpoint);

  // Takes the next that may be sent out of the scheduler, with a slot; nothing: there is none now.
  Delivery* next(SteadyTime now, Slot& slot);
  // The next whose time in the wheel is over. Its place is still what it was.
  Delivery* expire(SteadyTime now);
  std::optional<SteadyTime> next_expiry() const;

  // Out: a request, or what is being recorded.
  void begin_sending(Delivery& delivery, Slot&& slot);
  // No other worker has room; one has, and its next request is out.
  void wait_for_worker(Delivery& delivery);
  void go_on(Delivery& delivery, Seat&& seat);
  // Those that wait for a worker, the longest waiting first; the one that is visited may go elsewhere.
  template <class Visit>
  void each_between_workers(Visit visit) {
    between_workers_.for_each([&](Waiting& item) { visit(static_cast<Delivery&>(item)); });
  }
  void begin_answering(Delivery& delivery);  // both keep the slot of its request
  void begin_recording(Delivery& delivery, const Ending& ending, std::uint8_t appends);
  void remove(Delivery& delivery);  // from memory: its end is recorded, or it is given up
  void forget(Delivery& delivery);  // its request has ended, too
  void end(Delivery& delivery);     // its end is recorded: it leaves, and what waited for that may go
  // The same of one that is not in memory: what waited for it may go. `hash`: of its key.
  void ended(Backlog& backlog, std::uint32_t hash, std::int64_t offset);
  // The first of a key, where it is in memory, stands at a higher class now.
  void raise(Backlog& backlog, std::int64_t first);

  // Room in memory for what is of that lane and class: what waits of lower classes leaves for it. `share`: of all that
  // may be held. However little that is, there is room for one. A tenant that has a quarter of it or more, where there
  // are others, makes room among its own only, and leaves a quarter to those that have less; for them what it has
  // leaves whatever its class. `for_one`: where the lane has nothing in memory, those of its class that have more give
  // way.
  bool make_room(registry::Priority priority, Backlog& asking, double share = 1, bool for_one = true);
  bool is_full(double share = 1) const;
  bool is_full_for(Backlog& asking, double share) { return is_full_for(tenant_of(asking), share); }

  // Partitions that go. `abort`: what is still being sent of one that is lost.
  void leave(std::int32_t partition, bool lost, const std::function<void(std::uint64_t id)>& abort);
  bool revoking(std::int32_t partition) { return of(partition).revoking; }
  void let_go_if_settled(std::int32_t partition);
  // Partitions of which nothing is in memory any more, since the last call.
  std::vector<std::int32_t> take_left() { return std::exchange(left_, {}); }

  template <class Visit>
  void each_delivery(Visit visit) {
    deliveries_.for_each(visit);
  }
  // Lanes of which something has left a queue, since the last call.
  std::vector<Backlog*>& stirred() { return stirred_; }

  std::size_t out() const { return out_.held(); }
  std::size_t memory_bytes() const { return memory_.held(); }
  Budget& memory() { return memory_; }

 private:
  using HeldList = List<Waiting, NodeOf<WaitingNode>>;
  struct Partition {
    explicit Partition(Budget& all) : out(&all) {}
    Budget out;
    HeldList held;
    book::OpenIndex* index = nullptr;
    std::unordered_map<std::int64_t, LoadedRecord*> records;  // by offset
    bool revoking = false;
  };

  Partition& of(std::int32_t partition);
  void put(Delivery& delivery, DeliveryPlace place);  // leaves the place before
  void leave_place(Delivery& delivery);               // only to be put elsewhere, or given back
  static void name_lane(LoadedRecord& record, Delivery& delivery);
  void take_from(LoadedRecord& record, Delivery& delivery);
  Out out_of(const Delivery& delivery);
  static Slot take_slot(Delivery& delivery);
  void wait_behind(Delivery& delivery);
  void list(Delivery& delivery);  // among those that wait
  static bool is_first(const Delivery& delivery);
  static KeyOrder::Entry entry_of(const Delivery& delivery);
  Delivery* find(const Backlog& backlog, std::int64_t offset);
  void leave_last(Delivery& delivery);
  void unlist(Delivery& delivery);
  static std::size_t& ready_of(const Delivery& delivery, bool tried);
  static void enter_ready(Delivery& delivery, bool tried);
  void leave_ready(const Delivery& delivery, bool tried);
  void put_back(HeldList& held);
  void drop(Delivery& delivery);
  TenantMemory& tenant_of(Backlog& backlog);
  bool is_large(const TenantMemory& tenant) const;
  bool is_full_for(const TenantMemory& tenant, double share) const;
  Delivery* gives_way(registry::Priority priority, const Backlog& asking, const TenantMemory& tenant, bool for_one);
  Delivery* of_large_tenant();
  void may_leave(Delivery& delivery);
  static void stays(Delivery& delivery);
  bool keeps(UnixMillis due) const;
  std::uint64_t tick(SteadyTime at) const;

  Scheduler& scheduler_;
  Sweep& sweep_;
  Outcomes& outcomes_;
  const Clock& clock_;
  const std::size_t memory_bytes_;
  const SteadyTime start_;
  Budget memory_;  // bytes
  Budget out_;     // deliveries
  TimingWheel wheel_;
  HeldList between_workers_;
  std::map<std::int32_t, Partition> partitions_;
  std::unordered_map<std::string, std::unique_ptr<TenantMemory>, StringHash, std::equal_to<>> tenants_;
  TenantMemory* large_ = nullptr;  // that was found last
  SteadyTime looked_for_large_ = SteadyTime::min();
  ByClass<DroppableDeliveries> droppable_;
  std::vector<Backlog*> stirred_;
  std::vector<std::int32_t> left_;
  Pool<LoadedRecord> records_;
  Pool<Delivery> deliveries_;
};

}  // namespace certes::dispatcher
