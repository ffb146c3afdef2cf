#pragma once
// Space: whether there is more free space than the reserve, on the file system and in the file's own free pages, and
// less of the file in use than may be. Looks at most every 200 ms; what is taken meanwhile counts twice, as it is
// written to the write-ahead log and to the file.
// Tells the log when appends begin to be refused, once a minute that they are, and when they no longer are. Any thread.

#include <atomic>
#include <cstdint>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"
#include "common/base/mutex.hpp"

namespace certes::log::sqlite {

class Space {
 public:
  // `max_bytes`, `reserve_bytes`: 0: not bounded by that.
  Space(std::string directory, std::int64_t reserve_bytes, std::int64_t max_bytes)
      : directory_(std::move(directory)), reserve_bytes_(reserve_bytes), max_bytes_(max_bytes) {}
  // Whether a record of that size may be appended by who may not use the reserve.
  bool take(std::size_t bytes, SteadyTime now);
  // Why it was not, and what to do.
  std::string refusal() const;
  // The writer's, after each commit: bytes of free pages inside the file, and of the others.
  void inside(std::int64_t free_bytes, std::int64_t used_bytes) {
    inside_.store(free_bytes, std::memory_order_relaxed);
    used_.store(used_bytes, std::memory_order_relaxed);
  }
  // So much is in use that what is finished should go.
  bool nearly_full() const {
    return max_bytes_ > 0 && used_.load(std::memory_order_relaxed) > max_bytes_ - max_bytes_ / 8;
  }

 private:
  void look(SteadyTime now);
  void tell(bool above, SteadyTime now);

  const std::string directory_;
  const std::int64_t reserve_bytes_, max_bytes_;
  std::atomic<std::int64_t> next_look_{INT64_MIN};  // ticks of the steady clock
  std::atomic<std::int64_t> room_{0};               // in bytes; below 0: none
  std::atomic<bool> in_use_{false};                 // there is none because of what is in use
  std::atomic<std::int64_t> inside_{0}, used_{0};
  Mutex mutex_;
  Episode refusing_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::log::sqlite
