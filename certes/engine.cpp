#include "certes/engine.hpp"

#include "common/log/kafka/kafka_log.hpp"
#include "common/log/sqlite/sqlite_log.hpp"

namespace certes {
namespace {

log::OnDamaged on_damaged(const std::string& setting) {
  if (setting == "skip") return log::OnDamaged::skip;
  return setting == "stop" ? log::OnDamaged::stop : log::OnDamaged::unsaid;
}

}  // namespace

Result<std::unique_ptr<log::Log>> open_engine(const config::Settings& settings, const Clock& clock,
                                              metrics::Metrics& metrics) {
  if (settings.store.engine == "kafka") {
    log::kafka::Options options;
    options.kafka = settings.kafka;
    options.max_body_bytes = settings.gateway.max_body_bytes;
    options.retention = settings.retention;
    options.on_damaged = on_damaged(settings.store.on_damaged);
    options.metrics = &metrics;
    return log::kafka::open(std::move(options), clock);
  }
  log::sqlite::Options options;
  options.directory = settings.data;
  options.reserve_bytes = settings.store.reserve_bytes;
  options.deduplication_window = settings.deduplication.window;
  options.deduplication_ids = settings.deduplication.ids;
  options.retention = settings.retention;
  options.max_bytes = settings.store.events_max_bytes;
  options.on_damaged = on_damaged(settings.store.on_damaged);
  options.metrics = &metrics;
  // As on Kafka: room for headers beside the largest body, of which a batch may hold many.
  options.max_record_bytes = settings.gateway.max_body_bytes + (64u << 10);
  return log::sqlite::open(std::move(options), clock);
}

std::optional<Error> fatal_trouble(const log::Log& log) {
  if (log.engine() != "sqlite") return std::nullopt;
  const auto health = log.health();
  if (health) return std::nullopt;
  return health.error().code == Code::internal ? std::optional<Error>(health.error()) : std::nullopt;
}

}  // namespace certes
