// C11 threads over pthreads. ThreadSanitizer intercepts the latter only: without this it crashes on librdkafka's first
// thread, and would know nothing of its locks. Linked into whatever is built with -fsanitize=thread and uses
// librdkafka. glibc's mtx_t, cnd_t and thrd_t are its pthread types by another name.

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "mtx_t holds a pthread mutex");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "cnd_t holds a pthread condition");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t), "thrd_t is a pthread");

static int result_of(int error) {
  switch (error) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
  }
}

static pthread_mutex_t* mutex_of(mtx_t* mutex) { return (pthread_mutex_t*)mutex; }
static pthread_cond_t* condition_of(cnd_t* condition) { return (pthread_cond_t*)condition; }

struct start {
  thrd_start_t function;
  void* argument;
};

static void* run(void* argument) {
  const struct start start = *(struct start*)argument;
  free(argument);
  return (void*)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  struct start* start = malloc(sizeof *start);
  if (!start) return thrd_nomem;
  *start = (struct start){function, argument};
  const int error = pthread_create((pthread_t*)thread, NULL, run, start);
  if (error) free(start);
  return result_of(error);
}
int thrd_join(thrd_t thread, int* result) {
  void* value = NULL;
  const int error = pthread_join((pthread_t)thread, &value);
  if (!error && result) *result = (int)(intptr_t)value;
  return result_of(error);
}
int thrd_detach(thrd_t thread) { return result_of(pthread_detach((pthread_t)thread)); }
_Noreturn void thrd_exit(int result) { pthread_exit((void*)(intptr_t)result); }
thrd_t thrd_current(void) { return (thrd_t)pthread_self(); }
int thrd_equal(thrd_t one, thrd_t other) { return pthread_equal((pthread_t)one, (pthread_t)other); }
void thrd_yield(void) { sched_yield(); }
int thrd_sleep(const struct timespec* duration, struct timespec* left) {
  return nanosleep(duration, left) == 0 ? 0 : -1;
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  const int error = pthread_mutex_init(mutex_of(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return result_of(error);
}
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy(mutex_of(mutex)); }
int mtx_lock(mtx_t* mutex) { return result_of(pthread_mutex_lock(mutex_of(mutex))); }
int mtx_trylock(mtx_t* mutex) { return result_of(pthread_mutex_trylock(mutex_of(mutex))); }
int mtx_timedlock(mtx_t* mutex, const struct timespec* until) {
  return result_of(pthread_mutex_timedlock(mutex_of(mutex), until));
}
int mtx_unlock(mtx_t* mutex) { return result_of(pthread_mutex_unlock(mutex_of(mutex))); }

int cnd_init(cnd_t* condition) { return result_of(pthread_cond_init(condition_of(condition), NULL)); }
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy(condition_of(condition)); }
int cnd_signal(cnd_t* condition) { return result_of(pthread_cond_signal(condition_of(condition))); }
int cnd_broadcast(cnd_t* condition) { return result_of(pthread_cond_broadcast(condition_of(condition))); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return result_of(pthread_cond_wait(condition_of(condition), mutex_of(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const struct timespec* until) {
  return result_of(pthread_cond_timedwait(condition_of(condition), mutex_of(mutex), until));
}

// librdkafka is not built for TSan, which therefore knows nothing of its atomic reference counts and sees races between
// what one thread used and the last one frees. Only accesses under librdkafka's own frames are passed over.
const char* __tsan_default_suppressions(void);
const char* __tsan_default_suppressions(void) { return "race:librdkafka.so\n"; }
