#pragma once
// Backward: fills the index from where it began towards the start of the log, the newest first, a bite at a time: of
// the partition that is filled the least far back. What attempts and dead letters say is indexed before the events that
// it is about, so that an event that is found has its state. Then the dead letters that are older than the events. Who:
// the follower of history; its thread alone. Blocks on the log and on the index. Throws Failure of the index.

#include <map>
#include <optional>

#include "api/history/forward.hpp"
#include "api/history/lanes.hpp"

namespace certes::api::history {

class Backward {
 public:
  struct Bounds {
    Millis retention;
    std::int64_t max_bytes = 0;
  };
  // All outlive it.
  Backward(log::Log& log, Index& index, Lanes& lanes, const Clock& clock, Bounds bounds)
      : log_(log), index_(index), lanes_(lanes), clock_(clock), bounds_(bounds) {}

  // One bite; idle: all that is to be there is.
  Turn step();
  // Lets the oldest go: what is older than may be kept, or more. One bite. Idle: there was nothing to let go of.
  Turn drop_oldest();
  // All that was appended from then on is indexed, as far as the index is to go back. Nothing: it is all there.
  std::optional<UnixMillis> from() const;
  // Whether all is there that is to be, as far as there is room.
  bool is_filled();
  // As from(), of dead letters, which are kept for longer. Nothing: all that the log holds are there.
  std::optional<UnixMillis> letters_from() const;

 private:
  // The events that come next, and how far back the other topics must be filled before.
  struct Bite {
    std::int32_t partition = 0;
    std::int64_t begin = 0;
    UnixMillis at = 0;
    std::map<log::Topic, std::int64_t> before;
  };
  // Reads what a lane is filled with.
  using Take = void (*)(Index& index, const log::StoredRecord& record, log::Terms& terms);

  Lane* next_lane(log::Topic topic);
  Turn plan(Lane& events);
  Turn fill_letters(Lane& letters);
  Turn fill(Lane& lane, std::int64_t begin, std::int64_t most, Take take);
  void end(Lane& lane);
  bool has_room();
  bool drop(std::int32_t partition, UnixMillis before);
  bool drop_texts(UnixMillis old);
  bool drop_letters(std::int32_t partition);
  Turn drop_for_room();
  void drop_old_letters(std::int32_t partition);
  std::optional<Index::Oldest> oldest_event();

  log::Log& log_;
  Index& index_;
  Lanes& lanes_;
  const Clock& clock_;
  const Bounds bounds_;
  std::optional<Bite> bite_;
};

}  // namespace certes::api::history
