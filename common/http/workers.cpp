#include "common/http/workers.hpp"

#include <pthread.h>

namespace certes::http {

namespace {

// Whatever was thrown, its text stays inside.
Response answer_of(const PooledJob& job) {
  try {
    return job.route->handler(job.request);
  } catch (...) {
    return problem(500, "internal", "Internal error", "The request could not be completed.");
  }
}

}  // namespace

Workers::Workers(std::size_t queue_max, std::string name) : queue_max_(queue_max), name_(std::move(name)) {}

void Workers::start(int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { run(); });
    ::pthread_setname_np(threads_.back().native_handle(), (name_.substr(0, 9) + "-work").c_str());
  }
}

bool Workers::submit(std::unique_ptr<PooledJob> job) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_max_ || stopping_) return false;
    queue_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workers::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const std::unique_ptr<PooledJob> job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job->reply(answer_of(*job));
  }
}

}  // namespace certes::http
