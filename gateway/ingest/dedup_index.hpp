#pragma once
// DedupIndex: which (source, id) a gateway has accepted, for engines that cannot tell by themselves
// (Log::exact_deduplication). Bounded by number and time. An entry is pending while its append is; a repeat then shares
// its fate, and a failed append is forgotten. Who: ingest, one for all loops of a gateway. Any thread: one mutex, held
// for a look-up; waiters are called without it.

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.hpp"
#include "common/log/log.hpp"

namespace certes::gateway::ingest {

class DedupIndex {
 public:
  // Called once, by the thread that settles the first one's append.
  using Waiter = std::function<void(log::AppendOutcome outcome)>;
  enum class State {
    fresh,    // not seen: now pending, to be settled by the caller
    pending,  // the waiter was kept
    known,    // accepted before
  };
  struct Seen {
    State state;
    std::string first_id;  // certes-id of the first; empty if fresh
  };

  DedupIndex(std::size_t max_ids, Millis window) : max_ids_(max_ids), window_(window) {}
  Seen begin(log::Identity identity, std::string_view certes_id, SteadyTime now, Waiter waiter);
  void settle(log::Identity identity, log::AppendOutcome outcome, SteadyTime now);
  std::size_t size() const;

 private:
  struct Hash {
    std::size_t operator()(log::Identity id) const { return static_cast<std::size_t>(id.high ^ id.low); }
  };
  struct Entry {
    std::string first_id;
    bool pending = true;
  };
  struct Age {
    log::Identity identity;
    SteadyTime at;
  };
  void expire(SteadyTime now);

  const std::size_t max_ids_;
  const Millis window_;
  mutable std::mutex mutex_;  // guards all below
  std::unordered_map<log::Identity, Entry, Hash> entries_;
  std::unordered_map<log::Identity, std::vector<Waiter>, Hash> waiters_;
  std::deque<Age> ages_;  // of those not pending, oldest first
};

}  // namespace certes::gateway::ingest
