#pragma once
// A thread for the owner's blocking calls to the log (trimming old checkpoints), which must not hold up the core loop.
// Started by the first job; the destructor waits for the job that runs and drops the others. run: the core loop.

#include <deque>
#include <functional>
#include <thread>

#include "common/base/mutex.hpp"

namespace certes::dispatcher {

class Trimmer {
 public:
  ~Trimmer();
  void run(std::function<void()> job);

 private:
  void loop();

  Mutex mutex_;
  Condition ready_;
  std::deque<std::function<void()>> jobs_ CERTES_GUARDED_BY(mutex_);
  bool stopping_ CERTES_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace certes::dispatcher
