#pragma once
// Follower: the registry's thread. It reads the registry topic into a Replica, publishes each new state, appends
// proposals and tells who made them what was decided, and writes snapshots. Who: Registry.
// post, state, position, caught_up, on_change, failure, audit…: any thread. Everything else: its own thread.

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "common/base/ids.hpp"
#include "common/base/mailbox.hpp"
#include "common/base/mutex.hpp"
#include "common/base/wake_signal.hpp"
#include "common/registry/asker.hpp"
#include "common/registry/emptiness.hpp"
#include "common/registry/registry.hpp"
#include "common/registry/replica.hpp"

namespace certes::registry {

using ProposalDone = std::function<void(Result<Decision>)>;
using AuditDone = std::function<void(Result<AuditPage>)>;

class Follower {
 public:
  Follower(log::Log& log, const Clock& clock, RegistryOptions options);
  ~Follower();

  StatePtr state() const;
  std::int64_t position() const { return position_; }
  bool caught_up() const { return caught_up_; }
  // What keeps it from following, if waiting does not help.
  std::optional<Error> failure() const;
  void on_change(std::function<void(StatePtr)> observer);
  void propose(Change change, Millis timeout, ProposalDone done);
  // `done` runs once a published state has reached the topic's end as asked for from now.
  void fence(FenceDone done);
  void audit(AuditQuery query, AuditDone done);
  std::size_t audit_entries() const { return audit_known_; }
  std::uint64_t audit_forgotten() const { return audit_forgotten_; }

 private:
  using Work = std::function<void()>;
  struct Waiting {
    SteadyTime deadline;
    ProposalDone done;
  };
  struct Deferred {
    Change change;
    SteadyTime deadline;
    ProposalDone done;
  };
  struct PendingSnapshot {
    SnapshotWriter writer;
    std::optional<std::string> next;  // the chunk to append; nothing: all are appended
    std::size_t unacknowledged = 0;
  };

  void run();
  bool open();
  Result<log::OffsetRange> range();
  bool read();
  bool is_open() const { return reader_ != nullptr; }
  void start_afresh();
  void stay(const Error& error);
  void advance();
  void publish();
  void tell_decided();
  void serve_fences();
  void expire(bool all);
  void append_deferred();
  void set_failure(std::optional<Error> error);
  void append_change(const Change& change, Millis timeout, ProposalDone done);
  void on_append(const std::string& change_id, const log::AppendResult& result);
  bool append(std::string key, std::string value, log::AppendCallback done, Error* error);
  void serve_appender();
  void begin_snapshot();
  void continue_snapshot();
  bool append_chunk();
  void append_end();
  void on_chunk(const std::string& snapshot, const log::AppendResult& result);
  void trim_behind_snapshot();
  void reached(std::int64_t end, std::int64_t asked_at, std::vector<FenceDone> waiting);

  log::Log& log_;
  const Clock& clock_;
  const std::size_t audit_entries_;
  const bool end_is_known_;  // asking the log for its end costs nothing

  WakeSignal signal_;
  Mailbox<Work> inbox_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> caught_up_{false};
  std::atomic<std::int64_t> position_{0};  // of what is published
  std::atomic<std::size_t> audit_known_{0};
  std::atomic<std::uint64_t> audit_forgotten_{0};

  mutable Mutex mutex_;
  StatePtr state_ CERTES_GUARDED_BY(mutex_);
  std::vector<std::function<void(StatePtr)>> observers_ CERTES_GUARDED_BY(mutex_);
  std::optional<Error> failure_ CERTES_GUARDED_BY(mutex_);

  // The rest belongs to the thread.
  IdGenerator ids_;
  std::unique_ptr<log::Reader> reader_;
  std::unique_ptr<log::Appender> appender_;
  bool appender_failed_ = false;
  std::optional<Replica> replica_;
  bool loading_ = true;      // what the log held when it was opened is not all read
  std::int64_t target_ = 0;  // until here
  std::int64_t log_start_ = 0;
  SteadyTime retry_at_{};  // of open()
  Emptiness emptiness_;
  std::optional<Error> stays_;   // why it follows no further
  std::uint64_t published_ = 0;  // states
  std::uint64_t published_changes_ = 0;
  std::vector<log::RecordPtr> records_;
  std::vector<Decided> decided_;
  std::vector<Deferred> deferred_;                 // proposals from before the log was reached
  std::map<std::string, Waiting> waiting_;         // by change id
  std::multimap<std::int64_t, FenceDone> fences_;  // by the position they wait for
  std::optional<PendingSnapshot> snapshot_;
  std::uint64_t snapshot_tried_at_ = 0;  // changes, when the last was begun
  std::string written_snapshot_;         // id of the one to trim behind, once it was read back

  std::unique_ptr<Asker> asker_;
  std::thread thread_;
};

}  // namespace certes::registry
