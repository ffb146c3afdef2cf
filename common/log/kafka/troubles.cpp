#include "common/log/kafka/troubles.hpp"

#include <spdlog/spdlog.h>

#include "common/log/kafka/detour.hpp"
#include "common/log/kafka/errors.hpp"

namespace certes::log::kafka {
namespace {

std::string place(Topic topic, std::int32_t partition) {
  return std::string(to_string(topic)) + "[" + std::to_string(partition) + "]";
}

// The label of the metric.
std::string reason_of(rd_kafka_resp_err_t code) {
  if (is_undecodable(code)) return "undecodable";
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE: return "too_large";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return "forbidden";
    default: return "unfetchable";
  }
}

std::string lasting(const Episode::Line& line) {
  const auto seconds = line.lasting.count() / 1000;
  return seconds > 0 ? " (for " + std::to_string(seconds) + " s)" : "";
}

}  // namespace

void Troubles::met(const rd_kafka_message_t& message, Topic topic, std::int64_t offset) {
  if (is_passing(message.err)) return;
  std::optional<Episode::Line> line;
  {
    const Lock lock(mutex_);
    Trouble& trouble = of_partitions_[{topic, message.partition}];
    if (trouble.reason.empty()) {
      trouble.reason = reason_of(message.err);
      count(trouble, std::string(to_string(topic)), 1);
      unread_.fetch_add(1, std::memory_order_relaxed);
    }
    line = trouble.episode.met(clock_.now());
  }
  if (!line) return;
  const std::string at = offset < 0 ? "" : " at offset " + std::to_string(offset);
  spdlog::error("log: {} cannot be read{}: {}{}", place(topic, message.partition), at,
                rd_kafka_message_errstr(&message), lasting(*line));
}

void Troubles::over(Topic topic, std::int32_t partition) {
  if (unread_.load(std::memory_order_relaxed) == 0) return;
  std::optional<Millis> lasted;
  {
    const Lock lock(mutex_);
    const auto found = of_partitions_.find({topic, partition});
    if (found == of_partitions_.end() || found->second.reason.empty()) return;
    count(found->second, std::string(to_string(topic)), 0);
    found->second.reason.clear();
    unread_.fetch_sub(1, std::memory_order_relaxed);
    lasted = found->second.episode.over(clock_.now());
  }
  if (lasted) spdlog::warn("log: {} is read again, after {} s", place(topic, partition), lasted->count() / 1000);
}

void Troubles::met(const std::string& topic, const std::string& reason, const std::string& what, int partitions) {
  std::optional<Episode::Line> line;
  {
    const Lock lock(mutex_);
    Trouble& trouble = of_topics_[{topic, reason}];
    trouble.reason = reason;
    count(trouble, topic, partitions);
    line = trouble.episode.met(clock_.now());
  }
  if (line) spdlog::error("log: {}{}", what, lasting(*line));
}

void Troubles::over(const std::string& topic, const std::string& reason, const std::string& what) {
  std::optional<Millis> lasted;
  {
    const Lock lock(mutex_);
    const auto found = of_topics_.find({topic, reason});
    if (found == of_topics_.end()) return;
    count(found->second, topic, 0);
    lasted = found->second.episode.over(clock_.now());
  }
  if (lasted) spdlog::warn("log: {}, after {} s", what, lasted->count() / 1000);
}

void Troubles::count(Trouble& trouble, const std::string& topic, int count) {
  const int change = count - std::exchange(trouble.count, count);
  if (metrics_ == nullptr || change == 0) return;
  metrics_
      ->gauge("certes_log_trouble", "What is wrong on the cluster: partitions that it holds for, 1 for a whole topic.",
              {{"topic", topic}, {"reason", trouble.reason}})
      .add(change);
}

}  // namespace certes::log::kafka
