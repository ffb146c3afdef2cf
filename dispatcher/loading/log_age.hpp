#pragma once
// LogAge: what of a partition of `events` is older than may be (events.max_wait_seconds). The log's time goes by what
// was read of it last and the steady time since, so that neither this machine's clock nor its jumps have a say; and an
// age counts only once it has been exceeded for a quarter of an hour, so that a leader's clock that jumps and comes
// back expires nothing. Who: loader. Pure: the clock is passed in. Confined to one thread.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

class LogAge {
 public:
  // The newest record that was read.
  void read(UnixMillis appended_at, SteadyTime now) {
    appended_at_ = appended_at;
    read_at_ = now;
  }
  // Once a minute, or more often. What was appended before the time it gives is older than `most`; nothing: not known.
  std::optional<UnixMillis> look(Millis most, SteadyTime now) {
    if (appended_at_ == 0) return std::nullopt;
    const UnixMillis before = appended_at_ + std::chrono::duration_cast<Millis>(now - read_at_).count() - most.count();
    if (looks_ == 0 || now - looked_at_ >= kMinute) {
      before_[looks_++ % before_.size()] = before;
      looked_at_ = now;
    }
    if (looks_ < before_.size()) return std::nullopt;
    return std::min(before, *std::ranges::min_element(before_));
  }

 private:
  static constexpr Millis kMinute{60'000};

  UnixMillis appended_at_ = 0;
  SteadyTime read_at_{}, looked_at_{};
  std::array<UnixMillis, 16> before_{};  // as it was at the last looks, a minute apart
  std::size_t looks_ = 0;
};

}  // namespace certes::dispatcher
