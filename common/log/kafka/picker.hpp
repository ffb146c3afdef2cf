#pragma once
// KafkaPicker: log::Picker on a thread of its own, with a lane for each partition: those of different partitions are
// read side by side, so that one whose leader hangs holds up no other. Private to common/log/kafka: KafkaLog.

#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "common/base/wake_signal.hpp"
#include "common/log/kafka/pick_lane.hpp"

namespace certes::log::kafka {

class KafkaPicker final : public Picker {
 public:
  // All outlive it.
  KafkaPicker(const Options& options, Cluster& cluster, Troubles& troubles, Damage& damage, Wake wake);
  ~KafkaPicker() override;

  Result<void> ask(PickRun run) override;
  std::size_t poll(std::size_t max, std::vector<Picked>& out) override { return desk_.poll(max, out); }
  void cancel(Topic topic, std::int32_t partition) override { desk_.cancel(topic, partition); }

 private:
  void run();

  Cluster& cluster_;
  WakeSignal signal_;
  const Wake ring_ = [this] { signal_.wake(); };
  PickDesk desk_;
  PickSources sources_;
  PickShared shared_;
  std::map<std::pair<Topic, std::int32_t>, PickLane> lanes_;  // the thread's
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace certes::log::kafka
