// What a process under test is told of the time: preloaded (LD_PRELOAD), with a file in TEST_CLOCK_FILE of two numbers
// of nanoseconds, what the wall clock is ahead by and what the steady clock is, which a test may change while the
// process runs. Who: clocks.Clock. Any thread.
//
// Only the functions that tell the time are replaced, and the one wait that is given a time of the steady clock; its
// callers check the time themselves. timespec_get is not: librdkafka asks it for no more than when a cnd_timedwait
// ends, and that goes by the real time. (libfaketime 0.9.10 replaces it, and not cnd_timedwait: waits of ten days.)

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLook = 10'000'000;  // a wait sees after so long that the steady clock was changed

struct Ahead {
  std::atomic<std::int64_t> wall, steady;
};

const Ahead& ahead() {
  static const Ahead none{};
  static const Ahead* const of_file = [] {
    const char* const name = std::getenv("TEST_CLOCK_FILE");
    const int file = name != nullptr ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return &none;
    void* const mapped = mmap(nullptr, sizeof(Ahead), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return mapped != MAP_FAILED ? static_cast<const Ahead*>(mapped) : &none;
  }();
  return *of_file;
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }
timespec time_of(std::int64_t nanoseconds) { return {nanoseconds / kSecond, nanoseconds % kSecond}; }

timespec told(clockid_t clock, timespec time) {
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return time_of(nanoseconds(time) + ahead().wall);
  if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE) return time_of(nanoseconds(time) + ahead().steady);
  return time;
}

timespec told(clockid_t clock) {
  timespec time{};
  syscall(SYS_clock_gettime, clock, &time);
  return told(clock, time);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (syscall(SYS_clock_gettime, clock, time) != 0) return -1;
  *time = told(clock, *time);
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  const timespec now = told(CLOCK_REALTIME);
  *time = {now.tv_sec, now.tv_nsec / 1'000};
  return 0;
}

time_t time(time_t* to) noexcept {
  const time_t now = told(CLOCK_REALTIME).tv_sec;
  if (to != nullptr) *to = now;
  return now;
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
  static const auto wait = reinterpret_cast<Wait>(dlsym(RTLD_NEXT, "pthread_cond_clockwait"));
  if (clock != CLOCK_MONOTONIC) return wait(condition, mutex, clock, until);
  const std::int64_t now = nanoseconds(told(CLOCK_MONOTONIC));
  const timespec slice = time_of(std::min(nanoseconds(*until), now + kLook) - ahead().steady);
  const int result = wait(condition, mutex, clock, &slice);
  // Before its time it is as if woken for nothing.
  return result == ETIMEDOUT && nanoseconds(told(CLOCK_MONOTONIC)) < nanoseconds(*until) ? 0 : result;
}

}  // extern "C"
