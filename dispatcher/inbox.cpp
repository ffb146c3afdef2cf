#include "dispatcher/inbox.hpp"

#include <poll.h>

#include <ctime>

namespace certes::dispatcher {

void Inbox::wait(SteadyTime now, SteadyTime until) {
  if (until <= now || signalled_.load()) return;
  const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - now).count();
  const std::timespec timeout{static_cast<std::time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
  pollfd watched{event_.fd(), POLLIN, 0};
  [[maybe_unused]] const int ready = ::ppoll(&watched, 1, &timeout, nullptr);
}

}  // namespace certes::dispatcher
