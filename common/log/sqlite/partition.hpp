#pragma once
// Partition: what the engine knows in memory of one partition of one topic: where it begins and ends, the latest
// records (so that tails are read without SQL), and who waits for more. Appends are collected while their transaction
// runs and become visible all at once when it is committed.
// Public part: any thread. "The writer's" functions: the writer thread alone.

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/log/log.hpp"
#include "common/log/sqlite/waker.hpp"

namespace certes::log::sqlite {

// One reader's interest in more records.
struct Watch {
  explicit Watch(Wake wake) : waker(std::move(wake)) {}
  Waker waker;
  bool armed = false;  // guarded by the partition's mutex
};

class Partition {
 public:
  Partition(Topic topic, std::int32_t number, OffsetRange range, std::size_t recent_bytes);

  const Topic topic;
  const std::int32_t number;
  const std::string table;

  OffsetRange range() const;

  // Records from there on stay, whatever their age; nothing goes until it was said.
  std::int64_t kept_from() const { return kept_from_; }
  void keep_from(std::int64_t offset) { kept_from_ = offset; }

  struct Tail {
    OffsetRange range;
    bool served = false;    // false: the position is in range, but only the file has it
    std::size_t count = 0;  // records added
    std::int64_t next = 0;  // if served: behind them, and behind what was erased
  };
  // Gives recent records from `position`; arms the watch when it reaches the end.
  Tail read(std::int64_t position, std::size_t max, std::vector<RecordPtr>& out, const std::shared_ptr<Watch>& watch);
  void watch(std::shared_ptr<Watch> watch);
  void unwatch(const std::shared_ptr<Watch>& watch);
  // Rings every armed watch, whether there is more or not.
  void wake_all();

  // The writer's.
  std::int64_t next() const { return next_; }
  void append(RecordPtr record);
  void publish();  // what was appended is durable
  void discard();  // it is not there
  bool appending() const { return !appended_.empty(); }
  void set_start(std::int64_t start);
  void forget(const OffsetRange& erased);

 private:
  std::vector<std::shared_ptr<Watch>> take_armed() CERTES_REQUIRES(mutex_);
  void drop(RecordPtr& record, std::vector<RecordPtr>& to) CERTES_REQUIRES(mutex_);

  const std::size_t recent_limit_;
  std::atomic<std::int64_t> kept_from_{0};
  mutable Mutex mutex_;
  OffsetRange range_ CERTES_GUARDED_BY(mutex_);
  std::deque<RecordPtr> recent_ CERTES_GUARDED_BY(mutex_);  // each up to range_.end; null: erased
  std::size_t recent_bytes_ CERTES_GUARDED_BY(mutex_) = 0;
  std::vector<std::shared_ptr<Watch>> watches_ CERTES_GUARDED_BY(mutex_);

  std::int64_t next_;                // the writer's
  std::vector<RecordPtr> appended_;  // the writer's
};

// "dead_letters_2"
std::string table_name(Topic topic, std::int32_t partition);

}  // namespace certes::log::sqlite
