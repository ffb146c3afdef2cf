#include "common/registry/decider.hpp"

#include "common/registry/audit_json.hpp"
#include "common/registry/audit_values.hpp"
#include "common/registry/config_change.hpp"
#include "common/registry/kinds.hpp"

namespace certes::registry {
namespace {

AuditEntry entry_for(const ChangeRecord& record, UnixMillis at, std::int64_t offset) {
  AuditEntry entry;
  entry.offset = offset;
  entry.at = at;
  entry.change_id = record.change_id;
  entry.kind = record.change.kind;
  entry.tenant = record.change.tenant;
  entry.id = record.change.id;
  entry.by = record.change.by;
  const bool removal = record.change.op == Change::Op::remove;
  entry.action = removal                                  ? AuditEntry::Action::remove
                 : record.change.op == Change::Op::create ? AuditEntry::Action::create
                                                          : AuditEntry::Action::change;
  return entry;
}

// What nobody has asked for, and says nothing of who changed what: how far a job is, every few seconds.
bool is_told(const Change& change) {
  return change.kind != Kind<Installation>::name && !(change.kind == Kind<Job>::name && change.by == kByCertes);
}

// What it does to the resource, and to which of its members.
void name_members(const Entry* before, const Change& change, AuditEntry& entry) {
  entry.action = before != nullptr ? AuditEntry::Action::change : AuditEntry::Action::create;
  if (before == nullptr) return;
  entry.members = changed_members(*before->body, change.body);
  if (before->envelope.state != change.envelope.state) entry.members.emplace_back("/state");
  if (change.envelope.purge) entry.members.emplace_back("/purges");
  if (change.envelope.retry) entry.members.emplace_back("/retries");
}

}  // namespace

Result<Decision> Decider::apply(const ChangeRecord& record, AuditEntry& entry, std::vector<EntryPtr>& went) {
  const Change& change = record.change;
  const std::string key = registry_key(change.tenant, change.kind, change.id);
  const EntryPtr before = ledger_.find(key);
  const bool removal = change.op == Change::Op::remove;
  auto decision = removal ? ledger_.remove(change, went) : ledger_.put(change, entry.at, entry.offset);
  if (!decision || !is_told(change)) return decision;
  if (!removal) name_members(before.get(), change, entry);
  entry.values = audit_values(before.get(), ledger_.find(key).get(), entry.members);
  return decision;
}

std::optional<Result<Decision>> Decider::decide(const ChangeRecord& record, UnixMillis at, std::int64_t offset) {
  if (decided_set_.contains(record.change_id)) return std::nullopt;
  remember(record.change_id);
  AuditEntry entry = entry_for(record, at, offset);
  if (record.change.kind == kConfigKind) {
    read_config_change(record.change, entry);
    audit_.add(std::move(entry));
    return Decision{};
  }
  std::vector<EntryPtr> went;
  auto result = apply(record, entry, went);
  if (result) {
    changed_.push_back(registry_key(record.change.tenant, record.change.kind, record.change.id));
    for (const EntryPtr& one : went) changed_.push_back(registry_key(one->tenant, one->kind, one->id));
  }
  if (is_told(record.change)) audit(std::move(entry), result, went);
  return result;
}

void Decider::audit(AuditEntry entry, const Result<Decision>& result, const std::vector<EntryPtr>& went) {
  if (result) {
    entry.version = result->version;
  } else {
    entry.refused = to_string(result.error().code);
    entry.reason = result.error().message;
  }
  AuditEntry dependent = entry;
  audit_.add(std::move(entry));
  dependent.with = dependent.kind + "/" + dependent.id;
  dependent.version = 0;
  for (const EntryPtr& one : went) {
    ++dependent.part;
    dependent.kind = one->kind;
    dependent.tenant = one->tenant;
    dependent.id = one->id;
    dependent.values = audit_values(one.get(), nullptr, {});
    audit_.add(dependent);
  }
}

void Decider::remember(const std::string& change_id) {
  decided_.push_back(change_id);
  decided_set_.insert(change_id);
  if (decided_.size() <= kRememberedChanges) return;
  decided_set_.erase(decided_.front());
  decided_.pop_front();
}

void Decider::load(const std::vector<EntryPtr>& entries, const std::vector<std::string>& decided) {
  for (const auto& [key, entry] : ledger_.entries()) changed_.push_back(key);
  ledger_ = Ledger();
  for (const EntryPtr& entry : entries) {
    ledger_.restore(entry);
    changed_.push_back(registry_key(entry->tenant, entry->kind, entry->id));
  }
  decided_.clear();
  decided_set_.clear();
  for (const std::string& id : decided) remember(id);
}

void Decider::load_audit(const std::vector<Json>& chunks) {
  audit_.clear();
  for (const Json& chunk : chunks) {
    for (const Json& json : chunk) {
      if (auto entry = entry_of(json)) audit_.add(std::move(*entry));
    }
  }
}

}  // namespace certes::registry
