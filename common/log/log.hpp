#pragma once
// The log: the one seam between Certes and where its state lasts. Engines: log/kafka (a Kafka cluster), log/sqlite (one
// file), log/memory (tests: injected clock and faults). tests/contract holds all to what is said here.
//
// Threads: `Log` itself may be used from any thread. An Appender, Reader, Picker or Member belongs to the one thread
// that made it and calls it; its callbacks run on that thread, inside poll()/append calls, never elsewhere. (An
// Appender of which nothing is pending may be handed on to another thread, through what orders the two.) Its `wake`
// (given when it is made) is called by the engine from any thread when a poll would find something; it must not block.
// All must be destroyed before the Log.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/log/record.hpp"

namespace certes::log {

using Wake = std::function<void()>;

inline constexpr std::int32_t kAnyPartition = -1;  // by key; without one, the engine's choice
inline constexpr std::int64_t kLogStart = -2;      // wherever the partition begins now
inline constexpr std::int64_t kNoOffset = -1;

enum class AppendOutcome {
  persisted,      // durable at `offset`
  not_persisted,  // surely not on the log, now or later
  unknown,        // it may be there, or still arrive
};

struct AppendResult {
  AppendOutcome outcome = AppendOutcome::unknown;
  std::int32_t partition = 0;
  std::int64_t offset = kNoOffset;
  // Persisted before under the same Identity: nothing was stored; this is the certes-id of the first.
  std::string duplicate_of;
  Error error;         // says why, unless persisted
  bool fatal = false;  // the appender can do no more (Kafka: fenced or fatal producer error): make a new one
};
using AppendCallback = std::function<void(AppendResult&&)>;

struct AppenderOptions {
  // When an append that was neither acknowledged nor refused ends as `unknown` (or `not_persisted` where that is sure).
  // Zero: never (the dispatcher's own records).
  Millis deadline{2300};
  // Acknowledgements of one partition come in the order of the appends, and nothing is stored twice. Kafka:
  // idempotent producer. Without it keyless records take the fast path (kafka: sticky partitioner, adaptive linger).
  bool ordered = false;
  std::size_t queue_bytes = 64u << 20;  // above: append() says busy
  std::size_t queue_records = 100'000;
  bool may_use_reserve = false;  // gateway appends are refused below the engine's space reserve; the dispatcher's never
};

class Appender {
 public:
  virtual ~Appender() = default;
  // Takes the record or says at once why not (busy: queue full; too_large). Never blocks. `done` is called exactly
  // once, from poll(), if it was taken. What is pending at destruction is not reported.
  virtual Result<void> append(Topic topic, std::int32_t partition, Record&& record, AppendCallback done) = 0;
  // Hands over what was queued since the last flush: call it once per round of the caller's loop.
  virtual void flush() = 0;
  // Runs the callbacks that are due. Does not block.
  virtual void poll() = 0;
  virtual std::size_t pending() const = 0;
};

class Reader {
 public:
  virtual ~Reader() = default;
  // Appends up to `max` records to `out`, in offset order; none: caught up for now (wake comes) or still being fetched.
  // Errors: not_found (the position is below the log's start, or beyond its end: the log was trimmed or replaced);
  // unavailable (the engine keeps trying; so may the caller). Does not block.
  virtual Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) = 0;
  // The offset of the next record that read() will give. Offsets may have gaps.
  virtual std::int64_t position() const = 0;
};

struct OffsetRange {
  std::int64_t start = 0;  // first record kept
  std::int64_t end = 0;    // where the next record goes
};

// What is known now of a record that was to be picked.
enum class PickFate {
  record,   // here it is
  gone,     // it is on the log no more: the log begins above it, it was erased, or what stands above it was read in the
            // same run and it was not there
  damaged,  // it cannot be decoded, or is missing: passed over and counted by store.on_damaged, lost as what is gone is
  again,    // the run's last result: of this offset and of all above it that were wanted nothing is known
  done,     // the run's last result: all that was wanted has its own
};

struct Picked {
  std::uint64_t run = 0;
  Topic topic = Topic::events;
  std::int32_t partition = 0;
  std::int64_t offset = 0;  // of the record; of `done`: behind the last that was wanted
  PickFate fate = PickFate::again;
  RecordPtr record;  // of PickFate::record
  // Of `again`, why; none: a bound of the run was reached. not_found: the log ends below, now (it was cut or replaced,
  // or does not show its end yet); unavailable, timeout: ask again in a moment; internal: readers stay before what is
  // damaged, for ever (store.on_damaged).
  std::optional<Error> error;
};

