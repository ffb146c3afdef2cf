#pragma once
// Book: the open events and deliveries of the partitions that are owned: where each delivery is, what it holds there,
// and when an event is finished. Every way of waiting begins and ends here, so that lists, slots, memory and gauges
// agree. Who: core. Pure: the clock is passed in. Confined to the core loop.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/hash.hpp"
#include "dispatcher/book/ages.hpp"
#include "dispatcher/book/awaiting.hpp"
#include "dispatcher/book/delivery.hpp"
#include "dispatcher/book/pool.hpp"
#include "dispatcher/endpoint/sweep.hpp"
#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

class Book {
 public:
  // All outlive it.
  Book(Scheduler& scheduler, Sweep& sweep, AwaitingMemory& awaiting, Outcomes& outcomes, const Clock& clock);
  ~Book();
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  // Records. One is finished once its last delivery has ended, or it has none (close_if_done).
  OpenRecord& open(log::RecordPtr record, const DeliveryStates& known);
  void close_if_done(OpenRecord& open);

  // Deliveries. A new one is Unplaced; of no endpoint where nobody is to get it.
  Delivery& add(OpenRecord& open, Endpoint* endpoint);
  Delivery& add_command(OpenRecord& open, Endpoint* endpoint);
  Delivery* find(std::uint64_t id) { return deliveries_.find(id); }
  // The open command whose result has that ce_id; nothing: none.
  Delivery* command_of(std::string_view result_id);

  // The ways of waiting (ways.hpp); each leaves the place before.
  void queue(Delivery& delivery);                       // to be sent by its class
  void wait_until(Delivery& delivery, UnixMillis due);  // for its next attempt
  void await_result(Delivery& delivery, UnixMillis until);
  void hold(Delivery& delivery);  // until its partition may act
  void rest(Delivery& delivery);  // until its endpoint has rested
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
  void begin_answering(Delivery& delivery);  // both keep the slot of its request
  void begin_recording(Delivery& delivery, const Ending& ending, std::uint8_t appends);
  // Its end is recorded, or it is given up.
  void end(Delivery& delivery);
  void forget(Delivery& delivery);  // its request has ended, too

  // Partitions that go. `abort`: what is still being sent of one that is lost.
  void leave(std::int32_t partition, bool lost, const std::function<void(std::uint64_t id)>& abort);
  void stay(std::int32_t partition) { of(partition).revoking = false; }
  bool revoking(std::int32_t partition) { return of(partition).revoking; }
  void let_go_if_settled(std::int32_t partition);

  template <class Visit>
  void each_delivery(Visit visit) {
    deliveries_.for_each(visit);
  }

  std::size_t out() const { return out_.held(); }
  std::size_t memory_bytes() const { return memory_.held(); }
  std::size_t retrying(registry::Priority priority) const { return retrying_[static_cast<std::size_t>(priority)]; }
  // Append time of the oldest event of that class with a delivery that waits, or has failed and not ended; 0: none.
  UnixMillis oldest_waiting(registry::Priority priority) const;
  // How many wait, for a result too, by their endpoint's meter.
  const std::vector<std::size_t>& waiting_by_meter() const { return waiting_; }

 private:
  using HeldList = List<Waiting, NodeOf<WaitingNode>>;
  struct Partition {
    explicit Partition(Budget& all) : out(&all) {}
    Budget out;
    HeldList held;
    bool revoking = false;
  };

  Partition& of(std::int32_t partition);
  void put(Delivery& delivery, DeliveryPlace place);  // leaves the place before
  void leave_place(Delivery& delivery);               // only to be put elsewhere, or given back
  void take_from(OpenRecord& open, Delivery& delivery);
  void untrack(const Delivery& delivery);
  Out out_of(const Delivery& delivery);
  static Slot take_slot(Delivery& delivery);
  void list(Delivery& delivery);  // among those of its endpoint that wait
  void unlist(Delivery& delivery);
  std::size_t& waiting_of(const Delivery& delivery);
  void put_back(HeldList& held);
  void count_age(Delivery& delivery);  // while it waits, and from its first failure on
  void uncount_age(Delivery& delivery);
  std::uint64_t tick(SteadyTime at) const;

  Scheduler& scheduler_;
  Sweep& sweep_;
  AwaitingMemory& awaiting_;
  Outcomes& outcomes_;
  const Clock& clock_;
  const SteadyTime start_;
  Budget memory_;  // bytes
  Budget out_;     // deliveries
  TimingWheel wheel_;
  std::map<std::int32_t, Partition> partitions_;
  std::size_t retrying_[registry::kPriorities] = {};
  Ages waiting_since_[registry::kPriorities];
  std::vector<std::size_t> waiting_;                                                      // by meter
  std::unordered_map<std::string, std::uint64_t, StringHash, std::equal_to<>> commands_;  // open; by the result's ce_id
  Pool<OpenRecord> records_;
  Pool<Delivery> deliveries_;
};

}  // namespace certes::dispatcher
