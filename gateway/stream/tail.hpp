#pragma once
// Tail: one thread that reads the log as it grows, for those who watch, and only while somebody does. What watchers are
// shown goes to them by their Outlet. Who: the gateway has one; its loops' Watchers use it.
// Any thread; add and remove do not block, and are done in the order in which one thread asks.

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "common/base/mailbox.hpp"
#include "common/base/wake_signal.hpp"
#include "gateway/stream/audience.hpp"
#include "gateway/stream/event_feed.hpp"
#include "gateway/stream/line_feed.hpp"
#include "gateway/stream/outcome_feed.hpp"
#include "gateway/stream/unread.hpp"

namespace certes::gateway::stream {

class Tail {
 public:
  struct Options {
    std::size_t buffer_bytes = 256u << 10;  // that a watcher may be behind
    Millis heartbeat{15'000};
    OutcomeFeed::Limits waits{};
  };
  // `unread`: where what is shown counts; above its limit those that are furthest behind go first.
  Tail(log::Log& log, Unread& unread, Options options);
  ~Tail();
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  // Its outlet, which outlives the tail, is handed `begun` or `refused` first. After `refused` it is gone.
  void add(Watcher watcher);
  void remove(WatcherId watcher);
  // Log lines, for those who watch them here.
  bool lines_watched() const { return lines_.watched(); }
  bool show(Line line) { return lines_.post(std::move(line)); }
  // Called with whether somebody watches log lines, now and whenever that changes, on the tail's thread.
  void on_lines_watched(std::function<void(bool)> told);

  // An event is about to be appended, and somebody waits for what becomes of it: waiter.ready is called, then, once
  // accepted() was, waiter.tell, both on the tail's thread.
  void expect(Waiter waiter);
  void accepted(WaiterId waiter, std::int32_t partition);
  void give_up(WaiterId waiter);  // tell what is known
  void forget(WaiterId waiter);   // do not tell
  // All who wait are told what is known, and nobody waits from now on.
  void end_waits();

  // Somebody has read what was handed over.
  void wake() { signal_->wake(); }

 private:
  void run();
  void begin(Watcher&& watcher);
  void end(WatcherId id);
  void beat();
  bool make_room();
  void tell_lines_watched();
  void take_up();
  Millis patience() const;

  const Options options_;
  Unread& unread_;
  const std::shared_ptr<WakeSignal> signal_ = std::make_shared<WakeSignal>();
  Mailbox<std::function<void()>> mailbox_;
  std::atomic<bool> stopping_{false};

  // The thread's.
  std::vector<std::function<void()>> work_;
  Audience audience_;
  EventFeed events_;
  OutcomeFeed outcomes_;
  LineFeed lines_;
  std::function<void(bool)> on_lines_watched_;
  SteadyTime beat_at_{};

  std::thread thread_;  // last: it uses all of that
};

}  // namespace certes::gateway::stream
