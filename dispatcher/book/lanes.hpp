#pragma once
// The lanes of one partition: a lane is an endpoint and a priority class (an ordered endpoint has one for all classes).
// Each has a number, by which chunks name it; a number is never given twice, as a chunk that was written long ago may
// name it still. They stand in pieces of 1,024 numbers, which checkpoints write when they have changed. Who: OpenIndex.
// Confined to the core loop.

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/hash.hpp"
#include "dispatcher/book/chunk.hpp"

namespace certes::dispatcher::book {

struct LaneName {
  std::string tenant;
  std::string endpoint;      // reserved names for who is no resource (reply_to, malformed records)
  std::int64_t version = 0;  // of the registry, at which the endpoint was created; 0: it is no resource
  Priority priority = Priority::normal;
  bool ordered = false;  // all classes in one; `priority` says nothing
  bool operator==(const LaneName&) const = default;
};

// What is kept of a lane's endpoint. Each of its lanes carries it.
struct LaneNotes {
  UnixMillis retried_at = 0;     // what had failed when that was asked for (registry::Retry) was made due
  UnixMillis failing_since = 0;  // 0: it does not fail
  UnixMillis last_success = 0;
  bool operator==(const LaneNotes&) const = default;
};

struct LaneCounts {
  std::uint64_t untried = 0, tried = 0;
  std::uint64_t open() const { return untried + tried; }
  bool operator==(const LaneCounts&) const = default;
};

// Ascending numbers of chunks. Most are added at the end and removed at the front.
class ChunkList {
 public:
  bool empty() const { return head_ == numbers_.size(); }
  std::uint32_t front() const { return numbers_[head_]; }
  void add(std::uint32_t number);
  void remove(std::uint32_t number);
  // The lowest that is not below `from`; none: there is none.
  const std::uint32_t* at_or_after(std::uint32_t from) const;
  const std::uint32_t* begin() const { return numbers_.data() + head_; }
  const std::uint32_t* end() const { return numbers_.data() + numbers_.size(); }
  std::size_t bytes() const { return numbers_.capacity() * sizeof(std::uint32_t); }

 private:
  std::vector<std::uint32_t> numbers_;
  std::size_t head_ = 0;
};

struct Lane {
  LaneName name;
  LaneNotes notes;
  LaneCounts counts;
  std::unique_ptr<std::array<LaneCounts, registry::kPriorities>> by_class;  // of an ordered lane
  ChunkList chunks;                                                         // in which something of it is open
  std::uint32_t named_by = 0;  // chunks, those in which nothing of it is open any more included
};

// Where an item of a checkpoint stands on `progress`.
struct Written {
  std::int64_t place = -1;         // offset of its first record; -1: nowhere
  std::uint64_t bytes = 0;         // of its records
  std::uint64_t bytes_before = 0;  // that were written to `progress` before it, ever
  bool operator==(const Written&) const = default;
};

class LaneTable {
 public:
  static constexpr std::uint32_t kPiece = 1024;
  static constexpr std::uint32_t kMost = 1u << 28;  // numbers that a manifest can have given
  struct Piece {
    std::vector<std::unique_ptr<Lane>> lanes;  // by number - first; none: forgotten
    bool changed = false;                      // since it was copied for a checkpoint
    std::uint64_t copied_for = 0;              // the last one's id; 0: none
    Written written;
    std::uint32_t used = 0;
  };

  // The lane of that name, which it gets now if there is none. A number stays valid until forget().
  LaneNumber number(const LaneName& name);
  std::optional<LaneNumber> find(const LaneName& name) const;
  // Those of an endpoint, by tenant and id.
  const std::vector<LaneNumber>& of(std::string_view tenant, std::string_view endpoint) const;
  Lane* at(LaneNumber number);
  const Lane* at(LaneNumber number) const { return const_cast<LaneTable*>(this)->at(number); }
  // A new last success alone is written with the next change of other kind, not by itself.
  void set_notes(LaneNumber number, const LaneNotes& notes);
  // False: some chunk names it still.
  bool forget(LaneNumber number);
  // As it was written. False: there is one of that number or name, or it is not below next().
  bool put(LaneNumber number, const LaneName& name, const LaneNotes& notes);

  LaneNumber next() const { return next_; }
  void set_next(LaneNumber next) { next_ = next; }
  std::vector<std::unique_ptr<Piece>>& pieces() { return pieces_; }  // by number / kPiece; none: empty
  const std::vector<std::unique_ptr<Piece>>& pieces() const { return pieces_; }
  std::size_t bytes() const { return bytes_; }
  // A chunk has something open of the lane; it has no more.
  void list(Lane& lane, std::uint32_t chunk);
  void unlist(Lane& lane, std::uint32_t chunk);
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t p = 0; p < pieces_.size(); ++p)
      for (std::size_t i = 0; pieces_[p] && i < pieces_[p]->lanes.size(); ++i)
        if (const Lane* lane = pieces_[p]->lanes[i].get()) visit(static_cast<LaneNumber>(p * kPiece + i), *lane);
  }

 private:
  Piece& piece_of(LaneNumber number);
  void insert(LaneNumber number, const LaneName& name, const LaneNotes& notes);

  std::vector<std::unique_ptr<Piece>> pieces_;
  std::unordered_map<std::string, std::vector<LaneNumber>, StringHash, std::equal_to<>> by_endpoint_;  // "tenant/id"
  LaneNumber next_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace certes::dispatcher::book