// Records of one partition by their offsets: points, windows, or both.
struct PickRun {
  std::uint64_t id = 0;  // the caller's; comes back in each result
  Topic topic = Topic::events;
  std::int32_t partition = 0;
  std::vector<OffsetRange> wanted;  // [start, end), ascending, none within another, none empty
  // The run ends behind the result that reaches one of these. Each run has one result besides its last at least, unless
  // there is an error, so that who asks again for what is left comes to an end. Results stay in memory until poll().
  std::size_t max_bytes = 16u << 20;  // of records
  std::size_t max_results = 10'000;
  Millis max_time{50};  // from its first result on; zero: none
};

// Picks records of any partition by offset, on a thread of the engine's. Who: one consumer thread, which never waits
// for a disk or a broker (the dispatcher's core loop).
// Runs of one partition are served in the order in which they were asked for, those of different partitions side by
// side where the engine can. A run's results come in the order of its offsets, its last one included. How far it reads
// on through what nobody wants, or jumps over it, is the engine's to know.
class Picker {
 public:
  // What is asked for and not yet given is forgotten. Waits for a page of the disk, or a second for a broker, at most.
  virtual ~Picker() = default;
  // Never blocks. Error: invalid, as there is no such partition, or the offsets are not as said above.
  virtual Result<void> ask(PickRun run) = 0;
  // Appends at most `max` results to `out`. Fewer: these were all, and `wake` is called when there are some again. Does
  // not block.
  virtual std::size_t poll(std::size_t max, std::vector<Picked>& out) = 0;
  // Forgets all runs of a partition: after it poll() gives nothing more of them, their last results neither.
  virtual void cancel(Topic topic, std::int32_t partition) = 0;
};

// What a group has committed for a partition of events.
struct Committed {
  std::int64_t offset = kNoOffset;  // none yet
  std::string metadata;             // at most 3,000 bytes, any bytes (Kafka keeps 4,096 of text)
};

// What membership brings. Called from Member::poll().
class MemberHandler {
 public:
  virtual ~MemberHandler() = default;
  // These partitions of events are this member's. Nothing is read until Member::start.
  virtual void on_assigned(const std::vector<std::int32_t>& partitions) = 0;
  // They go to another member once Member::release was called for each; until then commits are still accepted.
  virtual void on_revoked(const std::vector<std::int32_t>& partitions) = 0;
  // They have had another owner already: nothing more may be written or committed for them. No release is due.
  virtual void on_lost(const std::vector<std::int32_t>& partitions) = 0;
};

// One member of the consumer group that shares the partitions of `events`. (Kafka: range assignor, manual commits;
// sqlite and memory: the process is the only member.)
class Member {
 public:
  virtual ~Member() = default;
  // Serves membership and the callbacks of committed/commit. Must be called more often than half the session timeout.
  // An error is fatal (authentication, authorization, configuration, a duplicate static instance); being away is none.
  virtual Result<void> poll() = 0;
  virtual void committed(std::int32_t partition, std::function<void(Result<Committed>)> done) = 0;
  // Refused with Code::conflict where this member does not own the partition (any more).
  virtual void commit(std::int32_t partition, Committed value, std::function<void(Result<void>)> done) = 0;
  // Begins to read an assigned partition at `offset` or kLogStart.
  virtual void start(std::int32_t partition, std::int64_t offset) = 0;
  // Stops giving its records; nothing is skipped when it is started again.
  virtual void stop(std::int32_t partition) = 0;
  // Up to `max` records of the started partitions; each partition's in offset order. Not calling it is how to stop
  // reading for a while: membership is kept by poll() alone, and what is prefetched is bounded. Errors as Reader's,
  // with the partition in Error::pointer; that partition is then stopped.
  virtual Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) = 0;
  // Where reading of a started partition stands, behind what is never given (Kafka: the marks of transactions, and what
  // they aborted); kNoOffset: where the last record says.
  virtual std::int64_t position(std::int32_t /*partition*/) const { return kNoOffset; }
  virtual void release(std::int32_t partition) = 0;
  // Leaves the group; revokes come first, from poll(). True once it has left.
  virtual void leave() = 0;
  virtual bool left() const = 0;
};

// How far a copy of the log is; `total` grows with the log.
struct CopyProgress {
  std::int64_t bytes = 0, total = 0;
};
// A copy that was looked over.
struct CopyReport {
  std::int64_t bytes = 0;    // of its file
  std::int64_t records = 0;  // of all topics
};
// Asked after each part of a copy, on the caller's thread; may wait, so that the copy takes less of the disk. False: it
// ends.
using CopyPace = std::function<bool(const CopyProgress&)>;

