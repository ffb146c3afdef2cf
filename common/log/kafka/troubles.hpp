#pragma once
// Troubles: what keeps a partition from being read although the broker answers: a line when it begins, one a minute
// that it lasts, one when a record is read again, and certes_log_trouble{topic,reason}, the partitions it holds for.
// What passes by itself (a leader that moves) is none. Who: readers and members. Private to common/log/kafka. Any
// thread.

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"
#include "common/log/kafka/handles.hpp"
#include "common/log/record.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::log::kafka {

class Troubles {
 public:
  // `metrics` (nullable) must outlive it.
  Troubles(const Clock& clock, metrics::Metrics* metrics) : clock_(clock), metrics_(metrics) {}

  // What came in place of a record. `offset`: where the reading stands.
  void met(const rd_kafka_message_t& message, Topic topic, std::int64_t offset);
  // A record of the partition has been read; cheap where there is no trouble.
  void over(Topic topic, std::int32_t partition);

 private:
  struct Trouble {
    Episode episode;
    std::string reason;  // empty: it is over
  };
  void set(Topic topic, const std::string& reason, double change);

  const Clock& clock_;
  metrics::Metrics* const metrics_;
  std::atomic<int> lasting_{0};
  std::mutex mutex_;
  std::map<std::pair<Topic, std::int32_t>, Trouble> troubles_;  // guarded by mutex_
};

}  // namespace certes::log::kafka
