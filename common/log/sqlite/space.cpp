#include "common/log/sqlite/space.hpp"

#include <spdlog/spdlog.h>
#include <sys/statvfs.h>

#include <algorithm>

namespace certes::log::sqlite {

namespace {

std::string mebibytes(std::int64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

bool Space::take(std::size_t bytes, SteadyTime now) {
  if (reserve_bytes_ <= 0 && max_bytes_ <= 0) return true;
  const std::int64_t ticks = now.time_since_epoch().count();
  std::int64_t due = next_look_.load(std::memory_order_relaxed);
  const std::int64_t next = ticks + SteadyTime::duration(Millis(200)).count();
  // One thread looks; the others go by what was seen last.
  if (ticks >= due && next_look_.compare_exchange_strong(due, next, std::memory_order_relaxed)) look(now);
  if (room_.load(std::memory_order_relaxed) < 0) return false;
  const std::int64_t taken = 2 * static_cast<std::int64_t>(bytes);
  // What is left may be none: the next one looks.
  if (room_.fetch_sub(taken, std::memory_order_relaxed) < taken) next_look_.store(INT64_MIN, std::memory_order_relaxed);
  return true;
}

void Space::look(SteadyTime now) {
  std::int64_t room = INT64_MAX;
  if (reserve_bytes_ > 0) {
    struct statvfs at {};
    if (::statvfs(directory_.c_str(), &at) != 0) return;
    const auto outside = static_cast<std::int64_t>(at.f_bavail) * static_cast<std::int64_t>(at.f_frsize);
    room = outside + inside_.load(std::memory_order_relaxed) - reserve_bytes_;
  }
  if (max_bytes_ > 0) {
    const std::int64_t unused = max_bytes_ - used_.load(std::memory_order_relaxed);
    in_use_.store(unused < room, std::memory_order_relaxed);
    room = std::min(room, unused);
  }
  room_.store(room, std::memory_order_relaxed);
  tell(room >= 0, now);
}

std::string Space::refusal() const {
  if (in_use_.load(std::memory_order_relaxed))
    return mebibytes(max_bytes_) +
           " of the log are in use by what is not finished or not old enough "
           "(events.max_bytes)";
  return "less than " + mebibytes(reserve_bytes_) + " of free space at " + directory_ +
         ", kept for finishing what was accepted: free some space (store.reserve_bytes)";
}

void Space::tell(bool above, SteadyTime now) {
  std::optional<Episode::Line> refused;
  std::optional<Millis> over;
  {
    const Lock lock(mutex_);
    if (above)
      over = refusing_.over(now);
    else
      refused = refusing_.met(now);
  }
  if (refused) spdlog::error("log: {}: events are refused, what was accepted goes on", refusal());
  if (over) spdlog::warn("log: enough free space again, after {} s", over->count() / 1000);
}

}  // namespace certes::log::sqlite
