#pragma once
// CatchUp: one pass over what the watchers that resume have missed, from the lowest of their positions, with readers of
// its own, until it meets the live feed, partition by partition: from there on the live feed serves that partition.
// Who: EventFeed, one pass at a time for each tenant. Confined to the tail's thread; does not block, but where offsets
// are gone.

#include <vector>

#include "common/log/cursor.hpp"
#include "gateway/stream/audience.hpp"

namespace certes::gateway::stream {

class CatchUp {
 public:
  // What it needs of the feed that it catches up with.
  class Live {
   public:
    virtual const Positions& live() const = 0;
    // Shows a record to those of `members` that ask for it and begin at or below its offset. Gives the bytes of it.
    virtual std::size_t show(const log::StoredRecord& record, const std::vector<Watcher*>& members) = 0;
    virtual void tell_gap(const std::vector<Watcher*>& members) = 0;

   protected:
    ~Live() = default;
  };
  CatchUp(log::Log& log, Live& live, log::Wake wake, std::size_t step_bytes)
      : log_(log), live_(live), wake_(std::move(wake)), step_bytes_(step_bytes) {}

  bool idle() const { return members_.empty(); }
  // Precondition: idle().
  void begin(std::vector<Watcher*> members);
  // A part of the pass. True: there is more to do at once; false: a wake-up comes, or the watchers have to read first.
  bool step();
  void forget(const Watcher& watcher);
  // Whether that partition is still this pass's: precondition: of a member.
  bool reads(std::int32_t partition) const { return cursors_[static_cast<std::size_t>(partition)].open(); }
  Positions positions_of(const Watcher& member) const;

 private:
  bool members_can_take() const;
  bool read_page();
  void settle_page();
  void gone(std::size_t partition, const log::Cursor::Gone& gone);
  void join(std::size_t partition);
  void end();

  log::Log& log_;
  Live& live_;
  const log::Wake wake_;
  const std::size_t step_bytes_;
  std::vector<Watcher*> members_;
  std::vector<log::Cursor> cursors_;  // by partition; closed: joined
  Positions at_;                      // of those that are read
  std::vector<log::RecordPtr> page_;  // of partition turn_, from next_ on
  std::size_t next_ = 0, turn_ = 0;
};

}  // namespace certes::gateway::stream
