#pragma once
// Owner: what makes a dispatcher the safe owner of partitions of `events`. It stands between the core loop and the log:
// takes terms, makes the index of what is open again from the checkpoint and the tails when a partition is assigned,
// stamps and appends every outcome, tells the index what is acknowledged, checkpoints and commits it, and lets go on a
// revoke. Design: docs/architecture.md, Own and lose; checked by simulation in tests/dispatcher/ownership.
//
// Confined to the core loop's thread: everything is called by it, and every callback runs inside poll() or the call.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/phases.hpp"
#include "common/base/result.hpp"
#include "common/log/log.hpp"
#include "common/log/read_back.hpp"
#include "dispatcher/book/ending.hpp"
#include "dispatcher/book/open_index.hpp"
#include "dispatcher/book/place.hpp"

namespace certes::dispatcher {

inline constexpr std::size_t kFailedAnswerBytes = 1u << 10;  // kept of the answer to an attempt that failed

// The lane's endpoint of what nobody gets: malformed records, and commands that are bound no more. Its tenant is "".
inline constexpr std::string_view kNobody = ":nobody";

// How one attempt ended, for the `attempts` topic. Strings are copied.
struct AttemptRecord {
  std::string_view delivery;
  std::string_view event_id;
  std::string_view endpoint;
  std::string_view tenant;
  std::uint32_t attempt = 1;
  std::optional<Ending> ending;  // none: of an event that nobody gets, without a delivery
  std::string_view rule;         // with dead_lettered: what decided
  std::string_view error;        // kind and text; empty when delivered
  int status = 0;                // 0: no answer
  std::uint64_t duration_us = 0;
  // The answer's first 4 KB where a caller waits, or of a command; its first 1 KB where it failed; else empty.
  std::string_view answer;
  std::uint32_t deliveries = 0;  // where a caller waits: how many the event has
  // Of one that failed, or was slow; empty, or null: it is not said.
  std::string_view address, answer_header;
  const Phases* phases = nullptr;
  // Of one after which another is to come: what decided when.
  std::string_view next_by, policy;
  bool breaker_open = false;
};

class OwnerHandler {
 public:
  virtual ~OwnerHandler() = default;
  // The partition's past is known, and it may act. From now on, until on_lost or until the handler lets go, `index` is
  // what is open of it: the handler routes into it (OpenIndex::route) every record that on_record gives, in their
  // order, and loads by it; only the owner tells it outcomes. Once an assignment; a later term changes nothing.
  virtual void on_running(std::int32_t partition, book::OpenIndex& index) = 0;
  // A record to route, from an owned partition, in offset order. None is given twice within an assignment.
  virtual void on_record(log::RecordPtr record) = 0;
  // Stop sending for this partition now; call Owner::let_go once nothing of it is in flight. After two seconds it is
  // taken anyway and on_lost follows.
  virtual void on_revoked(std::int32_t partition) = 0;
  // Abort its requests and forget its deliveries; record nothing.
  virtual void on_lost(std::int32_t partition) = 0;
  // Lost, that many: records below the log's start that were never read, or deliveries that were open of records that
  // the log has lost or replaced.
  virtual void on_log_lost(std::int32_t partition, std::int64_t records) = 0;
  // What is committed for the partition (kNoOffset: nothing) was not committed by Certes, and says nothing: it goes on
  // from a checkpoint, whose watermark is `instead`, or (kNoOffset: there is none) from where the log begins.
  virtual void on_commit_disbelieved(std::int32_t /*partition*/, std::int64_t /*offset*/, std::int64_t /*instead*/) {}
  // Its checkpoint cannot be read; `what` says why, and what it goes on from instead: the one before it, or nothing but
  // what is committed, so that what `attempts` no longer holds is sent again.
  virtual void on_unreadable_checkpoint(std::int32_t /*partition*/, std::string_view /*what*/) {}

  // What is finished could not be let go: it is tried again with the next checkpoint, or in ten minutes.
  virtual void on_trim_failed(std::int32_t /*partition*/, log::Topic /*topic*/, const Error& /*error*/) {}

  // Its newest checkpoint is another group's: it is left alone, and looked at again in a minute.
  virtual void on_other_group(std::int32_t /*partition*/, const std::string& /*group*/) {}

