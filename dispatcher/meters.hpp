#pragma once
// Meters: the dispatcher's metrics (docs/operating.md), its log lines on endpoints, and the lines of --dev. Resolved
// once. Who: core, as its Observer, and the core loop.
// Confined to the core loop; the metrics themselves are read from any thread.

#include <array>
#include <functional>
#include <map>
#include <string>

#include "common/base/line_limit.hpp"
#include "common/metrics/metrics.hpp"
#include "dispatcher/core.hpp"
#include "dispatcher/endpoint_meters.hpp"
#include "dispatcher/failing_endpoints.hpp"

namespace certes::dispatcher {

class Meters final : public Observer {
 public:
  Meters(metrics::Metrics& metrics, const Clock& clock, std::size_t most_endpoints,
         std::function<void(std::string_view)> trace, traces::Tracer* tracer = nullptr);

  std::size_t meter(const registry::Endpoint& endpoint) override { return endpoints_.meter(endpoint); }
  void attempted(const AttemptSeen& attempt) override;
  void left(std::string_view key) override { failing_endpoints_.left(key); }
  void breaker_opened(std::string_view key, std::size_t meter) override;
  void breaker_closed(std::string_view key, std::size_t meter) override;
  void workers_tripped(std::string_view key, std::size_t meter, int more, std::string_view worker) override;
  void ended(registry::Priority priority, const Ending& ending, bool has_endpoint, std::size_t meter) override;
  void dead_lettered(std::string_view rule) override;
  void exhausted() override { exhausted_.add(); }
  void given_back(http::TransferError error, std::string_view why) override;
  void token_answered(std::string_view endpoint_key, std::string_view why_not) override;
  void answered(std::string_view status) override { (status == event::kSucceeded ? succeeded_ : failed_).add(); }
  void unmatched(const log::StoredRecord& event, std::string_view event_id) override;
  void filter_failed(const FailedFilter& failed) override;
  void transformed(std::string_view outcome) override;
  void lost() override { lost_deliveries_.add(); }
  void duplicate() override { duplicates_.add(); }
  void read() override { read_.add(); }
  void read_back() override { read_back_.add(); }
  void problem(std::string_view text) override;
  void notice_lost(std::string_view why) override;

  void foreign_commit() { foreign_commits_.add(); }
  void trim_failed(std::int32_t partition, log::Topic topic, const Error& error);
  void lost(std::int64_t records) { lost_.add(static_cast<double>(records)); }
  void show(const CoreGauges& gauges);
  // Tells of endpoints that fail what is due.
  void show_failing(const FailingEndpoints::Open& open);
  void show(const http::ResolverStats& stats);
  void oldest_unfinished(UnixMillis at);  // 0: none
  void reading_stopped(bool stopped) { reading_stopped_.set(stopped ? 1 : 0); }
  void asked(bool answered) { (answered ? questions_answered_ : questions_unknown_).add(); }
  void questions_refused(std::size_t count) { questions_refused_.add(static_cast<double>(count)); }

 private:
  metrics::Metrics& metrics_;
  const Clock& clock_;
  std::function<void(std::string_view)> trace_;
  traces::Tracer* const tracer_;  // null: there are no traces

  std::array<std::array<metrics::Counter, kEndings>, registry::kPriorities> deliveries_;  // of the last ones
  std::array<metrics::Histogram, registry::kPriorities> age_;
  std::array<metrics::Gauge, registry::kPriorities> in_memory_, on_log_, retrying_, oldest_;
  std::array<metrics::Counter, kEndings> attempts_;
  metrics::Histogram duration_;
  metrics::Gauge breakers_open_, blocked_keys_, blocked_seconds_;
  metrics::Counter breakers_opened_;
  LineLimit breakers_told_, workers_told_;
  metrics::Gauge in_flight_, memory_, reading_stopped_, index_, unfinished_, identities_, identity_bytes_;
  metrics::Counter exhausted_;
  metrics::Counter succeeded_, failed_;
  metrics::Counter questions_answered_, questions_unknown_, questions_refused_;
  metrics::Counter unresolved_, local_;  // given back
  metrics::Counter tokens_granted_, tokens_refused_;
  LineLimit given_back_told_, trims_told_, tokens_told_;
  metrics::Gauge resolving_, resolving_waiting_;
  std::array<metrics::Counter, 4> resolved_;  // found, failed, silent, local
  http::ResolverStats shown_;
  metrics::Counter unmatched_, duplicates_, read_, read_back_, lost_, lost_deliveries_, foreign_commits_;
  metrics::Counter trims_of_events_, trims_of_progress_;               // that failed
  std::map<std::string, metrics::Counter, std::less<>> dead_letters_;  // by reason
  std::array<metrics::Counter, 3> filter_errors_;                      // by what becomes of the event
  LineLimit filters_told_;
  std::map<std::string, metrics::Counter, std::less<>> transforms_;  // by outcome
  metrics::Counter notices_lost_;
  LineLimit notices_told_;
  EndpointMeters endpoints_;
  FailingEndpoints failing_endpoints_;
};

}  // namespace certes::dispatcher
