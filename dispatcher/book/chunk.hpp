#pragma once
// Chunk: what is open of 65,536 offsets of one partition of `events`. By lane, as sets, the untried deliveries; the
// tried ones with attempts and times; and what belongs to some of them: key and class (ordered lanes), a command's id,
// a due dead letter's words; and, for events with several deliveries, how those that are no more have ended. Who:
// OpenIndex and the codec. A copy is a reference until one of both writes (Shared). Offsets here are those within the
// chunk. Confined to one thread; copies may be read on another.
//
// A lane's number stays in it until prune(), also when nothing of the lane is open any more.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/registry/resources.hpp"
#include "dispatcher/book/due.hpp"
#include "dispatcher/book/leaf_tree.hpp"
#include "dispatcher/book/offset_set.hpp"

namespace certes::dispatcher::book {

using LaneNumber = std::uint32_t;
using dispatcher::Due;
using registry::Priority;

inline constexpr int kChunkShift = 16;
inline constexpr std::int64_t kChunkOffsets = std::int64_t{1} << kChunkShift;
inline constexpr int kBlockShift = 12;  // of offsets whose append times are bounded together
inline constexpr std::size_t kBlocks = std::size_t{1} << (kChunkShift - kBlockShift);

// The chunk of an offset of the partition, the place of the offset in it, and the chunk's first offset.
constexpr std::uint32_t chunk_of(std::int64_t offset) { return static_cast<std::uint32_t>(offset >> kChunkShift); }
constexpr std::uint16_t within(std::int64_t offset) { return static_cast<std::uint16_t>(offset); }
constexpr std::int64_t first_of(std::uint32_t chunk) { return std::int64_t{chunk} << kChunkShift; }
inline constexpr std::int64_t kOffsets = std::int64_t{1} << 48;  // above: not kept

// Of a dead letter that is due.
struct Reason {
  static constexpr std::size_t kRuleBytes = 64, kTextBytes = 1024;  // what is kept of each
  std::string rule, error, answer;
  bool empty() const { return rule.empty() && error.empty() && answer.empty(); }
  bool operator==(const Reason&) const = default;
};

// What is known of a delivery that has failed and not ended.
struct Tried {
  static constexpr std::uint32_t kMostAttempts = (1u << 22) - 1;      // more are counted as that many
  static constexpr UnixMillis kMostTime = (UnixMillis{1} << 44) - 1;  // in the year 2527; later is that
  std::uint32_t attempts = 0;                                         // recorded
  UnixMillis due = 0;
  UnixMillis first_at = 0;  // when the first was recorded
  Due what = Due::attempt;
  bool operator==(const Tried&) const = default;
};

// Lowest and highest append time of the events of a block that were routed; none: lowest above highest.
struct AppendTimes {
  UnixMillis lowest = INT64_MAX, highest = INT64_MIN;
  bool known() const { return lowest <= highest; }
  void include(UnixMillis at);
  bool operator==(const AppendTimes&) const = default;
};

enum class Ended : std::uint8_t { delivered, dead_lettered, cancelled };

// Lane and offset in one number: the order in which a chunk keeps what it knows of single deliveries.
constexpr std::uint64_t delivery_key(LaneNumber lane, std::uint32_t offset) {
  return std::uint64_t{lane} << kChunkShift | offset;
}

class TriedEntry {
 public:
  TriedEntry(LaneNumber lane, std::uint16_t offset, const Tried& tried);
  LaneNumber lane() const { return lane_; }
  std::uint16_t offset() const { return static_cast<std::uint16_t>(offset_attempts_ >> 16); }
  Tried tried() const;
  std::uint64_t key() const { return delivery_key(lane_, offset()); }
  static std::uint64_t group_of(std::uint64_t key) { return key >> kChunkShift; }

 private:
  std::uint32_t lane_, offset_attempts_, due_, first_;
  std::uint32_t rest_;  // of due 12 bits, of first 12, of attempts 6, what is due 2
};
static_assert(sizeof(TriedEntry) == 20);

// Of an ordered lane's delivery, tried or not.
struct KeyEntry {
  LaneNumber lane;
  std::uint32_t hash;
  std::uint16_t offset;
  Priority priority;
  std::uint64_t key() const { return delivery_key(lane, offset); }
  static std::uint64_t group_of(std::uint64_t key) { return key >> kChunkShift; }
};
static_assert(sizeof(KeyEntry) == 12);

// Of a command's delivery.
struct CommandEntry {
  std::uint64_t hash;
  LaneNumber lane;
  std::uint16_t offset;
  std::uint64_t key() const { return delivery_key(lane, offset); }
  static std::uint64_t group_of(std::uint64_t key) { return key >> kChunkShift; }
};

struct ReasonEntry {
  std::uint64_t delivery;
  std::shared_ptr<const Reason> reason;
  std::uint64_t key() const { return delivery; }
  static std::uint64_t group_of(std::uint64_t key) { return key >> kChunkShift; }
};

class Chunk : public Counted {
 public:
  std::uint32_t open() const { return open_; }
  std::size_t bytes() const;

