#pragma once
// Writer: the one thread that writes the file. Takes the jobs that have come, does them in one transaction (JobGroups
// says how many), commits, tells each its fate; then sees to the write-ahead log (CheckpointPlan). It never waits to
// make a batch larger.

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/log/sqlite/checkpoint_plan.hpp"
#include "common/log/sqlite/checkpointer.hpp"
#include "common/log/sqlite/job_groups.hpp"
#include "common/log/sqlite/retention.hpp"
#include "common/log/sqlite/store.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {

class Writer {
 public:
  // Starts the thread. Throws Failure.
  Writer(Store& store, std::unique_ptr<Connection> connection);
  // Does what was posted, and ends.
  ~Writer();

 private:
  using Group = JobGroups::Group;
  void run();
  Group take_group();
  // False: it failed.
  bool execute(Group& group, bool retention);
  void give_up(Group& group, const Error& error);
  // Of the file, in bytes.
  struct Pages {
    std::int64_t free, used;
  };
  Pages pages();
  void trouble(const Failure& failure, Stage stage, Group& group);
  void wake_readers();
  void checkpoint_if_due();
  // All of the write-ahead log into the file, readers held off meanwhile.
  void truncate();
  void empty_wal_for(const Group& group);
  // Of what was copied beside the writer, once that has ended.
  void take_what_is_copied();
  int checkpoint(int mode);

  Store& store_;
  Transaction transaction_;
  Retention retention_;
  const std::int64_t page_bytes_;
  int wal_pages_ = 0;  // set by SQLite's hook, after each commit
  CheckpointPlan plan_;
  Checkpointer checkpointer_;
  bool beside_ = false;  // it was started, and its result is still to be taken
  Group arrived_;
  JobGroups waiting_;  // arrived, too many for one transaction
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace certes::log::sqlite
