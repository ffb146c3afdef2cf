#pragma once
// Workers: the threads that run pooled routes, behind a bounded queue. Who: the server. submit: any loop's thread, does
// not block. Handlers may throw: the edge is here.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/http/server.hpp"

namespace certes::http {

// A request on its own, with its bytes.
struct PooledJob {
  std::unique_ptr<char[]> bytes;
  std::string peer;
  Request request;                        // views into bytes and peer
  const PooledRoute* route = nullptr;     // the server's table has it
  std::string share;                      // whose, as the route's `enter` said
  std::function<void(Response&&)> reply;  // called by the worker
};

class Workers {
 public:
  Workers(std::size_t queue_max, std::string name);
  ~Workers() { stop(); }
  void start(int threads);
  // False: the queue is full.
  bool submit(std::unique_ptr<PooledJob> job);
  // Drops what waits, joins.
  void stop();

 private:
  void run();

  const std::size_t queue_max_;
  const std::string name_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::unique_ptr<PooledJob>> queue_;  // guarded by mutex_
  bool stopping_ = false;                         // guarded by mutex_
};

}  // namespace certes::http
