#pragma once
// DedupFollower: keeps a gateway's DedupIndex true to the log where the log does not de-duplicate itself: reads
// `events` back when the gateway starts, over the window and a number of records, and then goes on, for what other
// gateways accept. It looks a few times a second, so that it costs little beside ingest; what it has not seen yet is
// taken as new, and dropped by the dispatcher. Who: Gateway. A thread of its own; warm(): any thread.

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/log/cursor.hpp"
#include "common/log/read_back.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/repeats/dedup_index.hpp"

namespace certes::gateway::ingest {

class DedupFollower {
 public:
  struct Options {
    log::ReadBack::Limits read_back{100'000};  // of each partition
    Millis window{86'400'000};
    Millis limit{30'000};  // for reading back; after it the gateway is warm all the same, and reading goes on
    bool follow = true;    // beyond what was there at the start
  };
  // Starts its thread. All must outlive it.
  DedupFollower(log::Log& log, DedupIndex& index, const Clock& clock, metrics::Metrics& metrics, Options options);
  ~DedupFollower();
  DedupFollower(const DedupFollower&) = delete;
  DedupFollower& operator=(const DedupFollower&) = delete;

  // What was there at the start has been read, or the limit has passed.
  bool warm() const { return warm_; }

 private:
  struct Partition {
    Partition(log::Log& log, std::int32_t which)
        : number(which), cursor(log, log::Topic::events, which, {}, log::Cursor::Pace::patient) {}
    std::int32_t number;
    log::Cursor cursor;
    log::ReadBack past;  // once it is open
    bool read_back = false;
  };
  void run();
  bool round();  // false: nothing was there
  bool open(Partition& partition);
  std::size_t read(Partition& partition);
  void go_nearer(Partition& partition);
  void tell() const;
  void learn(const log::StoredRecord& record);
  void check_warm();
  void pause();

  log::Log& log_;
  DedupIndex& index_;
  const Clock& clock_;
  const Options options_;
  const SteadyTime started_;
  metrics::Gauge seconds_;
  metrics::Counter read_;
  std::vector<Partition> partitions_;
  std::vector<log::RecordPtr> page_;
  bool read_back_ = false;  // all of them
  std::atomic<bool> warm_{false};
  Mutex mutex_;
  Condition stop_;
  bool stopping_ CERTES_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace certes::gateway::ingest
