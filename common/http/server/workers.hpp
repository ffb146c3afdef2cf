#pragma once
// Workers: the threads that run pooled routes: some for short requests, others for lengthy ones, each kind behind a
// bounded queue that is fair by whose share a request takes (base/fair_queue.hpp). What is served in steps gives its
// thread to whoever's turn it is after each. Who: the server. submit: any loop's thread, does not block. Handlers may
// throw: the edge is here.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/fair_queue.hpp"
#include "common/http/server/returning.hpp"
#include "common/http/server/server.hpp"
#include "common/http/server/server_counters.hpp"

namespace certes::http {

// A request on its own, with its bytes.
struct PooledJob {
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;  // of these
  std::string peer;
  Request request;                     // views into bytes and peer
  const PooledRoute* route = nullptr;  // the server's table has it
  std::string share;                   // whose, as the route's `enter` said
  std::unique_ptr<Steps> steps;        // once it has begun, where it goes in steps
  // Called once, by a worker or by whoever submits; what is given with the answer is let go once the loop has it.
  std::function<void(Response&&, std::shared_ptr<void>)> reply;
};

class Workers {
 public:
  Workers(const ServerOptions& options, std::shared_ptr<ServerCounters> counters);
  ~Workers() { stop(); }
  void start();
  // Where its queue is full, it, or what else has to give way to it, is answered 503.
  void submit(std::unique_ptr<PooledJob> job);
  // Drops what waits, joins.
  void stop();

 private:
  using Queue = FairQueue<std::unique_ptr<PooledJob>>;
  struct Crew {
    Crew(const ServerOptions& options, int count, JobCounters& counters);
    const int count;
    JobCounters& counters;
    Queue queue;
    std::vector<std::thread> threads;
  };
  void run(Crew& crew);
  static bool put_back(Crew& crew, Queue::Turn& turn);

  const std::string name_;
  const std::shared_ptr<ServerCounters> counters_;
  const std::shared_ptr<Returning> returning_;
  Crew short_, lengthy_;
};

}  // namespace certes::http
