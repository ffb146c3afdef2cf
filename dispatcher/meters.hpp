#pragma once
// Meters: the dispatcher's metrics (docs/operating.md), and the line per attempt of --dev. Resolved once; the first
// endpoints have labels of their own, the others share `_other`. Who: core, as its Observer, and the core loop.
// Confined to the core loop; the metrics themselves are read from any thread.

#include <array>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/line_limit.hpp"
#include "common/metrics/metrics.hpp"
#include "dispatcher/core/core.hpp"

namespace certes::dispatcher {

class Meters final : public Observer {
 public:
  Meters(metrics::Metrics& metrics, const Clock& clock, std::size_t most_endpoints,
         std::function<void(std::string_view)> trace);

  std::size_t meter(const registry::Endpoint& endpoint) override;
  void attempted(const AttemptSeen& attempt) override;
  void ended(registry::Priority priority, std::string_view outcome, bool has_endpoint, std::size_t meter) override;
  void dead_lettered(std::string_view rule) override;
  void given_back(http::TransferError error, std::string_view why) override;
  void answered(std::string_view status) override { (status == event::kSucceeded ? succeeded_ : failed_).add(); }
  void unmatched() override { unmatched_.add(); }
  void duplicate() override { duplicates_.add(); }
  void read_back() override { read_back_.add(); }
  void problem(std::string_view text) override;

  void lost(std::int64_t records) { lost_.add(static_cast<double>(records)); }
  void show(const CoreGauges& gauges);
  void show(const http::ResolverStats& stats);
  void oldest_unfinished(UnixMillis at);  // 0: none

 private:
  static constexpr int kOutcomes = 3;
  using ByOutcome = std::array<metrics::Counter, kOutcomes>;  // delivered, dead_lettered, cancelled

  ByOutcome deliveries_of(std::string_view name, std::string_view help, metrics::Labels labels);
  void trace_line(const AttemptSeen& attempt);

  metrics::Metrics& metrics_;
  const Clock& clock_;
  std::size_t most_endpoints_;
  std::function<void(std::string_view)> trace_;
  std::string line_;

  std::array<ByOutcome, registry::kPriorities> deliveries_;
  std::array<metrics::Histogram, registry::kPriorities> age_;
  std::array<metrics::Gauge, registry::kPriorities> waiting_, retrying_, oldest_;
  std::array<metrics::Counter, 5> attempts_;  // delivered, retry, awaiting, dead_lettered, cancelled
  metrics::Histogram duration_;
  metrics::Gauge in_flight_, memory_, awaiting_, unfinished_, identities_, identity_bytes_;
  metrics::Counter succeeded_, failed_;
  metrics::Counter unresolved_, local_;  // given back
  LineLimit given_back_told_;
  metrics::Gauge resolving_, resolving_waiting_;
  std::array<metrics::Counter, 4> resolved_;  // found, failed, silent, local
  http::ResolverStats shown_;
  metrics::Counter unmatched_, duplicates_, read_back_, lost_;
  std::map<std::string, metrics::Counter, std::less<>> dead_letters_;  // by reason
  std::vector<ByOutcome> endpoints_;                                   // the first is of the others
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace certes::dispatcher
