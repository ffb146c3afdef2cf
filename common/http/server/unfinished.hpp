#pragma once
// Unfinished: the memory that a server's connections hold for requests that are not whole yet, and for answers that
// their clients do not take. All loops of a server share one limit; above it the connection whose last byte came (or
// went) longest ago gives up what it holds. Who: ServerLoop; Connection derives from Unfinished::Holder.
//
// Threads: each loop has a list of its own, confined to its thread; UnfinishedBudget is for all of them. Holders are
// intrusive, and must be removed before they die.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>

#include "common/base/clock.hpp"

namespace certes::http {

// What all loops hold together, and how long the oldest of each has waited.
class UnfinishedBudget {
 public:
  UnfinishedBudget(std::size_t limit_bytes, std::size_t loops) : limit_(limit_bytes), oldest_(loops) {
    for (auto& oldest : oldest_) oldest.store(kNone, std::memory_order_relaxed);
  }

  std::size_t limit() const { return limit_; }
  std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  bool exceeded() const { return held() > limit_; }
  // So far above that no loop may wait for another to give way.
  bool far_exceeded() const { return held() > limit_ + limit_ / 8; }
  // Of unsigned numbers that wrap: `change` may be below zero.
  void change(std::size_t change) { held_.fetch_add(change, std::memory_order_relaxed); }

  void set_oldest(std::size_t loop, SteadyTime moved) {
    oldest_[loop].store(moved.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void set_none(std::size_t loop) { oldest_[loop].store(kNone, std::memory_order_relaxed); }
  // The loop of the connection that is to go first.
  std::size_t loop_of_oldest() const {
    std::size_t found = 0;
    for (std::size_t i = 1; i < oldest_.size(); ++i)
      if (oldest_[i].load(std::memory_order_relaxed) < oldest_[found].load(std::memory_order_relaxed)) found = i;
    return found;
  }

 private:
  using Count = SteadyTime::rep;
  static constexpr Count kNone = std::numeric_limits<Count>::max();

  const std::size_t limit_;
  std::atomic<std::size_t> held_{0};
  std::deque<std::atomic<Count>> oldest_;  // by loop
};

// The connections of one loop that hold something, the one that has not moved for longest first.
class UnfinishedList {
 public:
  struct Holder {
    std::size_t held_bytes = 0;  // 0: in no list
    SteadyTime moved_at{};
    Holder* next = nullptr;
    Holder* previous = nullptr;
  };

  UnfinishedList(UnfinishedBudget& budget, std::size_t loop) : budget_(budget), loop_(loop) {}

  // `moved`: bytes came or went just now.
  void set(Holder& holder, std::size_t bytes, bool moved, SteadyTime now) {
    if (bytes == 0 && holder.held_bytes == 0) return;
    budget_.change(bytes - holder.held_bytes);
    const bool was_listed = holder.held_bytes != 0;
    holder.held_bytes = bytes;
    if (was_listed && (moved || bytes == 0)) unlink(holder);
    if (bytes != 0 && (moved || !was_listed)) link_last(holder, now);
    publish();
  }

  // Null: none holds anything.
  Holder* oldest() const { return first_; }

 private:
  void link_last(Holder& holder, SteadyTime now) {
    holder.moved_at = now;
    holder.previous = last_;
    holder.next = nullptr;
    (last_ ? last_->next : first_) = &holder;
    last_ = &holder;
  }
  void unlink(Holder& holder) {
    (holder.previous ? holder.previous->next : first_) = holder.next;
    (holder.next ? holder.next->previous : last_) = holder.previous;
  }
  void publish() {
    if (first_) {
      budget_.set_oldest(loop_, first_->moved_at);
    } else {
      budget_.set_none(loop_);
    }
  }

  UnfinishedBudget& budget_;
  const std::size_t loop_;
  Holder* first_ = nullptr;
  Holder* last_ = nullptr;
};

}  // namespace certes::http
