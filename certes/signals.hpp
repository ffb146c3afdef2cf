#pragma once
// Signals: SIGINT, SIGTERM and, if asked for, SIGHUP as something to wait for, with wake-ups from other threads. Made
// once by main before any thread, so that all of them have the signals blocked. wait: one thread at a time; wake: any
// thread.

#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>

#include "common/base/clock.hpp"
#include "common/base/event_fd.hpp"

namespace certes {

class Signals {
 public:
  // What ends a process is often said twice: timeout(1) signals the process, then its group; a terminal the group, then
  // a script its child. Within so long it counts once.
  static constexpr Millis kOnce{500};

  explicit Signals(std::function<SteadyTime()> now = [] { return std::chrono::steady_clock::now(); });
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // From now on SIGHUP is an event and does not end the process. Before there are threads.
  void take_hangups();

  enum class Event { signal, hangup, woken, timeout };
  // Takes one signal, or all wake-ups since the last call (one that says a signal again is one). No limit: waits for
  // ever.
  Event wait(std::optional<Millis> limit = std::nullopt);
  void wake() const { woken_.notify(); }

 private:
  void take(std::initializer_list<int> numbers);

  const std::function<SteadyTime()> now_;
  std::optional<SteadyTime> told_at_;  // of the last Event::signal
  int signal_fd_ = -1;
  EventFd woken_;
};

}  // namespace certes
