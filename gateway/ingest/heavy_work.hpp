#pragma once
// HeavyWork: threads for what would hold up a loop: signatures over big bodies, schemas that take many steps, long
// batches. A few threads, a bounded queue that is fair to tenants; whoever finds no place in it is told at once. Who:
// Gateway makes one, each Intake offers. offer: on a loop's thread, does not block.
// What still waits when it is destroyed is dropped: the server must have been stopped before, and its loops still be
// there.

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/fair_queue.hpp"
#include "common/config/settings.hpp"
#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/ingest/workplace.hpp"

namespace certes::gateway::ingest {

class HeavyWork {
 public:
  struct Options {
    int threads = 2;
    std::size_t max_waiting = 1'024;
    std::size_t max_bytes = 64u << 20;
  };
  static Options options_of(const config::GatewaySettings& settings);

  struct Job {
    // On one of the threads. What it shares with `then` is let go of by `then`, on the loop.
    std::function<void(Workplace&)> work;
    // On the loop, once. False: there was no place, and it was not done.
    std::function<void(bool done)> then;
  };

  HeavyWork(SchemaCache& schemas, bool strict, metrics::Metrics& metrics, const Options& options);
  ~HeavyWork();
  HeavyWork(const HeavyWork&) = delete;
  HeavyWork& operator=(const HeavyWork&) = delete;

  // What is told to whom there was no place for.
  static Error full();

  // `bytes`: what the job holds.
  void offer(http::Loop& loop, std::string_view tenant, std::size_t bytes, Job job);

 private:
  struct Waiting {
    http::Loop* loop = nullptr;
    std::size_t bytes = 0;
    Job job;
  };
  void run(Workplace& place);
  void no_longer_waits(const Waiting& one);

  metrics::Gauge waiting_, waiting_bytes_;
  metrics::Counter done_, refused_;
  FairQueue<Waiting> queue_;
  std::vector<std::unique_ptr<Workplace>> places_;
  std::vector<std::thread> threads_;
};

}  // namespace certes::gateway::ingest
