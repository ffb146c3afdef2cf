#pragma once
// EventLoop: one epoll thread: events, work posted from other threads, merged wake-ups, timers, and hooks at the end of
// each round. Who: the server's loops derive from it and own the sockets. Threads: as Loop says; run() is the thread.

#include <atomic>
#include <memory>
#include <vector>

#include "common/base/event_fd.hpp"
#include "common/base/mailbox.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

class EventLoop : public Loop {
 public:
  explicit EventLoop(int index);
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  int index() const override { return index_; }
  void post(std::function<void()> work) override;
  std::function<void()> waker(std::function<void()> on_loop) override;
  void at_round_end(std::function<void()> work) override { round_end_.push_back(std::move(work)); }
  TimerId after(Millis delay, std::function<void()> work) override;
  void cancel(TimerId timer) override;
  SteadyTime now() const override { return now_; }

 protected:
  // Rounds until end_round() says that it is over. Each: wait, events, posted work, timers, take_up(), hooks,
  // end_round().
  void run();
  virtual void on_event(std::uint64_t token, std::uint32_t events) = 0;
  // What was put off in an earlier round: before the hooks, so that they see all of it.
  virtual void take_up() = 0;
  // After the hooks. False: leave.
  virtual bool end_round() = 0;
  // Lets go of all work that will not run, for the destructor of what derives: what is let go may answer its exchange.
  void drop_work();
  // When to come back at the latest; the past: do not block.
  virtual SteadyTime wait_until() const = 0;
  // Registers; never needs changing, as it is edge-triggered.
  bool watch(int fd, std::uint64_t token, std::uint32_t events);
  void unwatch(int fd);

 private:
  // What outlives the loop: wakers may be called when it is gone.
  struct Signal {
    EventFd event;
    std::atomic<bool> raised{false};
    void raise() {
      if (!raised.exchange(true)) event.notify();
    }
  };
  struct Waker {
    std::shared_ptr<Signal> signal;
    std::atomic<bool> called{false};
    std::function<void()> on_loop;
  };
  struct Timer {
    std::function<void()> work;
    std::uint32_t generation = 0;
  };
  struct Due {
    SteadyTime at;
    TimerId id;
  };

  int wait_ms();
  void run_posted();
  void run_timers();
  std::function<void()> take_timer(TimerId id);

  const int index_;
  int epoll_ = -1;
  std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
  std::atomic<bool> posted_{false};
  Mailbox<std::function<void()>> mailbox_;

  // The loop's thread.
  SteadyTime now_ = std::chrono::steady_clock::now();
  std::vector<std::function<void()>> work_;
  std::vector<std::shared_ptr<Waker>> wakers_;
  std::vector<std::function<void()>> round_end_;
  std::vector<Timer> timers_;
  std::vector<std::uint32_t> free_timers_;
  std::vector<Due> due_;  // a heap, the earliest on top; entries of cancelled timers are passed over
};

}  // namespace certes::http
