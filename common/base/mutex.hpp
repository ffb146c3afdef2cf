#pragma once
// Mutexes whose use is checked: a member says by which mutex it is guarded, a function which it needs, and a use
// without it is an error of ./dev lint (clang's -Wthread-safety; g++ takes no notice). Who: everything that two threads
// touch. Threads: that is what they are for. No callback and no I/O under a lock. Source: clang's Thread Safety
// Analysis; the names are its attributes'.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#if defined(__clang__)
#define CERTES_THREAD_SAFETY(...) __attribute__((__VA_ARGS__))
#else
#define CERTES_THREAD_SAFETY(...)
#endif

// Of a member: only under this mutex; of a pointer: what it points to.
#define CERTES_GUARDED_BY(...) CERTES_THREAD_SAFETY(guarded_by(__VA_ARGS__))
#define CERTES_PT_GUARDED_BY(...) CERTES_THREAD_SAFETY(pt_guarded_by(__VA_ARGS__))
// Of a function, or of a lambda that runs under a lock of its caller's: the caller holds it; the caller must not.
#define CERTES_REQUIRES(...) CERTES_THREAD_SAFETY(requires_capability(__VA_ARGS__))
#define CERTES_EXCLUDES(...) CERTES_THREAD_SAFETY(locks_excluded(__VA_ARGS__))
// Of a function whose locking the analysis cannot follow; a comment says why it is right.
#define CERTES_UNCHECKED CERTES_THREAD_SAFETY(no_thread_safety_analysis)

namespace certes {

class CERTES_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() CERTES_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() CERTES_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }

 private:
  friend class Lock;
  std::mutex mutex_;
};

// Holds a mutex to the end of its scope; may let it go and take it again meanwhile.
class CERTES_THREAD_SAFETY(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) CERTES_THREAD_SAFETY(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~Lock() CERTES_THREAD_SAFETY(release_capability()) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void lock() CERTES_THREAD_SAFETY(acquire_capability()) { lock_.lock(); }
  void unlock() CERTES_THREAD_SAFETY(release_capability()) { lock_.unlock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// What threads wait for under a lock. A wait without a predicate may end without cause. A predicate runs under the
// lock, and says so: [this]() CERTES_REQUIRES(mutex_) { return done_; }
class Condition {
 public:
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

  void wait(Lock& lock) { condition_.wait(lock.lock_); }
  // False: that time has come.
  template <class Clock, class Duration>
  bool wait_until(Lock& lock, const std::chrono::time_point<Clock, Duration>& until) {
    return condition_.wait_until(lock.lock_, until) == std::cv_status::no_timeout;
  }
  template <class Rep, class Period>
  bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& span) {
    return condition_.wait_for(lock.lock_, span) == std::cv_status::no_timeout;
  }

  // With a predicate: whether it holds in the end.
  template <class Predicate>
  void wait(Lock& lock, Predicate predicate) CERTES_UNCHECKED {
    condition_.wait(lock.lock_, std::move(predicate));
  }
  template <class Rep, class Period, class Predicate>
  bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& span, Predicate predicate) CERTES_UNCHECKED {
    return condition_.wait_for(lock.lock_, span, std::move(predicate));
  }

 private:
  std::condition_variable condition_;
};

}  // namespace certes
