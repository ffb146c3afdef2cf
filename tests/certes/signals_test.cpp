#include "certes/signals.hpp"

#include <doctest/doctest.h>
#include <pthread.h>

#include <csignal>

using namespace certes;

namespace {

// Signals blocks what it takes in the thread that makes it; the tests after this one are as before.
struct KeptMask {
  KeptMask() { pthread_sigmask(SIG_BLOCK, nullptr, &mask); }
  ~KeptMask() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  sigset_t mask;
};

}  // namespace

TEST_CASE("Signals: what is said twice at once is one, and later another") {
  const KeptMask kept;
  SteadyTime now{};
  Signals signals([&now] { return now; });
  std::raise(SIGINT);
  std::raise(SIGTERM);
  CHECK(signals.wait() == Signals::Event::signal);
  now += Signals::kOnce - Millis{1};
  CHECK(signals.wait() == Signals::Event::woken);
  CHECK(signals.wait(Millis{0}) == Signals::Event::timeout);
  std::raise(SIGTERM);
  now += Millis{1};
  CHECK(signals.wait() == Signals::Event::signal);
}
