#pragma once
// Decider: what a change does to the registry. Deterministic: the same changes in the same order decide the same way
// and leave the same ledger in every process, of whichever release. Who: Replica. Pure; confined to one thread.

#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/registry/audit.hpp"
#include "common/registry/ledger.hpp"
#include "common/registry/record_json.hpp"

namespace certes::registry {

// So many ids of changes are remembered, so that a change that reached the log twice is decided once.
inline constexpr std::size_t kRememberedChanges = 1'000;

class Decider {
 public:
  explicit Decider(std::size_t audit_entries = kAuditEntries) : audit_(audit_entries) {}

  // Decides the change that stands at `offset`, appended at `at`. Nothing if an earlier copy of it has been decided.
  std::optional<Result<Decision>> decide(const ChangeRecord& record, UnixMillis at, std::int64_t offset);

  // Takes over what a snapshot holds, in place of everything.
  void load(const std::vector<EntryPtr>& entries, const std::vector<std::string>& decided);
  // And its part of the audit trail: what it cannot understand of that is passed over.
  void load_audit(const std::vector<Json>& chunks);

  const Ledger& ledger() const { return ledger_; }
  const std::deque<std::string>& decided() const { return decided_; }
  const AuditTrail& audit() const { return audit_; }
  // Keys of what has changed since the last call.
  std::vector<std::string> take_changed() { return std::exchange(changed_, {}); }

 private:
  Result<Decision> apply(const ChangeRecord& record, AuditEntry& entry, std::vector<EntryPtr>& went);
  void remember(const std::string& change_id);
  void audit(AuditEntry entry, const Result<Decision>& result, const std::vector<EntryPtr>& went);

  Ledger ledger_;
  AuditTrail audit_;
  std::deque<std::string> decided_;
  std::unordered_set<std::string> decided_set_;
  std::vector<std::string> changed_;
};

}  // namespace certes::registry
