#pragma once
// Searcher: threads on which commands are looked up, for loops that may not block, fair by tenant
// (base/fair_queue.hpp). Who: Gateway, one for its loops; command intake asks. search: any thread. The answer is given
// on the loop that asked; what still waits when the searcher is destroyed is dropped, so the server must be stopped
// before.

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/fair_queue.hpp"
#include "common/base/result.hpp"
#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/commands/finder.hpp"

namespace certes::gateway::commands {

class Searcher {
 public:
  using Done = std::function<void(Result<FoundCommand>)>;  // on the loop

  struct Options {
    Millis limit{2'000};  // for one search
    int threads = 4;
    std::size_t max_waiting = 1'024;
    std::size_t found_bytes = 32u << 20;  // remembered
    std::size_t absent_bytes = 4u << 20;
  };
  Searcher(log::Log& log, metrics::Metrics& metrics, const Options& options);
  ~Searcher();
  Searcher(const Searcher&) = delete;
  Searcher& operator=(const Searcher&) = delete;

  // Error of the answer: busy, where too many wait; those of Finder::find.
  void search(http::Loop& loop, const std::string& tenant, std::string id, Done done);

 private:
  struct Question {
    http::Loop* loop;
    std::string tenant, id;
    Done done;
  };
  void run();
  static void answer(Question&& question, Result<FoundCommand>&& found);

  metrics::Gauge waiting_;
  metrics::Counter searched_, refused_;
  Finder finder_;
  FairQueue<Question> questions_;
  std::vector<std::thread> threads_;
};

}  // namespace certes::gateway::commands
