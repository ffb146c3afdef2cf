#pragma once
// What others do to a cluster that Certes runs on: partitions added, topics deleted, settings changed, offsets
// committed under the group's name, transactions. Each returns when it is done, and throws where it fails. Who: tests
// of the kafka engine, and kafka_meddler for those in Python. Any thread.

#include <cstdint>
#include <map>
#include <string>

#include "common/log/kafka/handles.hpp"
#include "common/log/kafka/kafka_log.hpp"

namespace certes::test {

void add_partitions(const std::string& brokers, const std::string& topic, int count_in_all);
void delete_topic(const std::string& brokers, const std::string& topic);
// Those that are not named get the broker's default.
void set_config(const std::string& brokers, const std::string& topic, const std::map<std::string, std::string>& all);
// Without metadata, as any other program does.
void commit_offset(const std::string& brokers, const std::string& group, const std::string& topic,
                   std::int32_t partition, std::int64_t offset);

// Events with ids of their own, by no producer of Certes'.
void fill(const std::string& brokers, const std::string& topic, std::int32_t partition, int count, std::size_t bytes);

// Another program's transaction on a partition: open from the first record until it is ended.
class ForeignTransaction {
 public:
  ForeignTransaction(const std::string& brokers, std::string topic, std::int32_t partition);
  void put(const std::string& value);
  void commit();
  void abort();

 private:
  log::kafka::Client client_;
  const std::string topic_;
  const std::int32_t partition_;
};

}  // namespace certes::test