  // The past of a partition, for de-duplication: where OwnerOptions asks for it, the records before those of on_record
  // are shown when the partition is assigned, in offset order. Those below past_known() are not.
  virtual std::int64_t past_known(std::int32_t /*partition*/) { return 0; }
  virtual void on_past_record(const log::StoredRecord& /*record*/) {}
  virtual void on_past_read(std::int32_t /*partition*/, const log::ReadBack& /*read*/) {}
  // The log was replaced by another, or has lost its end: what is known of this partition's offsets holds no more.
  virtual void on_replaced(std::int32_t /*partition*/) {}
};

// Of the events that are finished.
enum class LetsGo : std::uint8_t {
  nothing,
  below,    // those below the watermark
  between,  // those between open ones: the log trims the others itself
};

struct OwnerOptions {
  std::string group = {};  // stands in every checkpoint; empty: in none
  Millis checkpoint_every{10'000};
  std::size_t checkpoint_bytes = 16u << 20;  // of tails
  Millis revoke_limit{2'000};
  LetsGo lets_go = LetsGo::nothing;
  Millis events_retention{0};  // what is finished is let go once it is older; where the log has no room, at any age
  log::ReadBack::Limits read_back = {};  // of a partition's past; no records: nothing. None is older than:
  Millis read_back_window{86'400'000};
  // Where the log's blocking calls (trims) run. None: a thread of the owner's own.
  std::function<void(std::function<void()>)> background = {};
};

class Owner {
 public:
  static constexpr std::size_t kNoBound = static_cast<std::size_t>(-1);

  Owner(log::Log& log, OwnerHandler& handler, const Clock& clock, OwnerOptions options, log::Wake wake);
  ~Owner();
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;

  // Serves membership, acknowledgements, recovery, checkpoints; then, if `max_records` > 0, gives up to that many
  // records to the handler, or a little more than `max_bytes` of them. Does not block. An error is fatal to the process
  // (see Member::poll).
  Result<std::size_t> poll(std::size_t max_records, std::size_t max_bytes = kNoBound);
  // When poll() must be called next even if nothing woke it.
  SteadyTime next_deadline() const;

  // Whether a request may be started or a record produced for this partition now: it is owned, its term taken, and poll
  // was called within half the session timeout.
  bool may_act(std::int32_t partition) const;
  bool owns(std::int32_t partition) const;
  // Whether a partition that it was given is not running yet.
  bool is_taking_over() const;

  // Appends the outcome of an attempt. `lane`: of the delivery, in the partition's index; none: of an event that nobody
  // gets. Once it is acknowledged (a failed or unknown append is repeated under a new term until it is; never after
  // on_lost) the index is told, then `recorded` runs. If the outcome is final, the delivery is open no more then.
  void record_attempt(Place origin, std::optional<book::LaneNumber> lane, const AttemptRecord& attempt,
                      std::function<void()> recorded);
  // Appends a dead letter, which ends the delivery. The caller fills all headers but certes-term and certes-origin; one
  // without certes-endpoint is of a lane of nobody's (kNobody). A record the log cannot take is refused at once
  // (too_large).
  Result<void> append_and_finish(Place origin, book::LaneNumber lane, log::Record&& dead_letter,
                                 std::function<void()> recorded);
  // Appends an event that has come of the origin (a command's result) to the origin's partition of `events`. `recorded`
  // runs once it is acknowledged; a failed or unknown append is repeated until it is, so it must have an identity;
  // never after on_lost. too_large is said at once.
  Result<void> append_event(Place origin, log::Record&& event, std::function<void()> recorded);
  // Appends an event to the partition of `events` that its key says, whoever owns that: once, and not again where that
  // fails. `appended` runs if it is acknowledged, and is let go of in any case. Errors: busy, too_large, or why nothing
  // can be appended now.
  Result<void> append_keyed(log::Record&& event, std::function<void()> appended);
  void let_go(std::int32_t partition);
  // Hands over what was appended: once per round of the core loop.
  void flush();

  // Checkpoints, commits and leaves the group. True from left() once done. on_revoked comes for each partition first.
  void leave();
  bool left() const;

  struct Partition {
    std::int32_t partition;
    std::int64_t watermark;  // lowest open offset
    std::int64_t position;   // next to read, behind what is never given
    std::uint64_t open;      // deliveries
    UnixMillis oldest_open;  // append time of the oldest open event, or a little less; 0: none
    std::int64_t term;
  };
  std::vector<Partition> partitions() const;
  // What is appended, and not acknowledged.
  std::size_t memory_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::dispatcher
