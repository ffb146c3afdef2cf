#include "common/log/sqlite/space.hpp"

#include <sys/statvfs.h>

namespace certes::log::sqlite {

bool Space::above_reserve(SteadyTime now) {
  if (reserve_bytes_ <= 0) return true;
  const std::int64_t ticks = now.time_since_epoch().count();
  std::int64_t due = next_look_.load(std::memory_order_relaxed);
  const std::int64_t next = ticks + SteadyTime::duration(Millis(200)).count();
  // One thread looks; the others go by what was seen last.
  if (ticks >= due && next_look_.compare_exchange_strong(due, next, std::memory_order_relaxed)) {
    struct statvfs at {};
    if (::statvfs(directory_.c_str(), &at) == 0) {
      const auto free_bytes = static_cast<std::int64_t>(at.f_bavail) * static_cast<std::int64_t>(at.f_frsize);
      above_.store(free_bytes >= reserve_bytes_, std::memory_order_relaxed);
    }
  }
  return above_.load(std::memory_order_relaxed);
}

}  // namespace certes::log::sqlite