class Log {
 public:
  virtual ~Log() = default;
  virtual std::string_view engine() const = 0;  // "sqlite", "kafka", "memory"
  // Makes missing topics, checks the others. unavailable: not reached yet, call again. invalid: a topic is tighter than
  // needed; the message says what to change. Blocks, at most about ten seconds. Nothing below works before it
  // succeeded.
  virtual Result<void> prepare() = 0;
  virtual std::int32_t partitions() const = 0;  // of every topic but the registry, which has one
  // The identity of an event is looked up in the append's own transaction.
  virtual bool exact_deduplication() const = 0;
  // The largest key + headers + value that a topic takes.
  virtual std::size_t max_record_bytes(Topic topic) const = 0;

  virtual std::unique_ptr<Appender> appender(AppenderOptions options, Wake wake) = 0;
  virtual std::unique_ptr<Reader> reader(Topic topic, std::int32_t partition, std::int64_t from, Wake wake) = 0;
  // A reader for one who looks now and then and takes much at once; nothing wakes it. (Kafka: few large fetches.)
  virtual std::unique_ptr<Reader> follower(Topic topic, std::int32_t partition, std::int64_t from) {
    return reader(topic, partition, from, {});
  }
  virtual std::unique_ptr<Picker> picker(Wake wake) = 0;
  virtual std::unique_ptr<Member> join(MemberHandler& handler, Wake wake) = 0;
  virtual Millis session_timeout() const = 0;  // of membership
  // The name of the group that join() joins; empty: there is only one.
  virtual std::string group() const { return {}; }

  // These four block (Kafka: one round trip, at most `timeout`); not for event loops, rare cases excepted.
  virtual Result<OffsetRange> offsets(Topic topic, std::int32_t partition, Millis timeout) = 0;
  // The first offset whose append time is not before `at`; the end if there is none.
  virtual Result<std::int64_t> offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis timeout) = 0;
  // Deletes the records below `before`. Done when it returns.
  virtual Result<void> trim(Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) = 0;
  // Deletes records in the middle: `runs` as PickRun::wanted; what is not on the log is left out. Readers go on behind
  // the gaps, which are no loss to them; where the log begins and ends does not change.
  // Goes in bites: timeout means that a part may be done, and the rest will not be. Who calls it knows that nobody
  // needs these any more. What keep_from() keeps stays, reduced to what dispatchers go by. Error: invalid, it cannot
  // (Kafka).
  virtual Result<void> erase(Topic topic, std::int32_t partition, std::vector<OffsetRange> runs, Millis timeout) = 0;

  // What was erased or trimmed leaves nothing behind in the engine's files: what is free in them is overwritten. A part
  // of that, in bites, so that appends do not wait. True: that was all; false: call again, nothing is done twice.
  // Blocks for about a second. Errors: unavailable, timeout; invalid, where files are not the engine's (Kafka).
  virtual Result<bool> wipe(Millis /*timeout*/) { return true; }
  // How long after its append a finished record stays on a topic at the most, where the engine deletes by age (Kafka:
  // the topic's retention, and until a segment ends). Nothing: for ever. Blocks. Errors: unavailable, timeout; invalid,
  // where records can be erased.
  virtual Result<std::optional<Millis>> kept_for(Topic /*topic*/, Millis /*timeout*/) {
    return fail(Code::invalid, "records of this log do not wait for their age");
  }

  // Copies the log, as it is when the copy ends, into a new file at `path` while all else goes on, and looks the copy
  // over: what it returns is whole, durable, and opens as the log that it was. Blocks for as long as that takes.
  // Errors: invalid, where the engine cannot (Kafka: it is the brokers' to keep copies); conflict, something is at
  // `path`; unavailable, it cannot be written, or the log cannot be read; timeout, `pace` has ended it. With any of
  // them nothing stays at `path`.
  virtual Result<CopyReport> copy_to(const std::string& /*path*/, const CopyPace& /*pace*/) {
    return fail(Code::invalid, "this log is no file that could be copied");
  }

  // Where the engine itself deletes what is too old: of `attempts` and `dead-letters` nothing from `offset` on goes,
  // whatever its age, and nothing at all of a partition of which this was not said since the log was opened. So who
  // needs these records to know what has become of deliveries finds them, however long nobody was there. A later call
  // says where that is now. Where brokers delete by age (Kafka), it changes nothing, and their topics keep enough.
  // Does not block; any thread.
  virtual void keep_from(Topic /*topic*/, std::int32_t /*partition*/, std::int64_t /*offset*/) {}

  // Whether there is so little room that what is finished should be let go at once: owners make their checkpoints soon.
  // Does not block; any thread.
  virtual bool crowded() const { return false; }
  // Whether the log can be written now, for health pages and log lines.
  virtual Result<void> health() const = 0;
};

}  // namespace certes::log
