#pragma once
// Forward: follows the log from where the index ends, so that it is behind by as little as may be. Who: the follower of
// history; its thread alone. Blocks on the log for a moment (offsets), and on the index. Throws Failure of the index.

#include <optional>
#include <vector>

#include "api/history/lanes.hpp"
#include "common/base/clock.hpp"

namespace certes::api::history {

enum class Turn : std::uint8_t {
  idle,      // there was nothing to do
  busy,      // there may be more
  away,      // the log cannot be asked now
  replaced,  // another log has taken the place of the one that is indexed
};

class Forward {
 public:
  // All outlive it.
  Forward(log::Log& log, Index& index, Lanes& lanes, const Clock& clock)
      : log_(log), index_(index), lanes_(lanes), clock_(clock) {}

  // Finds the places of all partitions there are, new ones too. Before the first round, and now and then after it.
  Turn find_lanes();
  // Reads what has come, of each partition at most so much; one transaction.
  Turn round();
  // All that was appended until then is indexed. Nothing: not known yet.
  std::optional<UnixMillis> until() const;

 private:
  Turn place(Lane& lane);
  Turn know_again(const Lane& lane, const log::OffsetRange& range);
  bool ask_ends();
  Turn read(Lane& lane);
  void note_end(Lane& lane);

  log::Log& log_;
  Index& index_;
  Lanes& lanes_;
  const Clock& clock_;
  std::vector<log::RecordPtr> page_;
  bool writing_ = false;  // the round's transaction has begun
  SteadyTime ask_at_ = SteadyTime::min();
};

}  // namespace certes::api::history
