#pragma once
// Loader: brings what is open into memory as it can be sent, and leaves on the log what cannot: a lane holds a bounded
// number of deliveries that are ready, however many are behind them. A lane that has room wants; its wants are served
// in runs of the log's picker, one at a time for each partition, each of one class: the highest mostly. First attempts
// of a lane come in the order of the log. What was tried comes shortly before it is due (OpenIndex's calendar). What
// must end without being sent is swept: looked at from the lowest on, at the pace at which endings go to the log.
// Who: core. Confined to the core loop. Nothing blocks.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/line_limit.hpp"
#include "dispatcher/loading/arrivals.hpp"
#include "dispatcher/loading/backlogs.hpp"
#include "dispatcher/loading/hurry.hpp"
#include "dispatcher/loading/log_age.hpp"
#include "dispatcher/loading/recent.hpp"

namespace certes::dispatcher {

// What a loader is made with. All, and its options, outlive it.
struct LoaderParts {
  Book& book;
  Backlogs& backlogs;
  Commands& commands;
  Arrivals& arrivals;
  Endpoints& endpoints;
  Recorder& recorder;
  Routes& routes;
  Replies& replies;
  const Outcomes& outcomes;
  Picks& picks;
  Observer& observer;
  const Clock& clock;
};

// Of a problem that is told: what waits is asked for again.
inline constexpr std::string_view kUnreadable = "what waits cannot be read from the log: ";

class Loader {
 public:
  Loader(const CoreOptions& options, const LoaderParts& parts)
      : options_(options),
        parts_(parts),
        recent_(parts.book.memory(), std::min(options.recent_bytes, options.memory_bytes / 4)),
        hurry_(parts.book, parts.clock) {}

  // The partition's index is there. Nothing of it is loaded before the registry is known to be as new.
  void begin(std::int32_t partition);
  bool awaits_fence() const;
  void fence_asked();                  // for those that have begun
  void fenced();                       // as it was asked
  void stop(std::int32_t partition);   // nothing more of it is loaded; what is out goes on
  void leave(std::int32_t partition);  // nothing of it is in memory any more

  // A record that was routed just now has that delivery in the index: into memory with it, or let it wait on the log.
  // `match`: of the lane's endpoint; none: it is only to be ended.
  void offer(Backlog& backlog, const log::RecordPtr& record, const Match* match);
  // A record was routed: the log is as old as that.
  void routed(const log::StoredRecord& record);
  // The result of an open command is on the log.
  void answered(const Commands::At& command, const log::StoredRecord& result);

  void on_picked(const log::Picked& picked);
  // The endpoint has changed: its mode, or its limits.
  void changed(Endpoint& endpoint);
  // It has rested, or its breaker has closed: then what failed as its probe is due. True: something of a higher class
  // than others is not in memory yet, and is on its way.
  bool woke(Endpoint& endpoint);
  // Another delivery may be ended without being sent: its dead letter has the payload again until it is acknowledged,
  // which wakes the loop.
  bool may_end_more() const;
  // One round: looks what is due, asks for what is wanted.
  void step();
  std::optional<SteadyTime> next_at() const;

 private:
  static constexpr double kMemoryShare = 0.75;  // above which nothing is asked for
  enum class State : std::uint8_t { begun, asked, loading, stopped };
  enum class Want : std::uint8_t { first, due, sweep };
  struct Asked {
    std::int64_t offset;
    Backlog* backlog;
    Want want;
  };
  struct Partition {
    State state = State::begun;
    std::array<List<Backlog, NodeOf<WantingBacklogs>>, registry::kPriorities> wanting;
    std::uint64_t run = 0;     // that is out; 0: none
    Charge memory;             // of what it may bring
    std::vector<Asked> asked;  // ascending
    std::size_t next = 0;      // the first of them without an answer
    SteadyTime not_before{};
    UnixMillis due_taken = 0;  // of the calendar: up to the second of it, at most
    std::uint32_t turn = 0;
    LogAge age;
    UnixMillis expired_before = 0;  // what is open of events that were appended before has waited too long; 0: nothing
  };

  registry::Priority class_of(const Backlog& backlog) const;
  std::size_t most_ready(const Backlog& backlog) const;
  bool wants(const Backlog& backlog) const;
  bool wants_first(const Backlog& backlog) const;
  bool wants_due(const Backlog& backlog) const;
  std::size_t room_for_tried(const Backlog& backlog) const;
  void consider(Backlog& backlog);
  void resolve(Backlog& backlog);
  bool may_come(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known);
  void leave_behind(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known, bool ends);
  void put_back(Backlog& backlog, std::int64_t offset);
  static bool ends_at_once(const Backlog& backlog, const log::StoredRecord& record, const book::OpenDelivery& known);
  bool waited_too_long(const log::StoredRecord& record) const;
  UnixMillis ends_before(const Backlog& backlog) const;

  // Of ordered lanes (loader_order.cpp).
  void put_in_order(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known);
  void order_anew(Backlog& backlog);
  registry::Priority class_in_order(const Backlog& backlog) const;
  bool may_come_in_order(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known);
  bool wants_in_order(const Backlog& backlog) const;
  void collect_in_order(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out);

  void take_due(std::int32_t number, Partition& partition, book::OpenIndex& index);
  void look_for_old(std::int32_t number, Partition& partition);
  void ask(std::int32_t number, Partition& partition);
  Backlog* first_with_room(List<Backlog, NodeOf<WantingBacklogs>>& wanting, registry::Priority priority);
  bool ask_class(std::int32_t number, Partition& partition, registry::Priority priority);
  void collect(Backlog& backlog, book::OpenIndex& index, std::vector<Asked>& out);
  void collect_first(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out);
  void collect_due(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out);
  void collect_overdue(Backlog& backlog, book::OpenIndex& index, std::vector<Asked>& out);
  void collect_sweep(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out);
  void load_recent(std::vector<Asked>& asked);
  void start_run(std::int32_t number, Partition& partition, std::vector<Asked>&& asked);
  void load(const Asked& asked, const log::RecordPtr& record);
  void lost(const Asked& asked, bool damaged);
  void end_run(Partition& partition, const log::Picked& picked);
  bool is_loaded(std::int32_t partition, book::OpenPlace place) const;
  bool set_aside(const Backlog& backlog, std::int64_t offset);

  const CoreOptions& options_;
  const LoaderParts parts_;
  RecentRecords recent_;
  std::map<std::int32_t, Partition> partitions_;
  Hurry hurry_;
  std::uint64_t runs_ = 0;
  std::vector<book::OpenPlace> due_;
  bool looks_on_ = false;       // some lane has more to be looked at
  Backlog* refused_ = nullptr;  // a lane that got nothing for want of memory, in this step
  SteadyTime look_for_old_at_{};
  LineLimit told_;
};

}  // namespace certes::dispatcher
