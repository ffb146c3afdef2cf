#pragma once
// The kafka engine of the log: records on a Kafka cluster (3.9 or later) through librdkafka. What common/log/log.hpp
// promises holds, with these limits of its own:
//  - Committed::metadata: at most 3,072 bytes (it travels as base64, and brokers keep 4,096); more is too_large.
//  - a Reader's position() is kLogStart until its first record, if it was started there.
//  - a Member destroyed without leave() leaves the group without a word to its handler.
// Who: the mains of all roles. Any thread.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/log/log.hpp"
#include "common/log/on_damaged.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::log::kafka {

struct Options {
  config::KafkaSettings kafka;
  std::size_t max_body_bytes = 1u << 20;  // of an accepted event: decides the sizes of topics
  config::RetentionSettings retention;
  OnDamaged on_damaged = OnDamaged::unsaid;
  metrics::Metrics* metrics = nullptr;  // must outlive the log; none: nothing is counted
};

// The clock must outlive the log. Checks the settings, connects to nothing yet. Errors: invalid, naming the setting.
Result<std::unique_ptr<Log>> open(Options options, const Clock& clock);

// What a topic must be on the cluster: what prepare() makes, or asks of what exists, and `certes topics` prints.
struct TopicSpec {
  Topic topic = Topic::events;
  bool lines = false;  // it is none of these: the topic of log lines
  std::string name;    // with the prefix
  std::int32_t partitions = 1;
  int replication_factor = -1;                // -1: the cluster's default
  std::map<std::string, std::string> config;  // Kafka's names
  std::map<std::string, std::string> least;  // of these, where a topic that exists may be tighter than one that is made
};
std::vector<TopicSpec> topic_specs(const Options& options);

// Something that `certes topics --check` has looked at.
struct Finding {
  std::string what;
  std::string wrong;  // and what mends it; empty: it is as it must be
};
// Holds the cluster against what the settings need; changes nothing. Whether topics may be written is not tried.
// Blocks, some seconds at most. Errors: unavailable, unauthenticated; invalid, naming the setting.
Result<std::vector<Finding>> check_topics(const Options& options, const Clock& clock);

// The consumer group of the dispatchers.
std::string group_of(const config::KafkaSettings& kafka);

}  // namespace certes::log::kafka
