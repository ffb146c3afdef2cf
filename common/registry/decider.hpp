#pragma once
// Decider: what a change does to the state. Deterministic: the same changes in the same order decide the same way and
// give the same state in every process. Who: Replica. Pure; confined to one thread.

#include <deque>
#include <string>
#include <unordered_set>

#include "common/registry/audit.hpp"
#include "common/registry/record_json.hpp"
#include "common/registry/registry.hpp"
#include "common/registry/rules.hpp"

namespace certes::registry {

// So many ids of changes are remembered, so that a change that reached the log twice is decided once.
inline constexpr std::size_t kRememberedChanges = 1'000;

class Decider {
 public:
  explicit Decider(std::size_t audit_entries = kAuditEntries) : audit_(audit_entries) {}

  // Decides the change that stands at `offset`, appended at `at`. Nothing if an earlier copy of it has been decided.
  std::optional<Result<Decision>> decide(const ChangeRecord& record, UnixMillis at, std::int64_t offset = 0);

  // Takes over what a snapshot holds. False, and nothing is changed, if it cannot be understood.
  bool load(const std::vector<Json>& chunks, const std::vector<std::string>& decided);
  // And its part of the audit trail: what it cannot understand of that is passed over.
  void load_audit(const std::vector<Json>& chunks);

  const State& state() const { return state_; }
  std::size_t resources() const;
  const std::deque<std::string>& decided() const { return decided_; }
  const AuditTrail& audit() const { return audit_; }

 private:
  template <class T>
  Result<Decision> put(const ChangeRecord& record, UnixMillis at, AuditEntry& entry);
  template <class T>
  Result<Decision> remove(const Change& change, std::vector<Dependent>& dependents);
  void remember(const std::string& change_id);
  void audit(AuditEntry entry, const Result<Decision>& result, const std::vector<Dependent>& dependents);

  State state_;
  AuditTrail audit_;
  std::deque<std::string> decided_;
  std::unordered_set<std::string> decided_set_;
};

// One resource with its versions, as a snapshot holds it.
template <class T>
Json snapshot_entry(const T& resource);

}  // namespace certes::registry
