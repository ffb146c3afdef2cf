#pragma once
// Kafka's admin requests, as blocking calls that take and give our own types. Private to common/log/kafka; any thread.

#include <librdkafka/rdkafka.h>

#include <map>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/log/kafka/handles.hpp"
#include "common/log/kafka/kafka_log.hpp"

namespace certes::log::kafka {

// A topic that another process made meanwhile is none the worse.
Result<void> create_topics(rd_kafka_t* client, const std::vector<const TopicSpec*>& specs, Millis timeout);

// Topic → setting → value.
using TopicConfigs = std::map<std::string, std::map<std::string, std::string>>;
Result<TopicConfigs> describe_topics(rd_kafka_t* client, const std::vector<TopicSpec>& specs, Millis timeout);

// The first offset of the partition whose append time is not before `at`, or where it begins or ends (kBegin, kEnd);
// below 0: there is none. One round trip, and never longer than `timeout`, which rd_kafka_query_watermark_offsets does
// not keep to while a broker is away.
inline constexpr UnixMillis kBegin = -2, kEnd = -1;
rd_kafka_resp_err_t ask_offset(rd_kafka_t* client, const std::string& topic, std::int32_t partition, UnixMillis at,
                               Millis timeout, std::int64_t& offset);

// Deletes the records below `before`. Error: invalid if that is beyond the end.
Result<void> delete_records(rd_kafka_t* client, const std::string& topic, std::int32_t partition, std::int64_t before,
                            Millis timeout);

// What a group has committed for the one partition of `list`; and the commit of what it says, by no member of the
// group. Error: conflict, as the group has members.
Result<Committed> group_committed(rd_kafka_t* client, const std::string& group,
                                  const rd_kafka_topic_partition_list_t* list, Millis timeout);
Result<void> commit_for_group(rd_kafka_t* client, const std::string& group, const rd_kafka_topic_partition_list_t* list,
                              Millis timeout);

}  // namespace certes::log::kafka
