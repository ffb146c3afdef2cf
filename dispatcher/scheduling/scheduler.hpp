#pragma once
// Scheduler: which waiting delivery is sent next. Strict priority between the classes, with a guaranteed share of the
// sends for lower ones; within a class deficit round robin over tenants, by their weights, and within a tenant round
// robin over its endpoints; within an endpoint arrival order. An endpoint is in the rings only while it can send: it is
// open, has a free slot and a token. Of what an endpoint may have in flight, and of all slots, an eighth is for
// critical and high ones alone, where there is more than one for each of its workers: what is urgent finds a slot,
// however long the others take. Retries wait in lanes of their own; where they may go, they go before the first
// attempts of their class. The retry budget binds all of them while first attempts wait, and those of a tenant whose
// first attempts were sent in the last ten seconds always: other tenants' do not slow it down. Of the slots in all a
// quarter is kept, where there are several tenants, for those that have less than their part of it, whether something
// was ever sent to them or not: one whose endpoints hang does not hold up the others. That part is all of it for the
// largest weight of those with requests out, and as much less as another weighs less: so the weights hold where slots
// are what is scarce. No endpoint has more than a quarter where there
// are others; and of the last eighth one with requests out, none of which has worked for ten seconds, gets no more. All
// operations are O(1), amortised. Who: core. Pure: the time is passed in. Confined to one thread.

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/clock.hpp"
#include "common/base/hash.hpp"
#include "common/registry/resources.hpp"
#include "dispatcher/retry/timing_wheel.hpp"
#include "dispatcher/scheduling/busy_weights.hpp"
#include "dispatcher/scheduling/hold.hpp"
#include "dispatcher/scheduling/list.hpp"
#include "dispatcher/scheduling/retry_budget.hpp"
#include "dispatcher/scheduling/token_bucket.hpp"

namespace certes::dispatcher {

using registry::Priority;

struct WaitingNode;
class Lanes;
class Scheduler;
// Base of what waits to be sent; owned by the caller.
struct Waiting : NodeOf<WaitingNode> {
  Lanes* lanes = nullptr;  // of its endpoint, while it waits
  std::uint8_t lane = 0;
};

inline constexpr int kLanes = registry::kPriorities * 2;  // per class first attempts, retries
inline constexpr int lane_of(Priority priority, bool retry) { return static_cast<int>(priority) * 2 + (retry ? 1 : 0); }

// An endpoint, as the scheduler sees it: its queues, slots and tokens. Made by Scheduler::add.
class Lanes : Timer, public NodeOf<struct KeptBack> {
 public:
  int in_flight() const { return in_flight_; }
  int concurrency() const { return concurrency_; }
  int allowed() const { return std::min(allowed_, concurrency_); }  // at the moment
  double rate_per_second() const { return bucket_.rate(); }         // 0: no limit

 private:
  friend class Scheduler;
  friend class Slot;
  struct Tenant;
  struct TenantPlace;
  struct RingNode {};
  struct Place : NodeOf<RingNode> {  // in its tenant's ring of one lane
    Lanes* lanes = nullptr;
  };

  Scheduler* scheduler_ = nullptr;
  Tenant* tenant_ = nullptr;
  std::array<List<Waiting, NodeOf<WaitingNode>>, kLanes> queues_;
  std::array<Place, kLanes> places_;
  TokenBucket bucket_;
  int concurrency_ = 1;
  int workers_ = 1;  // that have it together
  int allowed_ = std::numeric_limits<int>::max();
  int in_flight_ = 0;
  SteadyTime worked_at_ = SteadyTime::min();
  bool open_ = true;
  int first_out_ = 0;  // the lanes below are in the rings, where something waits there
};

class Scheduler {
 public:
  struct Options {
    double lower_share = 0.1;
    double retry_share = 0.2;
    std::size_t in_flight_max = 4'096;  // slots in all; next() does not ask whether one is left
    bool reserves = false;              // slots, for what is urgent
  };
  Scheduler(Options options, SteadyTime now);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Endpoints. `remove` needs one without waiting deliveries; slots still taken are forgotten.
  // `weight`: of a tenant that has no endpoint yet; set_weight changes it.
  Lanes& add(std::string_view tenant, int weight = 1);
  // `workers`: who share the concurrency.
  void configure(Lanes& lanes, int concurrency, double rate_per_second, SteadyTime now, int workers = 1);
  // Of its concurrency, at the moment. At least one.
  void allow(Lanes& lanes, int in_flight, SteadyTime now);
  void set_open(Lanes& lanes, bool open, SteadyTime now);  // closed: nothing is sent, everything waits
  void remove(Lanes& lanes);
  // Whether there is no other tenant, with endpoints or without: then one may have all slots.
  void set_alone(bool alone) { alone_ = alone; }
  bool alone() const { return alone_ && tenants_.size() <= 1; }
  // How many sends the tenant has in its turn; nothing where it has no endpoint.
  void set_weight(std::string_view tenant, int weight);

