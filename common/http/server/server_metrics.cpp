#include "common/http/server/server_metrics.hpp"

#include <vector>

#include "common/base/mutex.hpp"
#include "common/http/server/server_counters.hpp"

namespace certes::http {

namespace {

// What is counted elsewhere, as a metric that moves by what was added since it was last looked at.
struct Followed {
  metrics::Counter counter;
  std::function<std::uint64_t()> count;
  std::uint64_t last = 0;

  void follow() {
    const std::uint64_t now = count();
    if (now != last) counter.add(static_cast<double>(now - last));
    last = now;
  }
};

class Exposed {
 public:
  Exposed(std::shared_ptr<const ServerCounters> counters, std::string listener, metrics::Metrics& metrics)
      : counters_(std::move(counters)),
        listener_(std::move(listener)),
        metrics_(metrics),
        open_(metrics.gauge("certes_http_connections", "Open connections", {{"listener", listener_}})),
        unfinished_(metrics.gauge("certes_http_unfinished_bytes",
                                  "Held for requests that are not whole and answers that are not taken",
                                  {{"listener", listener_}})) {
    metrics.gauge("certes_http_connections_max", "Most connections that are taken", {{"listener", listener_}})
        .set(static_cast<double>(counters_->max_connections));
    metrics.gauge("certes_http_unfinished_bytes_max", "Most that may be held so", {{"listener", listener_}})
        .set(static_cast<double>(counters_->unfinished.limit()));
    add_connections();
    add_requests();
    add_jobs("short", counters_->short_jobs);
    add_jobs("lengthy", counters_->lengthy_jobs);
  }

  void collect() {
    const Lock lock(mutex_);
    const auto open = static_cast<double>(counters_->open.load(std::memory_order_relaxed));
    open_.add(open - last_open_);
    last_open_ = open;
    const auto unfinished = static_cast<double>(counters_->unfinished.held());
    unfinished_.add(unfinished - last_unfinished_);
    last_unfinished_ = unfinished;
    for (auto& [gauge, jobs] : waiting_) gauge.set(static_cast<double>(jobs->waiting.load(std::memory_order_relaxed)));
    for (Followed& one : followed_) one.follow();
  }

 private:
  using Pick = std::function<const Tally&(const LoopCounters&)>;

  void add(std::string_view name, std::string_view help, metrics::Labels labels, const Pick& pick)
      CERTES_REQUIRES(mutex_) {
    labels.emplace_back("listener", listener_);
    followed_.push_back(
        {metrics_.counter(name, help, labels), [counters = counters_, pick] { return counters->sum(pick); }});
  }

  void add_connections() CERTES_REQUIRES(mutex_) {
    add("certes_http_connections_accepted_total", "Connections that were taken", {},
        [](const LoopCounters& loop) -> const Tally& { return loop.accepted; });
    for (std::size_t i = 0; i < kFullNames.size(); ++i)
      add("certes_http_connections_refused_total", "Connections above a limit", {{"limit", std::string(kFullNames[i])}},
          [i](const LoopCounters& loop) -> const Tally& { return loop.full[i]; });
    for (std::size_t i = 0; i < kLateNames.size(); ++i)
      add("certes_http_timeouts_total", "Connections that were waited for in vain, by what was waited for",
          {{"waiting_for", std::string(kLateNames[i])}},
          [i](const LoopCounters& loop) -> const Tally& { return loop.late[i]; });
    add("certes_http_tls_handshakes_total", "TLS handshakes", {{"outcome", "ok"}},
        [](const LoopCounters& loop) -> const Tally& { return loop.handshakes; });
    add("certes_http_tls_handshakes_total", "TLS handshakes", {{"outcome", "failed"}},
        [](const LoopCounters& loop) -> const Tally& { return loop.failed_handshakes; });
  }

  void add_requests() CERTES_REQUIRES(mutex_) {
    add("certes_http_requests_total", "Requests that were whole and well-formed", {},
        [](const LoopCounters& loop) -> const Tally& { return loop.requests; });
    for (std::size_t i = 0; i < kRefusedStatuses.size(); ++i) {
      const std::string code = kRefusedStatuses[i] == 0 ? "other" : std::to_string(kRefusedStatuses[i]);
      add("certes_http_refused_total", "What was refused before it was a request", {{"code", code}},
          [i](const LoopCounters& loop) -> const Tally& { return loop.refused[i]; });
    }
  }

  void add_jobs(const std::string& kind, const JobCounters& jobs) CERTES_REQUIRES(mutex_) {
    const metrics::Labels labels{{"kind", kind}, {"listener", listener_}};
    waiting_.emplace_back(metrics_.gauge("certes_http_jobs_waiting", "Requests that wait for a worker", labels), &jobs);
    followed_.push_back({metrics_.counter("certes_http_jobs_refused_total",
                                          "Requests for which there was no place before a worker", labels),
                         [&jobs] { return jobs.refused.load(std::memory_order_relaxed); }});
  }

  const std::shared_ptr<const ServerCounters> counters_;
  const std::string listener_;
  metrics::Metrics& metrics_;
  Mutex mutex_;
  metrics::Gauge open_ CERTES_GUARDED_BY(mutex_);
  metrics::Gauge unfinished_ CERTES_GUARDED_BY(mutex_);
  double last_open_ CERTES_GUARDED_BY(mutex_) = 0;
  double last_unfinished_ CERTES_GUARDED_BY(mutex_) = 0;
  std::vector<Followed> followed_ CERTES_GUARDED_BY(mutex_);
  std::vector<std::pair<metrics::Gauge, const JobCounters*>> waiting_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace

void expose(std::shared_ptr<const ServerCounters> counters, const std::string& listener, metrics::Metrics& metrics) {
  const auto exposed = std::make_shared<Exposed>(std::move(counters), listener, metrics);
  metrics.on_scrape([exposed] { exposed->collect(); });
}

}  // namespace certes::http
