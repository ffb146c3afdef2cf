#include "dispatcher/ownership/trimmer.hpp"

namespace certes::dispatcher {

Trimmer::~Trimmer() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Trimmer::run(std::function<void()> job) {
  {
    const Lock lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  ready_.notify_all();
}

void Trimmer::loop() {
  Lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this]() CERTES_REQUIRES(mutex_) { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace certes::dispatcher