  void push(Lanes& lanes, Waiting& item, Priority priority, bool retry, SteadyTime now);
  void push_front(Lanes& lanes, Waiting& item, Priority priority, bool retry, SteadyTime now);  // was taken, not sent
  void erase(Waiting& item);

  // The next to send, with a slot and a token of its endpoint; nothing: none can be sent now.
  Waiting* next(SteadyTime now);
  // Why nothing of that lane is sent now; where it is held by nothing, next() gives something, if anything waits there.
  // What only time has changed is brought up to it, as next() does.
  Hold hold_of(Lanes& lanes, Priority priority, bool retry, SteadyTime now);
  // One of its requests was answered as it is to be.
  void worked(Lanes& lanes, SteadyTime now);
  // Frees a slot.
  void release(Lanes& lanes, SteadyTime now);
  void release(Lanes& lanes) { release(lanes, latest_); }  // as of the latest time that was passed in
  // When next() may give something without a push or release: a token of an endpoint, or of the retry budget.
  std::optional<SteadyTime> next_at(SteadyTime now);

  std::size_t waiting(Priority priority, bool retry) const {
    return waiting_[static_cast<std::size_t>(lane_of(priority, retry))];
  }
  std::size_t waiting() const;
  std::size_t in_flight() const { return in_flight_; }

 private:
  struct Ring;
  using Tenant = Lanes::Tenant;

  int sends_below(Lanes& lanes, SteadyTime now) const;
  int reserved_of(int slots, int workers = 1) const;
  bool is_for_urgent(int lane) const;
  int most_of(const Lanes& lanes) const;
  bool has_others() const;
  bool last_slots() const;
  bool keeps_back(const Lanes& lanes, SteadyTime now) const;
  Hold endpoint_hold(Lanes& lanes, SteadyTime now);
  void let_kept_back_go(SteadyTime now);
  void update(Lanes& lanes, SteadyTime now);  // enters or leaves the rings
  bool is_full(const Tenant& tenant) const;
  std::size_t part_of(const Tenant& tenant) const;  // of the last quarter
  void hold(Tenant& tenant, std::size_t slots);     // so many from now on
  std::size_t quarter() const;                      // of all slots
  void enter(Lanes& lanes, int lane);
  void leave(Lanes& lanes, int lane);
  void wake_rated(SteadyTime now);
  bool first_attempts_wait() const;
  struct RetriesMay {  // go
    bool bound = false, free = false;
  };
  struct Turn {
    int lane = 0;
    Tenant* tenant = nullptr;  // none: nobody who may have a slot
  };
  using Tenants = List<Lanes::TenantPlace, NodeOf<Lanes::RingNode>>;
  Turn choose_class(SteadyTime now);
  Turn choose_lane(int priority, RetriesMay may) const;
  Tenant* first_in(int lane) const;
  Tenant* first_bound_in(int lane) const;  // of a lane of retries: of those whom the budget binds
  Tenant* first_of(const Tenants& tenants, int lane) const;
  Waiting* take(Turn turn, SteadyTime now);
  Tenants& ring_of(int lane, const Tenant& tenant);

  // Whom the retry budget binds (scheduler_retries.cpp).
  RetriesMay retries_may(SteadyTime now);
  std::optional<SteadyTime> retries_at(SteadyTime now);
  void sent_first(Tenant& tenant, SteadyTime now);
  void set_bound(Tenant& tenant, bool bound);
  void let_free(SteadyTime now);
  std::uint64_t tick(SteadyTime at) const;

  Options options_;
  SteadyTime start_, latest_;
  RetryBudget retries_;
  std::unordered_map<std::string, std::unique_ptr<Tenant>, StringHash, std::equal_to<>> tenants_;
  std::unordered_map<const Lanes*, std::unique_ptr<Lanes>> endpoints_;
  std::unique_ptr<std::array<Ring, kLanes>> rings_;
  std::array<std::size_t, kLanes> waiting_{};
  TimingWheel rated_;                               // endpoints that wait for a token
  List<Lanes, NodeOf<struct KeptBack>> kept_back_;  // that get nothing of the last slots
  TimingWheel bound_;                               // tenants whose retries the budget binds
  std::size_t in_flight_ = 0;
  BusyWeights busy_;  // of tenants with requests out
  bool alone_ = true;
  double lower_credit_ = 0;
  int lower_turn_ = 0;  // the class that had the last turn of the lower ones' share
};

}  // namespace certes::dispatcher
