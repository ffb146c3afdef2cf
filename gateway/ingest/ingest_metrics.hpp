#pragma once
// The metrics of the ingest listener, resolved once. Who: ingest. Any thread.

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/metrics.hpp"
#include "common/registry/resources.hpp"
#include "gateway/ingest/idempotency_index.hpp"

namespace certes::gateway::ingest {

class IngestMetrics {
 public:
  // `routes`: the patterns that may be asked for; others count as "_other". `max_sources`: sources with a label of
  // their own; the rest counts as "_other".
  IngestMetrics(metrics::Metrics& metrics, const std::vector<std::string>& routes, std::size_t max_sources);

  void finished(std::string_view route, int status, std::chrono::microseconds took);
  void accepted(registry::EventKind kind, std::size_t events) {
    accepted_[static_cast<std::size_t>(kind)].add(static_cast<double>(events));
  }
  void appended(std::chrono::nanoseconds took) {
    append_duration_.observe(std::chrono::duration<double>(took).count());
  }
  // A request whose Idempotency-Key was not fresh.
  void repeated(IdempotencyIndex::State state) { repeated_[static_cast<std::size_t>(state)].add(); }
  // Events that were there already.
  void duplicates(std::size_t events) { duplicates_.add(static_cast<double>(events)); }
  // `source`: id of a source that exists, "" for POST /events.
  void rejected(std::string_view source, std::string_view reason) { rejections(source, reason).add(); }
  // The counter of those, for who has many to count.
  metrics::Counter rejections(std::string_view source, std::string_view reason);
  // Accepted from a source, as a dead letter.
  void quarantined() { quarantined_.add(); }

 private:
  static constexpr int kFirstStatus = 100, kStatuses = 500;
  struct Code {
    std::atomic<bool> resolved{false};
    metrics::Counter counter;
  };
  struct Route {
    std::string pattern;
    std::array<Code, kStatuses> codes;
  };
  metrics::Counter& counter(Route& route, int status);

  metrics::Metrics& metrics_;
  const std::size_t max_sources_;
  std::vector<std::unique_ptr<Route>> routes_;                    // the last is "_other"
  std::array<metrics::Counter, registry::kEventKinds> accepted_;  // by kind
  metrics::Counter duplicates_, quarantined_;
  std::array<metrics::Counter, 4> repeated_;  // by IdempotencyIndex::State
  metrics::Histogram request_duration_;
  metrics::Histogram append_duration_;
  std::mutex mutex_;  // guards what follows, and resolving
  std::set<std::string, std::less<>> sources_;
  std::map<std::pair<std::string, std::string>, metrics::Counter> rejected_;
};

}  // namespace certes::gateway::ingest
