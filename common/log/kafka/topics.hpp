#pragma once
// The topics on the cluster: made where they are missing, else held against what Certes needs. Private to
// common/log/kafka; blocking, one call at a time.

#include <vector>

#include "common/base/result.hpp"
#include "common/log/kafka/handles.hpp"
#include "common/log/kafka/kafka_log.hpp"

namespace certes::log::kafka {

class Topics {
 public:
  // What there is of a topic.
  struct Found {
    std::int32_t partitions = 0;  // 0: missing
    bool led = true;              // all partitions have a leader
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  };

  // `client` outlives it.
  Topics(rd_kafka_t* client, const Options& options);

  // Makes what is missing (or says with which command), checks what exists. The number of partitions that all topics
  // but the registry have. Errors: unavailable, timeout: try again; forbidden; invalid: what to change.
  Result<std::int32_t> prepare(Millis timeout);

  const std::vector<TopicSpec>& specs() const { return specs_; }
  // In their order.
  Result<std::vector<Found>> look(Millis timeout);
  Result<void> create(const std::vector<const TopicSpec*>& missing, Millis timeout);
  // What is tighter than needed, and the command that loosens it, for each of them; empty: nothing.
  Result<std::vector<std::string>> judge_settings(Millis timeout);
  // The number of partitions that are used: all topics have them, but the registry and that of log lines.
  std::int32_t common_partitions(const std::vector<Found>& found) const;

 private:
  Result<std::vector<Found>> await_leaders(SteadyTime until);
  // A new leader is known before it serves: the first append would be refused and come late.
  bool answers(const std::vector<Found>& found);
  Result<void> check_partitions(const std::vector<Found>& found) const;

  rd_kafka_t* client_;
  const Options& options_;
  std::vector<TopicSpec> specs_;
  std::vector<TopicHandle> handles_;  // what metadata is asked for
};

// Whether `found` is at least as loose as `needed` for this setting of a topic.
bool is_loose_enough(std::string_view setting, std::string_view needed, std::string_view found);

// kafka-topics.sh … for those who make topics themselves.
std::string create_command(const TopicSpec& spec);

}  // namespace certes::log::kafka
