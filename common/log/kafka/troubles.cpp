#include "common/log/kafka/troubles.hpp"

#include <spdlog/spdlog.h>

#include "common/log/kafka/errors.hpp"

namespace certes::log::kafka {
namespace {

std::string place(Topic topic, std::int32_t partition) {
  return std::string(to_string(topic)) + "[" + std::to_string(partition) + "]";
}

// The label of the metric.
std::string reason_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_INVALID_MSG: return "undecodable";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE: return "too_large";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return "forbidden";
    default: return "unfetchable";
  }
}

}  // namespace

void Troubles::met(const rd_kafka_message_t& message, Topic topic, std::int64_t offset) {
  if (is_passing(message.err)) return;
  std::optional<Episode::Line> line;
  {
    const std::lock_guard lock(mutex_);
    Trouble& trouble = troubles_[{topic, message.partition}];
    if (trouble.reason.empty()) {
      trouble.reason = reason_of(message.err);
      set(topic, trouble.reason, 1);
      lasting_.fetch_add(1, std::memory_order_relaxed);
    }
    line = trouble.episode.met(clock_.now());
  }
  if (!line) return;
  const std::string at = offset < 0 ? "" : " at offset " + std::to_string(offset);
  const auto seconds = line->lasting.count() / 1000;
  spdlog::error("log: {} cannot be read{}{}: {}", place(topic, message.partition), at,
                seconds > 0 ? " for " + std::to_string(seconds) + " s" : "", rd_kafka_message_errstr(&message));
}

void Troubles::over(Topic topic, std::int32_t partition) {
  if (lasting_.load(std::memory_order_relaxed) == 0) return;
  std::optional<Millis> lasted;
  {
    const std::lock_guard lock(mutex_);
    const auto found = troubles_.find({topic, partition});
    if (found == troubles_.end() || found->second.reason.empty()) return;
    set(topic, std::exchange(found->second.reason, {}), -1);
    lasting_.fetch_sub(1, std::memory_order_relaxed);
    lasted = found->second.episode.over(clock_.now());
  }
  if (lasted) spdlog::warn("log: {} is read again, after {} s", place(topic, partition), lasted->count() / 1000);
}

void Troubles::set(Topic topic, const std::string& reason, double change) {
  if (metrics_ == nullptr) return;
  metrics_
      ->gauge("certes_log_trouble", "Partitions that cannot be read although the log answers.",
              {{"topic", std::string(to_string(topic))}, {"reason", reason}})
      .add(change);
}

}  // namespace certes::log::kafka
