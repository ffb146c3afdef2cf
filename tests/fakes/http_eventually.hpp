#pragma once
// eventually: waits for a condition that another thread brings about, at most ten seconds.

#include <chrono>
#include <thread>

namespace certes::fakes {

template <class F>
bool eventually(F&& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace certes::fakes
