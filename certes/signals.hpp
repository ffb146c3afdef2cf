#pragma once
// Signals: SIGINT and SIGTERM as something to wait for, together with wake-ups from other threads. Made once by main
// before any thread, so that all of them have the signals blocked. wait: one thread at a time; wake: any thread.

#include <optional>

#include "common/base/clock.hpp"
#include "common/base/event_fd.hpp"

namespace certes {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  enum class Event { signal, woken, timeout };
  // Takes one signal, or all wake-ups since the last call. No limit: waits for ever.
  Event wait(std::optional<Millis> limit = std::nullopt);
  void wake() const { woken_.notify(); }

 private:
  int signal_fd_;
  EventFd woken_;
};

}  // namespace certes
