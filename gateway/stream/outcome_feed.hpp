#pragma once
// OutcomeFeed: reads `attempts` for those who wait for what becomes of an event (Prefer: wait), and only the partitions
// where such an event lies. The end of each is noted before the event is appended, and reading begins there, so that
// nothing about it is missed and no clock is asked.
// Who: Tail. Confined to its thread; expect blocks for the log's offsets now and then, the rest does not.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/log/cursor.hpp"
#include "common/log/terms.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/stream/outcomes.hpp"
#include "gateway/stream/positions.hpp"

namespace certes::gateway::stream {

using WaiterId = std::uint64_t;

// What a waiter is told, once.
struct Verdict {
  WaiterId waiter = 0;
  bool over = false;        // what became of the event is known
  std::string_view status;  // "delivered", "failed", "unmatched", "accepted"
  std::string json;         // as Outcomes::json; empty: nothing is known
};

struct Waiter {
  WaiterId id = 0;
  std::string event_id;
  UnixMillis until = 0;                 // what is due later is not waited for
  std::function<void(bool)> ready;      // on the tail's thread: append it now; false: it is not waited for
  std::function<void(Verdict&&)> tell;  // on the tail's thread
};

class OutcomeFeed {
 public:
  // Of endpoints' answers; what is above is left out, and counted.
  struct Limits {
    std::size_t waiter_bytes = 64u << 10;   // that one waiter is shown
    std::size_t waiters_bytes = 32u << 20;  // that all of them are
    metrics::Counter cut{};
  };
  OutcomeFeed(log::Log& log, log::Wake wake, Limits limits) : log_(log), wake_(std::move(wake)), limits_(limits) {}

  void expect(Waiter waiter);
  // Its event is on the log, there: from now on it may be told.
  void accepted(WaiterId id, std::int32_t partition);
  void give_up(WaiterId id);  // is told what is known
  void forget(WaiterId id);   // is told nothing
  void end();                 // all are told what is known, and nobody waits from now on
  // Reads what there is. True: there may be more at once.
  bool round();
  bool reading() const { return !waiting_.empty(); }

 private:
  struct Waiting {
    Waiter waiter;
    std::shared_ptr<const Positions> ends;  // of attempts, before the event was appended
    std::int32_t partition = log::kAnyPartition;
    Outcomes outcomes;
  };
  struct Lane {
    explicit Lane(log::Cursor at) : cursor(std::move(at)) {}
    log::Cursor cursor;
    log::Terms terms;
    std::size_t waiters = 0;
  };
  using WaitingById = std::map<WaiterId, Waiting>;

  std::shared_ptr<const Positions> ends();
  bool read(std::int32_t partition, Lane& lane);
  void take(const log::StoredRecord& record, Lane& lane);
  void check(WaitingById::iterator at);
  void tell(WaitingById::iterator at);
  void drop(WaitingById::iterator at);

  log::Log& log_;
  const log::Wake wake_;
  Limits limits_;
  std::size_t bytes_ = 0;  // of answers that are kept
  WaitingById waiting_;
  std::map<std::string, WaiterId, std::less<>> by_event_;
  std::map<std::int32_t, Lane> lanes_;  // by partition
  std::shared_ptr<const Positions> ends_;
  Positions starts_;  // as old as ends_
  SteadyTime ends_at_{}, failed_at_{};
  std::vector<log::RecordPtr> page_;
  bool ended_ = false;
};

}  // namespace certes::gateway::stream
