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
#include "gateway/ingest/commands/finder.hpp"

namespace certes::gateway::commands {

class Searcher {
 public:
  using Done = std::function<void(Result<FoundCommand>)>;  // on the loop

  Searcher(log::Log& log, Millis limit);
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

  Finder finder_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;  // guarded by mutex_, as is stopping_
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace certes::gateway::commands
