#pragma once
// PickLane: the runs of one partition that a picker was asked for, one after the other. A run is read in pieces, each
// started where it begins and stopped behind its end; what is wanted is near enough for one piece where reading on
// costs less than starting anew. PickSources: the two clients that pieces are read with. Who: KafkaPicker. Private to
// common/log/kafka; confined to the picker's thread, which librdkafka's ring.

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "common/log/damage.hpp"
#include "common/log/kafka/cluster.hpp"
#include "common/log/kafka/detour.hpp"
#include "common/log/kafka/fetcher.hpp"
#include "common/log/kafka/troubles.hpp"
#include "common/log/pick_desk.hpp"
#include "common/log/pick_task.hpp"

namespace certes::log::kafka {

class PickSources {
 public:
  explicit PickSources(const Options& options) : options_(options) {}
  // Role::points or Role::windows. Makes it where it is missing, and blocks for that.
  Result<Fetcher*> get(Role role);

 private:
  const Options& options_;
  std::shared_ptr<Fetcher> points_, windows_;
};

// What lanes share; all outlive them.
struct PickShared {
  PickDesk& desk;
  PickSources& sources;
  Cluster& cluster;
  Troubles& troubles;
  Damage& damage;
  const Wake& ring;
};

class PickLane {
 public:
  PickLane(PickShared& shared, Topic topic, std::int32_t partition)
      : shared_(shared), topic_(topic), partition_(partition) {}
  ~PickLane() { stop(); }
  PickLane(const PickLane&) = delete;
  PickLane& operator=(const PickLane&) = delete;

  void add(PickDesk::Asked asked) { waiting_.push_back(std::move(asked)); }
  // Takes some of what has come. True: there is more to do at once.
  bool step();
  // Nothing is asked for.
  bool idle() const { return !task_ && waiting_.empty(); }

 private:
  void begin_run();
  void begin_piece();
  void go_on();
  void end(Error error);
  void end_run();
  void start(Role role, std::int64_t offset);
  void stop();

  void take(const rd_kafka_message_t& message);
  void read(const rd_kafka_message_t& message);
  void failed(const rd_kafka_message_t& message);
  void out_of_range();
  void nothing_came();
  void begin_detour(std::int64_t batch);
  void follow_detour();

  PickShared& shared_;
  const Topic topic_;
  const std::int32_t partition_;
  std::deque<PickDesk::Asked> waiting_;
  std::uint64_t number_ = 0;  // of the run that is read
  std::optional<PickTask> task_;

  Fetcher* reading_ = nullptr;  // by whom; null: it is not
  Queue queue_;
  std::int64_t position_ = 0;  // nothing below is taken
  std::int64_t piece_end_ = 0;
  SteadyTime heard_at_{};                      // since when nothing has come
  std::int64_t record_bytes_ = 1'024;          // of late, in the mean
  std::map<std::int64_t, SteadyTime> silent_;  // where nothing came in time, and since when
  std::int64_t damaged_at_ = 0;
  std::optional<Detour> detour_;  // from there on, round what cannot be decoded
};

}  // namespace certes::log::kafka
