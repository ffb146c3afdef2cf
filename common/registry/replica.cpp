#include "common/registry/replica.hpp"

#include <algorithm>

namespace certes::registry {
namespace {

constexpr std::uint64_t kFewestBytes = 1u << 20;
constexpr std::uint64_t kGrowth = 3;

Error not_ours(std::int64_t format, std::int64_t offset) {
  const std::string place = " at offset " + std::to_string(offset);
  const std::string own = "this version of Certes reads format " + std::to_string(kRecordFormat) + " alone";
  if (format > kRecordFormat)
    return Error(Code::internal, "the registry holds a record of format " + std::to_string(format) + place + "; " +
                                     own + ": upgrade it");
  return Error(Code::internal, "the registry holds a record of a pre-release of Certes, " +
                                   (format == 0 ? "without a format" : "of format " + std::to_string(format)) + place +
                                   "; " + own +
                                   ": start with an empty data directory, or on Kafka with another kafka.prefix");
}

}  // namespace

void Replica::apply(const log::RecordPtr& record, std::vector<Decided>& decided) {
  if (failure_) return;
  Record entry = decode(record->value);
  if (const auto* other = std::get_if<OtherFormat>(&entry)) {
    failure_ = not_ours(other->format, record->offset);
  } else if (const auto* changed = std::get_if<ChangeRecord>(&entry)) {
    if (has_state_) {
      change(*record, *changed, decided);
    } else {
      early_.push_back(record);
    }
  } else if (auto* chunk = std::get_if<SnapshotChunk>(&entry)) {
    assembler_.add(std::move(*chunk), record->value, !has_state_, bytes_);
  } else if (const auto* end = std::get_if<SnapshotEnd>(&entry)) {
    if (auto whole = assembler_.finish(*end)) snapshot(std::move(*whole), decided);
  }
  bytes_ += record->size();
}

void Replica::change(const log::StoredRecord& record, const ChangeRecord& entry, std::vector<Decided>& decided) {
  ++changes_;
  if (auto result = decider_.decide(entry, record.appended_at, record.offset)) {
    decided.push_back({entry.change_id, std::move(*result)});
  }
}

void Replica::snapshot(Snapshot&& snapshot, std::vector<Decided>& decided) {
  if (!has_state_) {
    if (snapshot.as_of + 1 < log_start_) return;
    decider_.load(snapshot.resources, snapshot.decided);
    decider_.load_audit(snapshot.audit);
    has_state_ = true;
    ++changes_;
    for (const log::RecordPtr& record : early_) {
      if (record->offset <= snapshot.as_of) continue;
      const Record entry = decode(record->value);
      change(*record, std::get<ChangeRecord>(entry), decided);
    }
    early_ = {};
  }
  if (snapshot.as_of < snapshot_as_of_) return;
  snapshot_bytes_ = snapshot.bytes_before;
  snapshot_as_of_ = snapshot.as_of;
  snapshot_id_ = snapshot.id;
}

const State& Replica::state() {
  // Each once, however often it has changed.
  std::vector<std::string> changed = decider_.take_changed();
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  for (const std::string& key : changed) catalogue_.update(key, decider_.ledger().find(key));
  return catalogue_.state();
}

bool Replica::wants_snapshot() const {
  const std::uint64_t live = decider_.ledger().bytes() + decider_.audit().bytes();
  return has_state_ && bytes_ - snapshot_bytes_ >= std::max(kFewestBytes, kGrowth * live);
}

}  // namespace certes::registry
