#pragma once
// The metrics of the ingest listener, resolved once. Who: ingest. Any thread.

#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/base/line_limit.hpp"
#include "common/base/mutex.hpp"
#include "common/metrics/metrics.hpp"
#include "common/registry/resources.hpp"
#include "gateway/ingest/tallies.hpp"
#include "gateway/repeats/idempotency_index.hpp"

namespace certes::gateway::ingest {

// Reasons of refusals that are not the sender's.
inline constexpr std::string_view kNotAccepted = "not_accepted";
inline constexpr std::string_view kInternal = "internal";

class IngestMetrics {
 public:
  // `max_sources`: sources with a label of their own; the rest counts as "_other".
  IngestMetrics(metrics::Metrics& metrics, std::size_t max_sources);

  void finished(std::chrono::microseconds took) {
    request_duration_.observe(std::chrono::duration<double>(took).count());
  }
  // Events that a request has made durable; `took`: as appended().
  void accepted(std::string_view tenant, registry::EventKind kind, std::size_t events, std::chrono::nanoseconds took) {
    accepted_[static_cast<std::size_t>(kind)].add(static_cast<double>(events));
    tallies_.accepted(tenant, kind, events, took);
  }
  void appended(std::chrono::nanoseconds took) {
    append_duration_.observe(std::chrono::duration<double>(took).count());
  }
  // A request whose Idempotency-Key was not fresh.
  void repeated(IdempotencyIndex::State state) { repeated_[static_cast<std::size_t>(state)].add(); }
  // Events that were there already.
  void duplicates(std::string_view tenant, std::size_t events) {
    duplicates_.add(static_cast<double>(events));
    tallies_.duplicates(tenant, events);
  }
  // `tenant`: "" where it is not known whose. `source`: id of a source that exists, "" for POST /events.
  void rejected(std::string_view tenant, std::string_view source, std::string_view reason) {
    rejections(source, reason).add();
    tallies_.refused(tenant);
  }
  // The same of what a sender may have to be told by somebody: with a line a minute for each source and reason.
  void refused(std::string_view tenant, std::string_view source, std::string_view reason, std::string_view why,
               SteadyTime now);
  // Nothing of the request was looked at: `count` is rejections(), which was asked for before.
  void shut(metrics::Counter count) {
    count.add();
    tallies_.refused("");
  }
  // The counter of those, for who has many to count.
  metrics::Counter rejections(std::string_view source, std::string_view reason);
  // Refused, for the event has been here too often: counted, and a line a minute for each source (POST /events: each
  // tenant).
  void looped(std::string_view tenant, std::string_view source, SteadyTime now);
  // An event about Certes that the log did not take: with a line a minute.
  void notice_lost(std::string_view why, SteadyTime now);
  // Accepted from a source, as a dead letter.
  void quarantined() { quarantined_.add(); }
  const Tallies& tallies() const { return tallies_; }

 private:
  metrics::Metrics& metrics_;
  const std::size_t max_sources_;
  std::array<metrics::Counter, registry::kEventKinds> accepted_;  // by kind
  metrics::Counter duplicates_, quarantined_, notices_lost_;
  std::array<metrics::Counter, 4> repeated_;  // by IdempotencyIndex::State
  metrics::Histogram request_duration_;
  metrics::Histogram append_duration_;
  Tallies tallies_;
  LineLimit refusals_told_, loops_told_, notices_told_;
  Mutex mutex_;
  std::set<std::string, std::less<>> sources_ CERTES_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, metrics::Counter> rejected_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::gateway::ingest
