#pragma once
// LastResort: while it lives, a further SIGTERM or SIGINT ends the process at once, whatever the shutdown waits for,
// and so does the end of its time. What was acknowledged is on the log, however a process ends. Main thread; it has a
// thread of its own.

#include <atomic>
#include <thread>

#include "certes/signals.hpp"

namespace certes {

class LastResort {
 public:
  // `drain`: what draining may take from now on; all of the shutdown two seconds more.
  LastResort(Signals& signals, Millis drain);
  ~LastResort();
  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

  [[noreturn]] static void end_now();

 private:
  Signals& signals_;
  const SteadyTime until_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace certes
