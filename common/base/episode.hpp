#pragma once
// Episode: a trouble that begins, lasts and ends, and what of it is told in the log: its beginning, once in a while
// that it lasts, its end. One that comes and goes all the time is told once in that while. Who: whatever retries for
// ever. Pure; guarded by who has it.

#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/clock.hpp"

namespace certes {

class Episode {
 public:
  explicit Episode(Millis every = Millis{60'000}) : every_(every) {}

  struct Line {
    std::uint64_t times;  // that it was met since the last line, this time included
    Millis lasting;       // since it began; zero: it begins
  };
  // The trouble is there. Nothing: it is not to be told now.
  std::optional<Line> met(SteadyTime now) {
    if (!began_) began_ = now;
    ++times_;
    if (now < next_) return std::nullopt;
    next_ = now + every_;
    told_ = true;
    return Line{std::exchange(times_, 0), std::chrono::duration_cast<Millis>(now - *began_)};
  }
  // It is over; how long it lasted. Nothing: there was none, or none that was told.
  std::optional<Millis> over(SteadyTime now) {
    if (!began_) return std::nullopt;
    const SteadyTime began = *std::exchange(began_, std::nullopt);
    if (!std::exchange(told_, false)) return std::nullopt;
    return std::chrono::duration_cast<Millis>(now - began);
  }

 private:
  const Millis every_;
  std::optional<SteadyTime> began_;  // while it lasts
  SteadyTime next_ = SteadyTime::min();
  std::uint64_t times_ = 0;  // since the last line
  bool told_ = false;        // of the one that lasts
};

}  // namespace certes
