#pragma once
// Cluster: the client that is no appender, reader or member: makes topics, answers offsets, trims, and asks once a
// second, on a thread of its own, whether the brokers answer. Private to common/log/kafka: KafkaLog. Any thread.

#include <thread>

#include "common/base/mutex.hpp"
#include "common/log/kafka/client.hpp"
#include "common/log/kafka/topic_watch.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class Cluster {
 public:
  // `troubles` outlives it.
  static Result<std::unique_ptr<Cluster>> connect(const Options& options, Troubles& troubles);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  Result<std::vector<Finding>> check();  // check_topics'

  // As log::Log's.
  Result<void> prepare();
  const std::atomic<std::int32_t>& partitions() const { return topics_->partitions(); }
  Result<OffsetRange> offsets(Topic topic, std::int32_t partition, Millis timeout);
  Result<std::int64_t> offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis timeout);
  Result<void> trim(Topic topic, std::int32_t partition, std::int64_t before, Millis timeout);
  Result<std::optional<Millis>> kept_for(Topic topic, Millis timeout);
  Result<void> health() const;

 private:
  Cluster(const Options& options, Troubles& troubles) : options_(options), troubles_(troubles) {}
  Result<void> reach();
  Result<std::int64_t> ask(Topic topic, std::int32_t partition, UnixMillis at, SteadyTime until);
  void watch();
  void probe();
  Error no_answer() const CERTES_REQUIRES(mutex_);
  void on_error(rd_kafka_resp_err_t code, std::string_view text);

  const Options& options_;
  Troubles& troubles_;
  ClientEvents events_;
  Client client_;
  std::optional<TopicWatch> topics_;  // once it is connected

  Mutex preparing_;  // one prepare at a time
  mutable Mutex mutex_;
  Condition ended_;
  bool ending_ CERTES_GUARDED_BY(mutex_) = false;
  std::optional<Error> away_ CERTES_GUARDED_BY(mutex_);     // why it cannot be written now
  std::string last_error_ CERTES_GUARDED_BY(mutex_);        // what a connection failed by, since it was away
  std::optional<Error> refused_ CERTES_GUARDED_BY(mutex_);  // credentials or TLS: nobody lets us in
  std::thread watcher_;
};

}  // namespace certes::log::kafka
