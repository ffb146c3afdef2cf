#include "dispatcher/retry/timing_wheel.hpp"

#include <algorithm>
#include <bit>

namespace certes::dispatcher {
namespace {
constexpr std::uint16_t kDue = 0xffff;  // the place of timers in due_
}

void TimingWheel::add(Timer& timer, std::uint64_t due) {
  timer.due = due;
  ++size_;
  place(timer);
}

// The level is that of the highest bit in which the time differs from now: all lower levels are passed through on the
// way down.
void TimingWheel::place(Timer& timer) {
  if (timer.due <= now_) {
    timer.place = kDue;
    return due_.push_back(timer);
  }
  const std::uint64_t at = std::min(timer.due, (std::uint64_t{1} << (kBits * kLevels)) - 1);
  const int level = (static_cast<int>(std::bit_width(at ^ now_)) - 1) / kBits;
  const auto slot = static_cast<int>((at >> (kBits * level)) & (kSlots - 1));
  timer.place = static_cast<std::uint16_t>(level * kSlots + slot);
  used_[static_cast<std::size_t>(level)] |= std::uint64_t{1} << slot;
  slots_[static_cast<std::size_t>(level)][static_cast<std::size_t>(slot)].push_back(timer);
}

void TimingWheel::cancel(Timer& timer) {
  if (!timer.linked()) return;
  timer.unlink();
  --size_;
  if (timer.place == kDue) return;
  const std::size_t level = timer.place / kSlots;
  const std::size_t slot = timer.place % kSlots;
  if (slots_[level][slot].empty()) used_[level] &= ~(std::uint64_t{1} << slot);
}

// The next slot to open: of the lowest level that holds any, for it lies within the current slot of those above.
std::optional<TimingWheel::Step> TimingWheel::step() const {
  for (int level = 0; level < kLevels; ++level) {
    const std::uint64_t used = used_[static_cast<std::size_t>(level)];
    if (used == 0) continue;
    const int slot = std::countr_zero(used);  // never below the current slot: that one is open, what is past is empty
    const std::uint64_t above = now_ >> (kBits * (level + 1)) << (kBits * (level + 1));
    return Step{level, slot, above | (static_cast<std::uint64_t>(slot) << (kBits * level))};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> TimingWheel::next() const {
  if (!due_.empty()) return now_;
  const auto opening = step();
  return opening ? std::optional(std::max(now_, opening->at)) : std::nullopt;
}

Timer* TimingWheel::expire(std::uint64_t now) {
  while (due_.empty()) {
    const auto opening = step();
    if (!opening || opening->at > now) {
      now_ = std::max(now_, now);
      return nullptr;
    }
    now_ = std::max(now_, opening->at);
    const auto level = static_cast<std::size_t>(opening->level);
    const auto slot = static_cast<std::size_t>(opening->slot);
    used_[level] &= ~(std::uint64_t{1} << slot);
    List<Timer, NodeOf<TimerNode>> moving;
    while (Timer* timer = slots_[level][slot].pop_front()) moving.push_back(*timer);
    while (Timer* timer = moving.pop_front()) place(*timer);
  }
  --size_;
  return due_.pop_front();
}

}  // namespace certes::dispatcher
