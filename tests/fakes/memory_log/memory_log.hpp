#pragma once
// The in-memory engine, for tests only. A Cluster is what several processes share: topics, and one consumer group for
// `events`; make() gives one process its Log. Plain, it does at once what it is asked (the contract suite); stepped, an
// append lands, a commit arrives, a run is picked and a member learns of its loss only when the test says so, or never.
//
// Threads: as log.hpp says; the cluster has one mutex. Wakes are called with it held. The stepping functions are meant
// for a test that drives everything from one thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/log/log.hpp"

namespace certes::log::memory {

struct Options {
  std::int32_t partitions = 3;
  const Clock* clock = nullptr;  // none: the system's
  Millis session_timeout{12'000};
  std::size_t max_record_bytes = 2u << 20;
  bool stepped = false;
  bool crowded = false;   // there is little room: what is finished is to be let go of
  bool unfenced = false;  // accepts commits of former owners: to show that a test notices
};

struct State;

class Cluster {
 public:
  explicit Cluster(Options options);
  ~Cluster();

  // ---- stepped: what was appended and has not landed
  struct Lane {
    std::uint64_t appender;
    Topic topic;
    std::int32_t partition;
    std::size_t queued;
    bool dead;  // its appender is gone, or broken
    std::uint64_t process;
  };
  std::vector<Lane> lanes() const;
  void land(const Lane& lane);  // the first of its queue
  void drop(const Lane& lane);  // all of its queue, for ever
  // The first of its queue never lands, and its appender learns that: the disk is full.
  void refuse(const Lane& lane);
  // A fatal error: all that the process's appenders have pending is unknown; what is queued may land late.
  void break_appenders(std::uint64_t process);
  // The oldest pending append of the process is reported as unknown, and still on its way. False: none was pending.
  bool lose_acknowledgement(std::uint64_t process);

  // ---- stepped: requests for and of commits, in order per member
  std::vector<std::uint64_t> requests() const;  // the processes that have some
  void answer(std::uint64_t process);           // the first
  void fail_request(std::uint64_t process);     // the first: unavailable, nothing done

  // ---- stepped: runs that pickers were asked for, oldest first; any of them may be served next, or none ever
  struct Pick {
    std::uint64_t process;
    Topic topic;
    std::int32_t partition;
    std::uint64_t number;  // of the run, in its picker
  };
  std::vector<Pick> picks() const;
  void serve(const Pick& pick);  // with what the log has now
  // Once it has `results`, all that is left is to be asked for again: unavailable.
  void fail_pick(const Pick& pick, std::size_t results = 0);

  // ---- membership
  // The group takes the process for dead; it learns of it by notify() (stepped) or at once.
  void expire(std::uint64_t process);
  void notify(std::uint64_t process);
  bool expired(std::uint64_t process) const;  // and not yet notified
  // The process is no more: its member has no session, what it had queued may land late.
  void kill(std::uint64_t process);
  // Takes all partitions from all members, each after its release, and gives them anew.
  void rebalance();
  std::optional<std::uint64_t> owner(std::int32_t partition) const;

  // ---- damage
  void corrupt(Topic topic, std::int32_t partition, std::int64_t offset);
  void spoil(Topic topic, std::int32_t partition, std::int64_t offset);  // readers go on behind it
  void cut(Topic topic, std::int32_t partition, std::int64_t end);       // what lies at or above `end` is gone

  // Another program's, under the group's name.
  void commit_foreign(std::int32_t partition, Committed value);

  // ---- for checks
  OffsetRange range(Topic topic, std::int32_t partition) const;
  RecordPtr at(Topic topic, std::int32_t partition, std::int64_t offset) const;
  Committed committed(std::int32_t partition) const;
  // Lands at once, as another process would have it.
  std::int64_t put(Topic topic, std::int32_t partition, Record&& record);

  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

std::shared_ptr<Cluster> make_cluster(Options options);
// `process`: how the stepping functions name it.
std::unique_ptr<Log> make(std::shared_ptr<Cluster> cluster, std::uint64_t process = 1);
std::unique_ptr<Log> make(Options options);

}  // namespace certes::log::memory
