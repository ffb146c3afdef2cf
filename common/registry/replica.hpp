#pragma once
// Replica: follows the records of the registry topic in log order, without threads or I/O. It begins with the empty
// state where the log starts at 0, else with the first whole snapshot it meets that the log continues without a gap.
// Who: Registry, tests. Pure; confined to one thread.

#include <string>
#include <vector>

#include "common/registry/catalogue.hpp"
#include "common/registry/decider.hpp"
#include "common/registry/snapshot.hpp"

namespace certes::registry {

struct Decided {
  std::string change_id;
  Result<Decision> result;
};

class Replica {
 public:
  explicit Replica(std::int64_t log_start, std::size_t audit_entries = kAuditEntries)
      : log_start_(log_start), has_state_(log_start == 0), decider_(audit_entries) {}

  // The next record. What it decides is added to `decided`.
  void apply(const log::RecordPtr& record, std::vector<Decided>& decided);

  // Whether there is a state: until then state() is empty.
  bool has_state() const { return has_state_; }
  // What has been decided, as the services use it.
  const State& state();
  const Decider& decider() const { return decider_; }
  // A record that this version cannot follow: nothing is applied from it on.
  const std::optional<Error>& failure() const { return failure_; }
  // Counts applied changes and loaded snapshots.
  std::uint64_t changes() const { return changes_; }

  // The log has grown to three times what lives, in bytes.
  bool wants_snapshot() const;
  // The newest snapshot that was seen whole: its id and the offset it is as of (-1: none).
  const std::string& snapshot_id() const { return snapshot_id_; }
  std::int64_t snapshot_as_of() const { return snapshot_as_of_; }

 private:
  void change(const log::StoredRecord& record, const ChangeRecord& entry, std::vector<Decided>& decided);
  void snapshot(Snapshot&& snapshot, std::vector<Decided>& decided);

  std::int64_t log_start_;
  bool has_state_;
  Decider decider_;
  Catalogue catalogue_;  // as of the last state()
  SnapshotAssembler assembler_;
  std::vector<log::RecordPtr> early_;  // changes that were met before the state
  std::optional<Error> failure_;
  std::uint64_t changes_ = 0;
  std::uint64_t bytes_ = 0;           // of all records that were met
  std::uint64_t snapshot_bytes_ = 0;  // bytes_ when the newest whole snapshot began
  std::string snapshot_id_;
  std::int64_t snapshot_as_of_ = -1;
};

}  // namespace certes::registry
