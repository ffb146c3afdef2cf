#include "gateway/ingest/heavy_work.hpp"

#include <pthread.h>

#include <algorithm>

namespace certes::gateway::ingest {
namespace {

constexpr const char* kTotal = "certes_gateway_heavy_total";
constexpr const char* kTotalHelp =
    "Requests that were too much for a loop, by whether a thread for heavy work took them";
constexpr std::size_t kLeastBytes = 64 << 20;
constexpr std::size_t kBodies = 16;

}  // namespace

HeavyWork::Options HeavyWork::options_of(const config::GatewaySettings& settings) {
  const std::size_t bytes =
      settings.heavy_bytes > 0 ? settings.heavy_bytes : std::max(kLeastBytes, kBodies * settings.max_body_bytes);
  return {settings.heavy_threads, settings.heavy_waiting, bytes};
}

HeavyWork::HeavyWork(SchemaCache& schemas, bool strict, metrics::Metrics& metrics, const Options& options)
    : waiting_(metrics.gauge("certes_gateway_heavy_waiting", "Requests that wait for a thread for heavy work")),
      waiting_bytes_(metrics.gauge("certes_gateway_heavy_waiting_bytes", "What these hold")),
      done_(metrics.counter(kTotal, kTotalHelp, {{"outcome", "done"}})),
      refused_(metrics.counter(kTotal, kTotalHelp, {{"outcome", "refused"}})),
      queue_(FairOptions{options.max_waiting, options.max_bytes, options.threads}) {
  for (int i = 0; i < options.threads; ++i) {
    places_.push_back(std::make_unique<Workplace>(schemas, strict));
    threads_.emplace_back([this, &place = *places_.back()] { run(place); });
    ::pthread_setname_np(threads_.back().native_handle(), "certes-heavy");
  }
}

HeavyWork::~HeavyWork() {
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
}

void HeavyWork::no_longer_waits(const Waiting& one) {
  waiting_.add(-1);
  waiting_bytes_.add(-static_cast<double>(one.bytes));
}

Error HeavyWork::full() {
  return {Code::busy, "too much waits to be verified or held to its schema (gateway.heavy_waiting, heavy_bytes)"};
}

void HeavyWork::offer(http::Loop& loop, std::string_view tenant, std::size_t bytes, Job job) {
  waiting_.add(1);
  waiting_bytes_.add(static_cast<double>(bytes));
  for (Waiting& away : queue_.push(tenant, bytes, {&loop, bytes, std::move(job)})) {
    no_longer_waits(away);
    refused_.add();
    away.job.work = nullptr;
    away.loop->post([then = std::move(away.job.then)] { then(false); });
  }
}

void HeavyWork::run(Workplace& place) {
  while (auto turn = queue_.pop()) {
    Waiting& one = turn->item;
    no_longer_waits(one);
    one.job.work(place);
    one.job.work = nullptr;  // the loop's are the last hands on what it shares
    done_.add();
    one.loop->post([then = std::move(one.job.then)] { then(true); });
  }
}

}  // namespace certes::gateway::ingest
