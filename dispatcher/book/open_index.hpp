#pragma once
// OpenIndex: what is open of one partition of `events`: every delivery (offset, lane) that was routed and whose end is
// not acknowledged. Payloads are not here, and whether one is loaded is not known here. Who: the core routes, loads and
// records by it; Checkpoints writes it and Recovery makes it again.
//
// Pure: no I/O, no clock. Confined to the core loop; what Checkpoints copies may be read on another thread. Offsets are
// below kOffsets. Operations are O(log n) in the chunks, or in the lanes of a chunk, unless they say otherwise.
//
// A delivery begins with route() and ends with finish(), and never comes back. An outcome is told when it is
// acknowledged: first tried() or finish() (or reflect()), then acknowledged(), so that what is dirty is dirty from
// below that record.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "dispatcher/book/ahead.hpp"
#include "dispatcher/book/calendar.hpp"
#include "dispatcher/book/lanes.hpp"
#include "dispatcher/book/manifest.hpp"

namespace certes::dispatcher::book {

// From where the tails show what a chunk, as it was written, does not.
struct Dirt {
  TailPlaces since;
  std::uint64_t tail_bytes = 0;  // OpenIndex::tail_bytes() then
  SteadyTime at{};
};

struct ChunkState {
  Shared<Chunk> chunk;
  bool added = true;             // to, since it was copied for a checkpoint: it must be written
  bool again = false;            // an outcome has changed it since it was copied
  std::optional<Dirt> dirt;      // as against what `written` says
  std::uint64_t copied_for = 0;  // the last one's id; 0: none
  Written written;               // by an accepted checkpoint
  std::int64_t let_go = -1;      // the place of the copy all of whose finished events were let go; -1: none
};

// A delivery to be.
struct Routed {
  LaneNumber lane = 0;
  Priority priority = Priority::normal;  // these two: of an ordered lane
  std::uint32_t key_hash = 0;
  std::uint64_t command_hash = 0;  // 0: the event is no command
};

// What the index knows of an open delivery.
struct OpenDelivery {
  std::optional<Tried> tried;      // none: untried
  const Reason* reason = nullptr;  // of a dead letter that is due; valid until something is changed
  Priority priority = Priority::normal;
  std::optional<std::uint32_t> key_hash;
  std::uint64_t command_hash = 0;
};

// For an attempt, the first one too, or for its result: its end is not known yet.
inline bool waits(const OpenDelivery& known) {
  return !known.tried || known.tried->what == Due::attempt || known.tried->what == Due::result;
}

// Of an event with something open: what decision 14 asks for.
struct EventState {
  std::vector<LaneNumber> open, dead_lettered;
  bool received = false;  // some delivery ended otherwise than as a dead letter
};

class OpenIndex {
 public:
  explicit OpenIndex(std::int64_t position = 0) : position_(position) {}
  OpenIndex(OpenIndex&&) = default;
  OpenIndex& operator=(OpenIndex&&) = default;

  LaneTable& lanes() { return lanes_; }
  const LaneTable& lanes() const { return lanes_; }

  // Every record below is routed.
  std::int64_t position() const { return position_; }
  // The record's deliveries, one a lane at most; what is ahead for them is applied. Precondition: the offset is not
  // below the position, which is behind it then; the lanes exist.
  void route(Landmark record, std::span<const Routed> deliveries);
  // Nothing that will be read stands below.
  void pass(std::int64_t position);

  // An attempt failed: told once that is acknowledged. False: it is not open.
  bool tried(OpenPlace place, const Tried& tried, Reason&& reason = {});
  bool finish(OpenPlace place, Ended how);
  // The result of a command was read: whatever is told of its attempts, it only comes to its end. `reason`: why Certes
  // had given it up, where it had. The next checkpoint shows it, as no tail does.
  bool answered(OpenPlace place, UnixMillis at, Reason&& reason);
  // The next attempt of what was tried is due then, and not later. The next checkpoint shows it, as no tail does.
  // False: it is not open, or waits for something else.
  bool hurry(OpenPlace place, UnixMillis at);
  // A valid outcome that was read from a tail: as above, where it says something new; at or above the position it is
  // kept ahead. In any order, and any number of times.
  void reflect(const Outcome& outcome);
  // That many bytes of kTails[tail] are known, up to that offset.
  void acknowledged(std::size_t tail, std::int64_t offset, std::size_t bytes);
  // While a recovery reads the tails nothing is acknowledged: what is dirty then is dirty from where it began to read.
  void tail_read(std::size_t bytes) { tail_bytes_ += bytes; }
  // The tails are known up to there: at the beginning of a rebuild, and when a term has been taken.
  void set_tails(const TailPlaces& tails);
  // Its place is not on the log: a recovery reads that tail from there instead.
  void read_tail_from(std::size_t tail, const TailPlace& place) { tails_[tail] = place; }
  const TailPlaces& tails() const { return tails_; }
  std::uint64_t tail_bytes() const { return tail_bytes_; }
  // The time from which the age of new dirt counts: once a round.
  void set_now(SteadyTime now) { now_ = now; }

  const Ahead& ahead() const { return ahead_; }
  // Before a record is routed, where its event is known: Ahead::keep.
  void keep_ahead(std::int64_t offset, std::uint64_t event) { ahead_.keep(offset, event); }

