#pragma once
// Fetcher: a librdkafka consumer without a group that reads partitions into queues, each from where it is told, started
// and stopped at will. Fetchers: those that Readers share; a partition can be read once by a client, so a second Reader
// of it gets another. Private to common/log/kafka; any thread.

#include <array>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/log/kafka/client.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class Fetcher {
 public:
  // Role::events, Role::reader or Role::follower. Blocks for know_leaders().
  static Result<std::shared_ptr<Fetcher>> make(const Options& options, Role role);

  rd_kafka_t* client() { return client_.get(); }
  // Each partition at most once at a time. `offset` or kLogStart.
  Result<void> start(Topic topic, std::int32_t partition, std::int64_t offset, rd_kafka_queue_t* into);
  void stop(Topic topic, std::int32_t partition);
  // As its last fetch brought it; zeros: not known.
  OffsetRange known(Topic topic, std::int32_t partition) const;

 private:
  Fetcher(Client client, const Options& options);

  Client client_;
  std::array<TopicHandle, kTopics> topics_;  // after the client: must go before it
};

class Fetchers {
 public:
  // Role::reader or Role::follower.
  Fetchers(const Options& options, Role role) : options_(options), role_(role) {}

  // One that does not read this partition; give it back when it has stopped.
  Result<std::shared_ptr<Fetcher>> claim(Topic topic, std::int32_t partition);
  void give_back(const std::shared_ptr<Fetcher>& fetcher, Topic topic, std::int32_t partition);

 private:
  struct Entry {
    std::shared_ptr<Fetcher> fetcher;
    std::set<std::pair<Topic, std::int32_t>> reading;
  };

  const Options& options_;
  const Role role_;
  Mutex mutex_;
  std::vector<Entry> entries_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::log::kafka
