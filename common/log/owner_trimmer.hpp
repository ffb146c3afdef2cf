#pragma once
// A thread for the owner's blocking calls to the log (trimming old checkpoints), which must not hold up the core loop.
// Started by the first job; the destructor waits for the job that runs and drops the others. run: the core loop.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace certes::log {

class Trimmer {
 public:
  ~Trimmer();
  void run(std::function<void()> job);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::thread thread_;
};

}  // namespace certes::log
