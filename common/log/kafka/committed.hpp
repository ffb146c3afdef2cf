#pragma once
// What a group has committed, as librdkafka asks for it and says it. Private to common/log/kafka; pure.

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/handles.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

using GroupQuery =
    std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, Destroyer<rd_kafka_ListConsumerGroupOffsets_destroy>>;

inline Result<Committed> to_committed(const rd_kafka_topic_partition_t& partition) {
  if (partition.err) return fail(to_error(partition.err, "kafka: committed offset"));
  Committed committed;
  if (partition.offset < 0) return committed;
  committed.offset = partition.offset;
  const std::string_view text(static_cast<const char*>(partition.metadata), partition.metadata_size);
  // What another program wrote there is no metadata of ours.
  committed.metadata = decode_metadata(text).value_or("");
  return committed;
}

}  // namespace certes::log::kafka
