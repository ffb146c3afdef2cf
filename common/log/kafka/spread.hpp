#pragma once
// Spread: the partition of a record that names none: by its key, as Kafka's own clients have it (murmur2); without a
// key one partition for a while, so that a batch fills. Never one that is not used yet, as only some topics have it.
// Who: Producer. Private to common/log/kafka. librdkafka calls it from any thread.

#include <atomic>
#include <cstdint>

#include "common/log/kafka/handles.hpp"

namespace certes::log::kafka {

class Spread {
 public:
  // `partitions`, that are used, outlives it.
  explicit Spread(const std::atomic<std::int32_t>& partitions) : partitions_(partitions) {}
  Spread(const Spread&) = delete;
  Spread& operator=(const Spread&) = delete;

  // Has the topic's records spread by it; it outlives the topic.
  void apply(rd_kafka_topic_conf_t* conf);

 private:
  std::int32_t place(const rd_kafka_topic_t* topic, const void* key, std::size_t size, std::int32_t there);

  const std::atomic<std::int32_t>& partitions_;
  std::atomic<std::int32_t> current_{-1};  // for records without a key
  std::atomic<std::int64_t> until_ns_{0};  // of the steady clock
};

}  // namespace certes::log::kafka