  std::optional<OpenDelivery> find(OpenPlace place) const;
  bool open(OpenPlace place) const;
  // Which of the endpoint's lanes has that offset open.
  std::optional<LaneNumber> lane_of(std::int64_t offset, std::string_view tenant, std::string_view endpoint) const;
  // The lane's lowest in [from, below); amortised over a pass upwards O(1).
  std::optional<std::int64_t> next_untried(LaneNumber lane, std::int64_t from, std::int64_t below = INT64_MAX) const;
  std::optional<std::int64_t> next_tried(LaneNumber lane, std::int64_t from, std::int64_t below = INT64_MAX) const;
  std::optional<std::int64_t> next_open(LaneNumber lane, std::int64_t from, std::int64_t below = INT64_MAX) const;
  // O(lanes of its chunk).
  std::optional<std::int64_t> lowest_open() const;
  std::int64_t watermark() const { return lowest_open().value_or(position_); }
  WatermarkTimes watermark_times() const;
  EventState event(std::int64_t offset) const;
  // Of the block that the offset is of, as far as events with deliveries go. unknown: there is nothing open near it.
  AppendTimes append_times(std::int64_t offset) const;

  // Visits what is open of an ordered lane, as (offset, hash of its key, class), in the order of the log.
  template <class Visit>
  void each_in_order(LaneNumber number, Visit&& visit) const {
    for (const std::uint32_t chunk : lanes_.at(number)->chunks)
      for (std::uint64_t from = delivery_key(number, 0);;) {
        const KeyEntry* const entry = at(chunk)->chunk->keys().at_or_after(from);
        if (entry == nullptr || entry->lane != number) break;
        visit(first_of(chunk) + entry->offset, entry->hash, entry->priority);
        from = entry->key() + 1;
      }
  }

  const LaneCounts& counts() const { return counts_; }
  const LaneCounts& counts(Priority priority) const { return by_class_[static_cast<std::size_t>(priority)]; }
  // Of memory, O(1); copies that a checkpoint holds excepted, which are what has changed since.
  std::size_t bytes() const { return chunk_bytes_ + lanes_.bytes() + calendar_.bytes() + ahead_.bytes(); }

  // A tried delivery that is not loaded (any more) is due some time.
  void schedule(OpenPlace place);
  // Those that are due: Calendar::take. `most` bounds the work.
  void take_due(UnixMillis until, std::size_t most, std::vector<OpenPlace>& due);
  bool due_work(UnixMillis until) const { return calendar_.work(until); }
  // From the chunks: after a recovery. O(tried).
  void rebuild_calendar();

  // Ends all of a lane without a record of it, and gives their number. The next checkpoint shows it.
  std::size_t drop(LaneNumber lane);
  // The same of all lanes, of what stands below.
  std::size_t drop_below(std::int64_t offset);
  // Of a log that was cut: what is open at or above is lost, and its number given; what the tails say of it, until
  // set_tails(), is passed over, as other records have these offsets now. So that no later recovery reads it either,
  // the next checkpoint copies all that is dirty.
  std::size_t cut(std::int64_t offset);
  bool was_cut() const { return was_cut_; }
  void cut_is_written() { was_cut_ = false; }

  // For Checkpoints and Recovery.
  std::map<std::uint32_t, ChunkState>& chunks() { return chunks_; }
  const std::map<std::uint32_t, ChunkState>& chunks() const { return chunks_; }
  const Landmarks& landmarks() const { return landmarks_; }
  const TailPlaces& ahead_since() const { return ahead_since_; }
  void prune(ChunkState& state);
  void restore(const Manifest& manifest);
  // A chunk as it was written. False: it does not fit the lanes and the position.
  bool put(std::uint32_t number, Shared<Chunk> chunk, const Written& written);

 private:
  ChunkState* at(std::uint32_t number) const;
  ChunkState& made(std::uint32_t number);
  void touch(ChunkState& state);
  bool set_tried(ChunkState& state, OpenPlace place, const Tried& tried, Reason&& reason);
  bool end(std::uint32_t number, ChunkState& state, OpenPlace place);
  void erase(std::uint32_t number);
  void leave_top(std::uint32_t number);
  void add(ChunkState& state, std::uint32_t number, Landmark record, std::span<const Routed> routed);
  void apply_ahead(ChunkState& state, OpenPlace place);
  bool fits(std::uint32_t number, const Chunk& chunk) const;
  Priority priority_of(const Lane& lane, const Chunk& chunk, OpenPlace place) const;
  void count(Lane& lane, Priority priority, bool tried, int by);
  void count(const Chunk& chunk, OpenPlace place, bool tried, int by);
  template <class Next>
  std::optional<std::int64_t> next(LaneNumber lane, std::int64_t from, std::int64_t below, Next next) const;
  std::optional<UnixMillis> due_of(OpenPlace place) const;

  std::int64_t position_;
  LaneTable lanes_;
  mutable std::map<std::uint32_t, ChunkState> chunks_;  // by offset >> kChunkShift; with something open, or the last
  mutable ChunkState* last_ = nullptr;                  // that was asked for
  mutable std::uint32_t last_number_ = 0;
  Ahead ahead_;
  TailPlaces ahead_since_{};  // where the tails were when something came ahead
  Calendar calendar_;
  Landmarks landmarks_;
  TailPlaces tails_{};
  std::int64_t passed_over_from_ = INT64_MAX;
  bool was_cut_ = false;
  std::uint64_t tail_bytes_ = 0;
  SteadyTime now_{};
  LaneCounts counts_;
  std::array<LaneCounts, registry::kPriorities> by_class_{};
  std::size_t chunk_bytes_ = 0;
};

}  // namespace certes::dispatcher::book
