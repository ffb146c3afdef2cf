#pragma once
// Timing wheel: timers in seven levels of 64 slots, a tick of one millisecond (reach: 139 years). Adding and
// cancelling are O(1), a timer moves down at most six times, and empty time costs nothing. The clock is passed in:
// `now` counts milliseconds from any start and never goes back. Who: core (waiting retries), scheduler (rate limits).
// Confined to one thread.

#include <array>
#include <cstdint>
#include <optional>

#include "dispatcher/scheduling/list.hpp"

namespace certes::dispatcher {

struct TimerNode;
// Base of what waits in a wheel; may be a member or a base of its owner.
struct Timer : NodeOf<TimerNode> {
  std::uint64_t due = 0;    // milliseconds, as given
  std::uint16_t place = 0;  // level and slot
};

class TimingWheel {
 public:
  explicit TimingWheel(std::uint64_t now = 0) : now_(now) {}
  // Precondition: not in a wheel. A time in the past is due at the next advance.
  void add(Timer& timer, std::uint64_t due);
  void cancel(Timer& timer);
  // Moves time to `now` and gives the timers that are due, one by one, in order of their due times; nothing once there
  // are no more. A timer that was given is out of the wheel.
  Timer* expire(std::uint64_t now);
  // No timer is due before; it may be earlier than the first timer's time, never later. Nothing: empty.
  std::optional<std::uint64_t> next() const;
  std::size_t size() const { return size_; }

 private:
  static constexpr int kBits = 6;
  static constexpr int kSlots = 1 << kBits;
  static constexpr int kLevels = 7;
  struct Step {
    int level;
    int slot;
    std::uint64_t at;
  };

  std::optional<Step> step() const;
  void place(Timer& timer);

  std::array<std::array<List<Timer, NodeOf<TimerNode>>, kSlots>, kLevels> slots_;
  std::array<std::uint64_t, kLevels> used_{};  // which slots hold timers
  List<Timer, NodeOf<TimerNode>> due_;
  std::uint64_t now_;
  std::size_t size_ = 0;
};

}  // namespace certes::dispatcher