  // False: that delivery is open already.
  bool add(LaneNumber lane, std::uint16_t offset);
  void set_key(const KeyEntry& entry);
  void set_command(const CommandEntry& entry);
  enum class Was : std::uint8_t { none, untried, tried };
  // Nothing happens to one that is not open.
  Was set_tried(LaneNumber lane, std::uint16_t offset, const Tried& tried, Reason&& reason);
  Was remove(LaneNumber lane, std::uint16_t offset);
  void include_time(std::uint16_t offset, UnixMillis at) { times_[offset >> kBlockShift].include(at); }
  // That event has several deliveries: of it is known how each ended, until none is open.
  void set_several(std::uint16_t offset);
  void set_ended(LaneNumber lane, std::uint16_t offset, Ended how);
  // Forgets how the deliveries of events at or above ended.
  void forget_ended(std::uint16_t from);
  // Forgets the lanes of which nothing is open, and how any ended: these. O(lanes).
  std::vector<LaneNumber> prune();

  bool untried(LaneNumber lane, std::uint16_t offset) const;
  const TriedEntry* tried(LaneNumber lane, std::uint16_t offset) const {
    return tried_.find(delivery_key(lane, offset));
  }
  const KeyEntry* key(LaneNumber lane, std::uint16_t offset) const { return keys_.find(delivery_key(lane, offset)); }
  const CommandEntry* command(LaneNumber lane, std::uint16_t offset) const {
    return commands_.find(delivery_key(lane, offset));
  }
  const Reason* reason(LaneNumber lane, std::uint16_t offset) const;
  bool open(LaneNumber lane, std::uint16_t offset) const { return untried(lane, offset) || tried(lane, offset); }
  bool several(std::uint16_t offset) const { return several_.contains(offset); }
  bool received(std::uint16_t offset) const { return received_.contains(offset); }  // by one whose delivery has ended
  bool dead_lettered(LaneNumber lane, std::uint16_t offset) const;
  bool names(LaneNumber lane) const { return lanes_.find(lane) != nullptr; }
  bool any_open(LaneNumber lane) const;
  // Whether a quarter of the lanes that it names are none that is open: to be pruned.
  bool sparse() const { return idle_ > 0 && std::size_t{idle_} * 4 >= lanes_.size(); }
  const AppendTimes& times(std::uint16_t offset) const { return times_[offset >> kBlockShift]; }

  // The lane's lowest that is not below `from` (0 to 65,536), or OffsetSet::kNone.
  int next_untried(LaneNumber lane, int from) const;
  int next_tried(LaneNumber lane, int from) const;
  int next_open(LaneNumber lane, int from) const;
  int lowest() const;  // of all lanes
  void add_open_to(OffsetSet::Bits& bits) const;

  const LeafTree<OffsetSet>& lanes() const { return lanes_; }  // untried ones, by lane
  const LeafTree<TriedEntry>& all_tried() const { return tried_; }
  const LeafTree<KeyEntry>& keys() const { return keys_; }
  const LeafTree<CommandEntry>& commands() const { return commands_; }
  const LeafTree<ReasonEntry>& reasons() const { return reasons_; }
  const LeafTree<OffsetSet>& all_dead_lettered() const { return dead_lettered_; }
  const OffsetSet& all_several() const { return several_; }
  const OffsetSet& all_received() const { return received_; }
  const std::array<AppendTimes, kBlocks>& all_times() const { return times_; }

  // For the codec. False: the lane has them already; put_tried: that is untried there, or its lane is not named. The
  // precondition of put_tried is that its order is ascending.
  bool put_untried(OffsetSet&& set);
  bool put_dead_lettered(OffsetSet&& set);
  bool put_tried(const TriedEntry& entry);
  void put_reason(std::uint64_t delivery, Reason&& reason);
  void put_several(OffsetSet&& several, OffsetSet&& received);
  void put_times(std::size_t block, const AppendTimes& times) { times_[block] = times; }

 private:
  bool drop_untried(LaneNumber lane, std::uint16_t offset);
  void drop_reason(std::uint64_t delivery);

  std::uint32_t open_ = 0;
  std::uint32_t idle_ = 0;        // lanes of which nothing is open
  std::size_t set_bytes_ = 0;     // what sets point to
  std::size_t reason_bytes_ = 0;  // and reasons
  LeafTree<OffsetSet> lanes_;
  LeafTree<TriedEntry> tried_;
  LeafTree<KeyEntry> keys_;
  LeafTree<CommandEntry> commands_;
  LeafTree<ReasonEntry> reasons_;
  LeafTree<OffsetSet> dead_lettered_;
  OffsetSet several_, received_;
  std::array<AppendTimes, kBlocks> times_;
};

}  // namespace certes::dispatcher::book
