#pragma once
// Mailbox: values from any thread to one owner thread, in arrival order per sender. Wraps moodycamel's queue and a
// wake-up that is called once per burst: by the sender that finds the box asleep. Used wherever threads meet.
// post: any thread, does not block. drain: the owner alone.
// The owner must drain after each wake-up until it gets nothing; `wake` may be called once too often, never too seldom.

#include <atomic>
#include <functional>
#include <utility>
#include <vector>
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#else
#include <concurrentqueue/moodycamel/concurrentqueue.h>
#endif

namespace certes {

template <class T>
class Mailbox {
 public:
  // `wake` is called from posting threads; it must not block or throw. Owners that look by themselves pass none.
  explicit Mailbox(std::function<void()> wake = {}) : wake_(std::move(wake)) {}

  void post(T value) {
    queue_.enqueue(std::move(value));
    if (!signalled_.exchange(true) && wake_) wake_();
  }

  // Moves at most `max` values to the end of `out`; returns how many. Owner thread.
  std::size_t drain(std::vector<T>& out, std::size_t max = 1024) {
    signalled_.store(false);
    const std::size_t before = out.size();
    out.resize(before + max);
    const std::size_t n = queue_.try_dequeue_bulk(out.begin() + static_cast<std::ptrdiff_t>(before), max);
    out.resize(before + n);
    // What stays must not wait for the next sender.
    if (n == max && !signalled_.exchange(true) && wake_) wake_();
    return n;
  }

  std::size_t size_approx() const { return queue_.size_approx(); }

 private:
  moodycamel::ConcurrentQueue<T> queue_;
  std::atomic<bool> signalled_{false};
  std::function<void()> wake_;
};

}  // namespace certes
