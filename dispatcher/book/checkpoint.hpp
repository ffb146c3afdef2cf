#pragma once
// Checkpoints of one partition's index: what goes into each, and what is known once it is accepted. Who: the owner of
// the partition, who appends and commits. Pure; confined to the core loop, item_records_of() excepted.
//
//   begin()      copies, at one instant, what is to be written, and notes positions, lanes and times
//   item_records_of()  encodes an item; any thread
//   stands()     all records of an item are acknowledged
//   manifest_records() once all items stand
//   accepted()   the commit of the manifest was accepted; or abandoned(): error or doubt, anywhere on the way
//
// One at a time. An owner that is lost calls neither and drops the index.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/log/log.hpp"
#include "dispatcher/book/items.hpp"
#include "dispatcher/book/open_index.hpp"

namespace certes::dispatcher::book {

struct CheckpointItem {
  ItemKind kind = ItemKind::chunk;
  std::uint32_t number = 0;
  Shared<Chunk> chunk;  // a copy, or
  std::string lanes;    // a piece, encoded
  Written written;      // once it stands
};

struct Checkpoint {
  std::uint64_t id = 0;
  Manifest manifest;                   // without what is copied, until manifest_records()
  std::vector<CheckpointItem> items;   // in the order in which they are to be appended
  std::vector<std::uint32_t> emptied;  // chunks of which nothing is open: they are written by not being named
  Dirt noted;                          // what changed after the copy is dirty from there
  bool complete() const;
};

// The records of an item, to be appended in this order. Any thread.
std::vector<log::Record> item_records_of(const Checkpoint& checkpoint, std::size_t item, std::size_t most_bytes);

struct CheckpointLimits {
  Millis every{10'000};
  std::uint64_t tail_bytes = 16u << 20;      // after so much of tails, too
  std::size_t dirt_bytes = 8u << 20;         // copied of what is only dirty, and of what is only moved
  std::uint64_t old_tail_bytes = 32u << 20;  // dirt that is older by this
  Millis old_dirt{60'000};                   // or by this: the next checkpoint follows at once
  std::uint64_t progress_times = 4;          // that `progress` may hold of what is live
  std::uint64_t progress_least = 1u << 20;   // below this it may hold what it will
};

class Checkpoints {
 public:
  // `first_id`: not 0; ids are counted from it, and no other owner of the partition may give the same (its term,
  // shifted). `now`: from when the first one's time counts.
  Checkpoints(OpenIndex& index, std::string group, std::uint64_t first_id, SteadyTime now, CheckpointLimits limits = {})
      : index_(index), group_(std::move(group)), next_id_(first_id), limits_(limits), began_at_(now) {}

  // A recovery has begun with this manifest, which stands there; its index is index_.
  void resume(const Manifest& manifest, const Written& stands);

  bool busy() const { return busy_; }
  // Whether one would say more than the last.
  bool changed() const;
  // When the next is to begin: SteadyTime::min(): at once; max(): not yet.
  SteadyTime due_at() const;
  bool due(SteadyTime now) const { return now >= due_at(); }
  // `term`: the owner's. `revoked`: only what was added to is copied.
  Checkpoint begin(SteadyTime now, std::int64_t term, bool revoked = false);
  void stands(Checkpoint& checkpoint, std::size_t item, std::int64_t place, std::uint64_t bytes);
  std::vector<log::Record> manifest_records(Checkpoint& checkpoint, std::size_t most_bytes) const;

  // Below what the topics may be trimmed, now that the commit was accepted. `events` is the watermark: the record
  // before it, by which the log is known again, stays, and what is young. `tails`: what is young stays there, too; 0
  // until there are two manifests to recover from.
  struct Trim {
    std::int64_t progress = 0, events = 0;
    std::array<std::int64_t, kTailCount> tails = {};
  };
  Trim accepted(const Checkpoint& checkpoint, std::int64_t place, std::uint64_t bytes);
  void abandoned(const Checkpoint& checkpoint);

  // Of the accepted checkpoint, runs of offsets in [from, below) without an open delivery, appended to `out`: of one
  // chunk at least, and of no further one once there are `most`. Returns behind what was looked at. What has changed
  // since is left out, it comes with a later checkpoint; what was given is not given again, of a chunk that has not
  // changed. Never the last record before the position: by it the log is known again, and who reads on finds something.
  std::int64_t take_finished(std::int64_t from, std::int64_t below, std::size_t most,
                             std::vector<log::OffsetRange>& out);
  // What was given of [from, below) could not be let go: it is given again.
  void give_back_finished(std::int64_t from, std::int64_t below);

  std::uint64_t progress_bytes() const;  // that `progress` holds from the lowest place that is named
  std::uint64_t live_bytes() const;      // of these, named

 private:
  struct Candidate {
    std::uint64_t order;
    std::uint32_t number;
    ChunkState* state;
  };
  void copy(Checkpoint& checkpoint, std::uint32_t number, ChunkState& state);
  void copy_dirty(Checkpoint& checkpoint, SteadyTime now);
  void copy_lowest(Checkpoint& checkpoint);
  void copy_lanes(Checkpoint& checkpoint, std::uint64_t moved_below);
  void note(Checkpoint& checkpoint, std::int64_t term) const;
  bool copied(const Checkpoint& checkpoint, const ChunkState& state) const { return state.copied_for == checkpoint.id; }
  bool as_accepted(const Manifest::Ref& ref) const;

  OpenIndex& index_;
  const std::string group_;
  std::uint64_t next_id_;
  const CheckpointLimits limits_;

  bool busy_ = false;
  bool more_ = false;                  // old dirt was left
  SteadyTime began_at_;                // the last one
  std::uint64_t seen_tail_bytes_ = 0;  // when the last one began
  std::int64_t seen_position_ = -1;
  std::uint64_t seen_open_ = 0;

  std::uint64_t written_bytes_ = 0;  // to `progress`, ever
  Manifest accepted_;
  Written accepted_at_;
  std::int64_t accepted_lowest_ = INT64_MAX;  // place that it names, its own included
};

}  // namespace certes::dispatcher::book
