#pragma once
// eventually: waits for a condition that another thread brings about, at most a minute. It does not keep a processor to
// itself meanwhile: the other may be of lower priority.

#include <poll.h>

#include <chrono>

namespace certes::fakes {

template <class F>
bool eventually(F&& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace certes::fakes
