#include "common/registry/snapshot.hpp"

#include "common/base/hash.hpp"
#include "common/registry/audit_json.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kParts = 8;
constexpr std::uint64_t kSeed = 0xcbf29ce484222325ull;

}  // namespace

SnapshotRecords make_snapshot(const Decider& decider, const std::string& id, std::int64_t as_of,
                              std::size_t chunk_bytes) {
  SnapshotRecords records;
  SnapshotChunk chunk{id, as_of, 0, {}, Json::array()};
  std::size_t bytes = 0;
  std::uint64_t check = kSeed;
  const auto cut = [&] {
    records.chunks.push_back(encode(chunk));
    check = hash64(records.chunks.back(), check);
    chunk.resources.clear();
    chunk.audit = Json::array();
    ++chunk.chunk;
    bytes = 0;
  };
  for (const auto& [key, entry] : decider.ledger().entries()) {
    bytes += encode(*entry).size() + 1;
    chunk.resources.push_back(entry);
    if (bytes >= chunk_bytes) cut();
  }
  for (const AuditEntry& entry : decider.audit().entries()) {
    Json json = stored_entry(entry);
    bytes += json.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 1;
    chunk.audit.push_back(std::move(json));
    if (bytes >= chunk_bytes) cut();
  }
  if (bytes > 0 || records.chunks.empty()) cut();
  SnapshotEnd end{id, as_of, chunk.chunk, std::to_string(check), {}};
  end.decided.assign(decider.decided().begin(), decider.decided().end());
  records.end = encode(end);
  return records;
}

void SnapshotAssembler::add(SnapshotChunk&& chunk, std::string_view value, bool keep, std::uint64_t changes_before) {
  if (chunk.chunk == 0) {
    if (parts_.size() >= kParts) parts_.erase(parts_.begin());  // ids rise with time: the oldest
    Part part;
    part.snapshot.id = chunk.snapshot;
    part.snapshot.as_of = chunk.as_of;
    part.snapshot.changes_before = changes_before;
    part.check = kSeed;
    parts_.insert_or_assign(chunk.snapshot, std::move(part));
  }
  const auto it = parts_.find(chunk.snapshot);
  if (it == parts_.end()) return;
  Part& part = it->second;
  if (chunk.chunk != part.next_chunk || chunk.as_of != part.snapshot.as_of) {
    parts_.erase(it);
    return;
  }
  ++part.next_chunk;
  part.check = hash64(value, part.check);
  if (!keep) return;
  for (EntryPtr& entry : chunk.resources) part.snapshot.resources.push_back(std::move(entry));
  part.snapshot.audit.push_back(std::move(chunk.audit));
}

std::optional<Snapshot> SnapshotAssembler::finish(const SnapshotEnd& end) {
  const auto it = parts_.find(end.snapshot);
  if (it == parts_.end()) return std::nullopt;
  Part part = std::move(it->second);
  parts_.erase(it);
  if (part.next_chunk != end.chunks || part.snapshot.as_of != end.as_of || std::to_string(part.check) != end.check) {
    return std::nullopt;
  }
  part.snapshot.decided = end.decided;
  return std::move(part.snapshot);
}

}  // namespace certes::registry
