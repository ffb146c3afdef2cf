#pragma once
// PickTask: one run of a Picker as its engine works it off: what is still wanted, the results so far, and whether a
// bound is reached. Offsets are answered in ascending order. Who: the engines' pickers. Pure; confined to one thread.

#include <cstdint>
#include <optional>
#include <vector>

#include "common/log/log.hpp"

namespace certes::log {

// Whether these are ascending ranges, none empty, none within another, none below 0.
bool are_runs(const std::vector<OffsetRange>& ranges);

class PickTask {
 public:
  explicit PickTask(PickRun run) : run_(std::move(run)), next_(first()) {}

  const PickRun& run() const { return run_; }

  // The lowest offset that has no result yet. Precondition: not ended.
  std::int64_t next() const { return next_; }
  // [next, the end of what is wanted nearby): no gap in it is above `max_gap` offsets.
  OffsetRange piece(std::int64_t max_gap) const;
  // At most `max` of the offsets from next() on that are wanted, and below `limit`.
  void list(std::size_t max, std::int64_t limit, std::vector<std::int64_t>& out) const;

  // Results; each does nothing once the run has ended. Whatever is wanted below:
  void gone_below(std::int64_t offset) { below(offset, PickFate::gone); }
  void damaged_below(std::int64_t offset) { below(offset, PickFate::damaged); }
  // Of a record at or above next(): what is wanted below it is gone; itself, if it is wanted.
  void read(RecordPtr record);
  // The run has ended; without an error a bound of it is reached.
  void again(std::optional<Error> error);
  void check_time(SteadyTime now);  // after each step

  bool ended() const { return ended_; }
  bool wants(std::int64_t offset) const;  // next() or above
  std::vector<Picked>& results() { return results_; }

 private:
  std::int64_t first() const { return run_.wanted.empty() ? 0 : run_.wanted.front().start; }
  void below(std::int64_t offset, PickFate fate);
  void add(std::int64_t offset, PickFate fate, RecordPtr record = nullptr);
  void advance();

  const PickRun run_;
  std::size_t at_ = 0;  // the range that next_ is in
  std::int64_t next_;
  std::optional<SteadyTime> since_;  // it has a result
  std::size_t bytes_ = 0, given_ = 0;
  bool ended_ = false;
  std::vector<Picked> results_;
};

}  // namespace certes::log
