#pragma once
// Space: whether there is more free space than the reserve: on the file system, and in the file's own free pages. Looks
// at most every 200 ms; what is taken meanwhile counts twice, as it is written to the write-ahead log and to the file.
// Tells the log when appends begin to be refused, once a minute that they are, and when they no longer are. Any thread.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"

namespace certes::log::sqlite {

class Space {
 public:
  Space(std::string directory, std::int64_t reserve_bytes)
      : directory_(std::move(directory)), reserve_bytes_(reserve_bytes) {}
  // Whether a record of that size may be appended by who may not use the reserve.
  bool take(std::size_t bytes, SteadyTime now);
  // The writer's: of free pages inside the file, after each commit.
  void inside(std::int64_t bytes) { inside_.store(bytes, std::memory_order_relaxed); }
  std::int64_t reserve_bytes() const { return reserve_bytes_; }

 private:
  void look(SteadyTime now);
  void tell(bool above, SteadyTime now);

  const std::string directory_;
  const std::int64_t reserve_bytes_;
  std::atomic<std::int64_t> next_look_{INT64_MIN};  // ticks of the steady clock
  std::atomic<std::int64_t> room_{0};               // above the reserve, in bytes
  std::atomic<std::int64_t> inside_{0};
  std::mutex mutex_;
  Episode refusing_;  // guarded by mutex_
};

// "250 MiB", of bytes.
std::string mebibytes(std::int64_t bytes);

}  // namespace certes::log::sqlite
