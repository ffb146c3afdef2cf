#pragma once
// What a checkpoint notes beside its chunks, and what a recovery begins with. Plain values. Who: Checkpoints, Recovery,
// the codec, and the owner, who compares the noted append times with the log.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dispatcher/book/lanes.hpp"
#include "dispatcher/book/tails.hpp"

namespace certes::dispatcher::book {

// A place in one of kTails: every valid record below it is known; `term` is in force there, so that who reads on
// from it knows what is void.
struct TailPlace {
  std::int64_t position = 0;
  std::int64_t term = 0;
  bool operator==(const TailPlace&) const = default;
};
using TailPlaces = std::array<TailPlace, kTailCount>;
// For each tail the lower of both.
void lower(TailPlaces& places, const TailPlaces& others);

// A record of `events`, by which the log is known again.
struct Landmark {
  std::int64_t offset = -1;  // -1: there is none
  UnixMillis appended_at = 0;
  bool operator==(const Landmark&) const = default;
};

// The records before the position: the last one, and one that stands more than 64, 4,096 and 262,144 and at most
// three times as many before it, so that two of each are all that must be remembered. Each is noted with its offset.
class Landmarks {
 public:
  static constexpr std::array<std::uint32_t, 4> kBefore = {1, 64, 4'096, 262'144};
  using Noted = std::array<Landmark, kBefore.size()>;  // nearest first
  void add(Landmark record);
  Noted noted() const;
  void restore(const Noted& noted);
  void cut(std::int64_t offset);  // those at or above are none any more

 private:
  struct Scale {
    Landmark older, newer;
    std::uint32_t since = 0;  // records, the newer one
  };
  std::array<Scale, kBefore.size()> scales_;
};

// What is known of the append time of one record at the watermark. Where nothing is open it is the record before the
// watermark, exactly; else it is the lowest open one, which the log has for sure, within the times of its block: the
// exact time of the one before would have to be kept for every event.
struct WatermarkTimes {
  std::int64_t offset = -1;  // -1: nothing is known
  AppendTimes times;
  bool operator==(const WatermarkTimes&) const = default;
};

struct Manifest {
  struct Ref {
    std::uint32_t number = 0;
    Written written;
    bool operator==(const Ref&) const = default;
  };
  std::string group;           // of the dispatchers whose it is
  std::int64_t term = 0;       // of who wrote it
  std::int64_t position = 0;   // every record below has been routed
  std::int64_t watermark = 0;  // the lowest open offset, or the position
  TailPlaces tails;
  Landmarks::Noted landmarks;
  WatermarkTimes watermark_times;
  LaneNumber next_lane = 0;
  std::uint64_t bytes_before = 0;  // that were written to `progress` before this manifest, ever
  std::int64_t previous = -1;      // place of the accepted one before; -1: there is none
  std::vector<Ref> chunks;         // those with something open, ascending
  std::vector<Ref> pieces;         // of lanes, ascending
  bool operator==(const Manifest&) const = default;

  // The lowest place that it names, its own excepted; INT64_MAX: it names none.
  std::int64_t lowest_place() const;
};

}  // namespace certes::dispatcher::book
