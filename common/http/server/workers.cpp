#include "common/http/server/workers.hpp"

#include <pthread.h>

namespace certes::http {

namespace {

// Nothing: it goes on later. Whatever was thrown, its text stays inside.
std::optional<Response> serve(PooledJob& job) {
  try {
    if (job.steps) return job.steps->step();
    PooledAnswer done = job.route->handler(job.request);
    if (auto* answer = std::get_if<Response>(&done)) return std::move(*answer);
    job.steps = std::get<std::unique_ptr<Steps>>(std::move(done));
    return job.steps->step();
  } catch (...) {
    return problem(500, "internal", "Internal error", "The request could not be completed.");
  }
}

Response busy() {
  Response response = problem(503, "busy", "Busy", "Too many requests wait for a worker. Try again.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Workers::Crew::Crew(const ServerOptions& options, int threads_wanted, JobCounters& job_counters)
    : count(std::max(1, threads_wanted)),
      counters(job_counters),
      queue({options.worker_queue, options.worker_queue_bytes, count}) {}

Workers::Workers(const ServerOptions& options, std::shared_ptr<ServerCounters> counters)
    : name_(options.name.substr(0, 9)),
      counters_(std::move(counters)),
      returning_(std::make_shared<Returning>(counters_)),
      short_(options, options.workers, counters_->short_jobs),
      lengthy_(options, options.lengthy_workers, counters_->lengthy_jobs) {}

void Workers::start() {
  for (Crew* crew : {&short_, &lengthy_})
    for (int i = 0; i < crew->count; ++i) {
      crew->threads.emplace_back([this, crew] { run(*crew); });
      ::pthread_setname_np(crew->threads.back().native_handle(),
                           (name_ + (crew == &short_ ? "-work" : "-long")).c_str());
    }
}

void Workers::submit(std::unique_ptr<PooledJob> job) {
  Crew& crew = job->route->lengthy ? lengthy_ : short_;
  const std::string share = job->share;
  const std::size_t size = job->size;
  crew.counters.waiting.fetch_add(1, std::memory_order_relaxed);
  for (const auto& away : crew.queue.push(share, size, std::move(job))) {
    crew.counters.waiting.fetch_sub(1, std::memory_order_relaxed);
    crew.counters.refused.fetch_add(1, std::memory_order_relaxed);
    away->reply(busy(), nullptr);
  }
}

void Workers::stop() {
  returning_->close();
  for (Crew* crew : {&short_, &lengthy_}) {
    crew->queue.close();
    for (std::thread& thread : crew->threads) thread.join();
    crew->threads.clear();
  }
}

void Workers::run(Crew& crew) {
  while (auto turn = crew.queue.pop()) {
    crew.counters.waiting.fetch_sub(1, std::memory_order_relaxed);
    auto response = serve(*turn->item);
    while (!response && !put_back(crew, *turn)) response = serve(*turn->item);
    if (!response) continue;
    auto held = returning_->enter(response->body.size());
    turn->item->reply(std::move(*response), std::move(held));
  }
}

bool Workers::put_back(Crew& crew, Queue::Turn& turn) {
  const std::size_t bytes = turn.item->size + turn.item->steps->held();
  crew.counters.waiting.fetch_add(1, std::memory_order_relaxed);
  if (turn.put_back(bytes)) return true;
  crew.counters.waiting.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

}  // namespace certes::http
