#include "certes/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace certes {

Signals::Signals(std::function<SteadyTime()> now) : now_(std::move(now)) {
  std::signal(SIGPIPE, SIG_IGN);
  take({SIGINT, SIGTERM});
}

void Signals::take_hangups() { take({SIGINT, SIGTERM, SIGHUP}); }

void Signals::take(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal_fd_ = ::signalfd(signal_fd_, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Signals::~Signals() { ::close(signal_fd_); }

Signals::Event Signals::wait(std::optional<Millis> limit) {
  pollfd fds[2] = {{signal_fd_, POLLIN, 0}, {woken_.fd(), POLLIN, 0}};
  ::poll(fds, 2, limit ? static_cast<int>(limit->count()) : -1);
  signalfd_siginfo info;
  if ((fds[0].revents & POLLIN) != 0 && ::read(signal_fd_, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) return Event::hangup;
    const SteadyTime now = now_();
    if (told_at_ && now - *told_at_ < kOnce) return Event::woken;
    told_at_ = now;
    return Event::signal;
  }
  if ((fds[1].revents & POLLIN) == 0) return Event::timeout;
  woken_.drain();
  return Event::woken;
}

}  // namespace certes
