#include "gateway/ingest/ingest_metrics.hpp"

#include <spdlog/spdlog.h>

#include "common/event/hops.hpp"
#include "common/event/notice.hpp"

namespace certes::gateway::ingest {

IngestMetrics::IngestMetrics(metrics::Metrics& metrics, std::size_t max_sources)
    : metrics_(metrics),
      max_sources_(max_sources),
      duplicates_(metrics.counter("certes_gateway_duplicates_total", "Events that were answered as there already.")),
      quarantined_(metrics.counter("certes_gateway_quarantined_total",
                                   "Raw webhooks that broke their type's schema and became dead letters.")),
      notices_lost_(metrics.counter(event::kNoticesLost, event::kNoticesLostHelp)),
      request_duration_(
          metrics.histogram("certes_gateway_request_duration_seconds", "From a request's last byte to its answer.")),
      append_duration_(
          metrics.histogram("certes_log_append_duration_seconds", "From an append to its acknowledgement.")) {
  for (std::size_t i = 0; i < accepted_.size(); ++i) {
    const std::string kind(to_string(static_cast<registry::EventKind>(i)));
    accepted_[i] =
        metrics.counter("certes_gateway_events_accepted_total", "Events that are durable.", {{"kind", kind}});
  }
  const std::string_view outcomes[] = {"", "in_flight", "other_payload", "answered"};
  for (std::size_t i = 1; i < repeated_.size(); ++i)
    repeated_[i] = metrics.counter("certes_gateway_idempotency_repeats_total",
                                   "Requests with an Idempotency-Key that was used before.",
                                   {{"outcome", std::string(outcomes[i])}});
}

metrics::Counter IngestMetrics::rejections(std::string_view source, std::string_view reason) {
  const Lock lock(mutex_);
  std::string label(source);
  if (!source.empty() && !sources_.contains(source)) {
    if (sources_.size() < max_sources_)
      sources_.emplace(source);
    else
      label = "_other";
  }
  const auto [found, fresh] = rejected_.try_emplace({label, std::string(reason)});
  if (fresh)
    found->second = metrics_.counter("certes_gateway_rejected_total", "Requests to publish that were refused.",
                                     {{"source", label}, {"reason", std::string(reason)}});
  return found->second;
}

void IngestMetrics::refused(std::string_view tenant, std::string_view source, std::string_view reason,
                            std::string_view why, SteadyTime now) {
  rejected(tenant, source, reason);
  if (source.empty()) return;
  const std::string name = std::string(source).append("/").append(reason);
  if (const auto times = refusals_told_.due(name, now))
    spdlog::warn("gateway: source {}: refused {} {} since the last such line ({}): {}", source, *times,
                 *times == 1 ? "webhook" : "webhooks", reason, why);
}

void IngestMetrics::notice_lost(std::string_view why, SteadyTime now) {
  notices_lost_.add();
  if (const auto times = notices_told_.due({}, now))
    spdlog::warn("gateway: events about Certes are lost, {} since the last such line, now as {}", *times, why);
}

void IngestMetrics::looped(std::string_view tenant, std::string_view source, SteadyTime now) {
  rejected(tenant, source, "loop_detected");
  std::string name(tenant);
  if (!source.empty()) name.append("/").append(source);
  if (const auto times = loops_told_.due(name, now))
    spdlog::warn("gateway: {}: refused {} times since the last such line: {}", name, *times, event::too_many_hops());
}

}  // namespace certes::gateway::ingest
