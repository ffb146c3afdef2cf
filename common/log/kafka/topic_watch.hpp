#pragma once
// TopicWatch: what becomes of the topics while Certes runs, by what others do to them: partitions that are added are
// used once all topics have them; topics that are deleted are made again, but the registry's; what is not as it must
// be is a trouble. Who: Cluster, which asks once a second. Private to common/log/kafka. begin and look: one call at a
// time; partitions: any thread.

#include <atomic>

#include "common/log/kafka/topics.hpp"
#include "common/log/kafka/troubles.hpp"

namespace certes::log::kafka {

class TopicWatch {
 public:
  // All outlive it.
  TopicWatch(rd_kafka_t* client, const Options& options, Troubles& troubles)
      : topics_(client, options),
        troubles_(troubles),
        missed_(topics_.specs().size(), 0),
        partitions_(options.kafka.partitions) {}

  // The topics are there, with so many partitions that all of them have.
  void begin(std::int32_t partitions);
  bool begun() const { return begun_; }
  // Asks, and tells what it finds. An error: nobody answers.
  Result<void> look(Millis timeout);

  // It grows, and never falls.
  const std::atomic<std::int32_t>& partitions() const { return partitions_; }

 private:
  void judge_there(const std::vector<Topics::Found>& found);
  void make_again(const TopicSpec& spec);
  void judge_partitions(const std::vector<Topics::Found>& found);
  void judge_settings(Millis timeout);

  Topics topics_;
  Troubles& troubles_;
  std::atomic<bool> begun_{false};
  std::vector<int> missed_;  // by topic: how often in a row it was not there
  SteadyTime judge_settings_at_{};
  std::atomic<std::int32_t> partitions_;
};

}  // namespace certes::log::kafka
