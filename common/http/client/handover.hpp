#pragma once
// Handover: how many transfers a sender was given and has not begun. Beginning a thousand takes half a second, so who
// has more to send than that waits with it, and chooses later what goes first. Who: Sender (the caller's thread) and
// its threads.

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

namespace certes::http {

class Handover {
 public:
  // `wake`: once it is no longer busy, if somebody asked while it was. Any thread; must not block.
  Handover(std::size_t most, std::function<void()> wake) : most_(most), wake_(std::move(wake)) {}

  // The caller's thread.
  void given() { unbegun_.fetch_add(1); }
  bool is_busy() {
    if (unbegun_.load() < most_) return false;
    asked_.store(true);
    return unbegun_.load() >= most_;
  }
  // A sender's thread.
  void begun(std::size_t count) {
    const std::size_t left = unbegun_.fetch_sub(count) - count;
    if (left <= most_ / 2 && asked_.exchange(false) && wake_) wake_();
  }

 private:
  const std::size_t most_;
  const std::function<void()> wake_;
  std::atomic<std::size_t> unbegun_{0};
  std::atomic<bool> asked_{false};
};

}  // namespace certes::http
