#pragma once
// Troubles: what goes wrong on the cluster without ending anything: a partition that cannot be read, a topic that is
// not as it must be, brokers that do not answer. Each is a line when it begins, one a minute that it lasts, one when it
// is over, and certes_log_trouble{topic,reason}. What passes by itself (a leader that moves) is none. Who: readers,
// members, TopicWatch. Private to common/log/kafka. Any thread.

#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"
#include "common/base/mutex.hpp"
#include "common/log/kafka/handles.hpp"
#include "common/log/record.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::log::kafka {

class Troubles {
 public:
  // `metrics` (nullable) must outlive it.
  Troubles(const Clock& clock, metrics::Metrics* metrics) : clock_(clock), metrics_(metrics) {}

  SteadyTime now() const { return clock_.now(); }

  // Of a partition. What came in place of a record; `offset`: where the reading stands.
  void met(const rd_kafka_message_t& message, Topic topic, std::int64_t offset);
  // A record of the partition has been read; cheap where no partition is in trouble.
  void over(Topic topic, std::int32_t partition);

  // Of a topic, or of the whole cluster (no topic). `what` is the line; `count`: of partitions, where it is not all.
  void met(const std::string& topic, const std::string& reason, const std::string& what, int count = 1);
  void over(const std::string& topic, const std::string& reason, const std::string& what);

 private:
  struct Trouble {
    Episode episode;
    std::string reason;  // empty: it is over
    int count = 0;       // in the metric
  };
  void count(Trouble& trouble, const std::string& topic, int count);

  const Clock& clock_;
  metrics::Metrics* const metrics_;
  std::atomic<int> unread_{0};  // of partitions, those that last
  Mutex mutex_;
  std::map<std::pair<Topic, std::int32_t>, Trouble> of_partitions_ CERTES_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, Trouble> of_topics_ CERTES_GUARDED_BY(mutex_);  // by topic and reason
};

}  // namespace certes::log::kafka
