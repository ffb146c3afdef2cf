#pragma once
// DeadlineWheel: coarse deadlines of many connections (within 32 ms, never early). Moving a deadline later costs a
// store: the entry stays where it is, and is put in its new place when the wheel comes to it. Who: the server's loops.
// Confined to one thread. Entries are intrusive, and must be removed before they die.

#include <array>
#include <bit>
#include <cstdint>

#include "common/base/clock.hpp"

namespace certes::http {

class DeadlineWheel {
 public:
  static constexpr SteadyTime kNever = SteadyTime::max();

  struct Entry {
    SteadyTime deadline = kNever;
    Entry* next = nullptr;
    Entry* previous = nullptr;
    std::int64_t tick = -1;  // of its slot; -1: in none
  };

  explicit DeadlineWheel(SteadyTime now) : current_(tick_of(now)) {}

  void set(Entry& entry, SteadyTime deadline) {
    entry.deadline = deadline;
    if (deadline == kNever) return;
    const std::int64_t tick = slot_tick(deadline);
    if (entry.tick >= 0 && entry.tick <= tick) return;
    remove(entry);
    link(entry, tick);
  }

  void remove(Entry& entry) {
    if (entry.tick < 0) return;
    entry.previous->next = entry.next;
    if (entry.next) entry.next->previous = entry.previous;
    const std::size_t slot = slot_of(entry.tick);
    if (!slots_[slot].next) used_[slot / 64] &= ~(1ull << (slot % 64));
    entry.tick = -1;
  }

  // Calls `due(entry)` for all whose deadline has passed; they are out of the wheel then, and may be set again or die.
  template <class F>
  void expire(SteadyTime now, F&& due) {
    const std::int64_t until = tick_of(now);
    if (until - current_ > kSlots) current_ = until - kSlots;
    while (current_ < until) {
      ++current_;
      Entry& head = slots_[slot_of(current_)];
      while (Entry* entry = head.next) {
        remove(*entry);
        if (entry->deadline <= now) {
          due(*entry);
        } else if (entry->deadline != kNever) {
          link(*entry, slot_tick(entry->deadline));
        }
      }
    }
  }

  // When expire should be called next; kNever if the wheel is empty.
  SteadyTime next() const {
    for (std::int64_t ahead = 1; ahead <= kSlots;) {
      const std::size_t slot = slot_of(current_ + ahead);
      const std::uint64_t word = used_[slot / 64] >> (slot % 64);
      if (word != 0) return SteadyTime(kTick * (current_ + ahead + std::countr_zero(word)));
      ahead += static_cast<std::int64_t>(64 - slot % 64);
    }
    return kNever;
  }

 private:
  static constexpr std::int64_t kSlots = 1024;
  static constexpr Millis kTick{32};

  static std::int64_t tick_of(SteadyTime at) { return at.time_since_epoch() / kTick; }
  static std::size_t slot_of(std::int64_t tick) { return static_cast<std::size_t>(tick % kSlots); }

  std::int64_t slot_tick(SteadyTime deadline) const {
    const std::int64_t tick = tick_of(deadline) + 1;
    return std::max(current_ + 1, std::min(tick, current_ + kSlots - 1));
  }

  void link(Entry& entry, std::int64_t tick) {
    const std::size_t slot = slot_of(tick);
    Entry& head = slots_[slot];
    entry.tick = tick;
    entry.previous = &head;
    entry.next = head.next;
    if (head.next) head.next->previous = &entry;
    head.next = &entry;
    used_[slot / 64] |= 1ull << (slot % 64);
  }

  std::array<Entry, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64> used_{};
  std::int64_t current_;
};

}  // namespace certes::http
