#pragma once
// LastResort: while it lives, a further SIGTERM or SIGINT ends the process at once, whatever the shutdown waits for.
// Main thread; it has a thread of its own.

#include <atomic>
#include <thread>

#include "certes/signals.hpp"

namespace certes {

class LastResort {
 public:
  explicit LastResort(Signals& signals);
  ~LastResort();
  LastResort(const LastResort&) = delete;
  LastResort& operator=(const LastResort&) = delete;

  [[noreturn]] static void end_now();

 private:
  Signals& signals_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace certes
