#pragma once
// Store: what the parts of the embedded engine share: the file's lock, the partitions in memory, the readers'
// connections, the committed offsets, and the way to the writer. Any thread; each member guards itself.
//
// How it works: appenders collect records and post them as jobs, a round of their loop at a time. The writer thread
// takes all jobs that are there, does them in one transaction, commits (one fsync), and gives each job its fate; what
// came meanwhile is the next transaction. Committed records stand in the partitions' memory, where readers find the
// tail; older ones are read from the file in pages, through connections of the readers' own.

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mailbox.hpp"
#include "common/base/mutex.hpp"
#include "common/base/wake_signal.hpp"
#include "common/log/damage.hpp"
#include "common/log/log.hpp"
#include "common/log/sqlite/directory_lock.hpp"
#include "common/log/sqlite/drop_behind.hpp"
#include "common/log/sqlite/failure.hpp"
#include "common/log/sqlite/health.hpp"
#include "common/log/sqlite/partition.hpp"
#include "common/log/sqlite/read_pool.hpp"
#include "common/log/sqlite/space.hpp"
#include "common/log/sqlite/sqlite_log.hpp"

namespace certes::log::sqlite {

class Transaction;

// A piece of work for the writer. apply runs in a transaction and may throw Failure; finish tells how it ended, exactly
// once. Both on the writer thread.
class Job {
 public:
  virtual ~Job() = default;
  virtual void apply(Transaction& transaction) = 0;
  virtual void finish(AppendOutcome outcome, const Error& error) = 0;
  virtual std::size_t bytes() const { return 0; }
  // Whether it waits, behind its commit, for the write-ahead log to begin anew as an empty file; told by emptied()
  // once, where finish() has told of a commit. False: somebody reads it still.
  virtual bool empties_wal() const { return false; }
  virtual void emptied(bool /*whole*/) {}
};

// What the group has committed. get: any thread; set: the writer.
class Commits {
 public:
  explicit Commits(std::vector<Committed> values) : values_(std::move(values)) {}
  Committed get(std::int32_t partition) const {
    const Lock lock(mutex_);
    return values_[static_cast<std::size_t>(partition)];
  }
  std::int64_t offset(std::int32_t partition) const {
    const Lock lock(mutex_);
    return values_[static_cast<std::size_t>(partition)].offset;
  }
  void set(std::int32_t partition, Committed value) {
    const Lock lock(mutex_);
    values_[static_cast<std::size_t>(partition)] = std::move(value);
  }

 private:
  mutable Mutex mutex_;
  std::vector<Committed> values_ CERTES_GUARDED_BY(mutex_);
};

// Who is the group's only member. The next one gets its turn when the one before has left.
class Seat {
 public:
  bool take(const void* member);
  void leave(const void* member);
  void wait(std::shared_ptr<Watch> watch);  // rung when the seat becomes free

 private:
  Mutex mutex_;
  const void* member_ CERTES_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::shared_ptr<Watch>> waiting_ CERTES_GUARDED_BY(mutex_);
};

// The largest record of a topic: what is made from an event must fit beside it; what does not depend on events (changes
// of resources, snapshots, checkpoints) has its room however small those are, as on Kafka.
inline std::size_t record_limit(const Options& options, Topic topic) {
  constexpr std::size_t kBeside = 64u << 10, kOwn = (1u << 20) + kBeside;
  if (topic == Topic::events) return options.max_record_bytes;
  const bool own = topic == Topic::registry || topic == Topic::progress;
  return std::max(options.max_record_bytes, own ? kOwn : 0) + kBeside;
}

// Of a caller that has waited for the writer.
inline tl::unexpected<Error> no_answer() {
  return fail(Code::timeout, "the log did not answer in time: the disk is slow or stands still");
}

struct Store {
  Store(Options its_options, const Clock& its_clock, std::string its_path, DirectoryLock its_lock,
        std::vector<std::unique_ptr<Partition>> its_partitions, std::vector<Committed> its_commits);

  const Options options;
  const Clock& clock;
  const std::string path;
  const DirectoryLock lock;
  const std::vector<std::unique_ptr<Partition>> partitions;  // by topic, then number
  Space space;
  const DropBehind drop_behind;  // before whatever has a connection
  Health health{clock};
  Damage damage{clock, options.on_damaged, options.metrics};
  ReadPool reads;
  Commits commits;
  std::atomic<bool> read_failed{false};  // somebody's page: readers are woken in a second to try again
  Seat seat;
  WakeSignal doorbell;  // the writer's
  Mailbox<std::unique_ptr<Job>> jobs;

  // Nothing if there is no such partition.
  Partition* partition(Topic topic, std::int32_t number) const;
  std::size_t index(const Partition& partition) const;
};

}  // namespace certes::log::sqlite
