#include "common/log/kafka/spread.hpp"

#include <algorithm>
#include <chrono>

namespace certes::log::kafka {
namespace {

constexpr std::chrono::nanoseconds kStay = std::chrono::milliseconds(10);  // as librdkafka's own sticky partitioner

}  // namespace

void Spread::apply(rd_kafka_topic_conf_t* conf) {
  rd_kafka_topic_conf_set_opaque(conf, this);
  rd_kafka_topic_conf_set_partitioner_cb(
      conf, [](const rd_kafka_topic_t* topic, const void* key, std::size_t size, std::int32_t there, void* opaque,
               void*) { return static_cast<Spread*>(opaque)->place(topic, key, size, there); });
}

std::int32_t Spread::place(const rd_kafka_topic_t* topic, const void* key, std::size_t size, std::int32_t there) {
  const std::int32_t count = std::min(there, partitions_.load(std::memory_order_relaxed));
  if (key != nullptr) return rd_kafka_msg_partitioner_murmur2(topic, key, size, count, nullptr, nullptr);
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  std::int32_t current = current_.load(std::memory_order_relaxed);
  const bool stay = current >= 0 && current < count && now < until_ns_.load(std::memory_order_relaxed);
  if (stay && rd_kafka_topic_partition_available(topic, current) == 1) return current;
  // By chance; not one without a leader if that can be helped.
  current = rd_kafka_msg_partitioner_random(topic, nullptr, 0, count, nullptr, nullptr);
  until_ns_.store(now + kStay.count(), std::memory_order_relaxed);
  current_.store(current, std::memory_order_relaxed);
  return current;
}

}  // namespace certes::log::kafka
