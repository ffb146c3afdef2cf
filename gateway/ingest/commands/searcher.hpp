#pragma once
// Searcher: threads on which commands are looked up, for loops that may not block. Who: Gateway, one for its loops;
// command intake asks. search: any thread. The answer is given on the loop that asked; what still waits when the
// searcher is destroyed is dropped, so the server must be stopped before.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/result.hpp"
#include "common/http/server.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/ingest/commands/finder.hpp"

namespace certes::gateway::commands {

class Searcher {
 public:
  using Done = std::function<void(Result<FoundCommand>)>;  // on the loop

  struct Options {
    Millis limit{2'000};  // for one search
    int threads = 2;
    std::size_t max_waiting = 1'024;
    std::size_t remembered_bytes = 32u << 20;
  };
  Searcher(log::Log& log, metrics::Metrics& metrics, const Options& options);
  ~Searcher();
  Searcher(const Searcher&) = delete;
  Searcher& operator=(const Searcher&) = delete;

  // busy where too many wait; `done` is then not called.
  Result<void> search(http::Loop& loop, std::string tenant, std::string id, Done done);

 private:
  struct Question {
    http::Loop* loop;
    std::string tenant, id;
    Done done;
  };
  void run();

  const std::size_t max_waiting_;
  metrics::Gauge waiting_;
  metrics::Counter searched_, refused_;
  Finder finder_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;  // guarded by mutex_, as is stopping_
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace certes::gateway::commands
