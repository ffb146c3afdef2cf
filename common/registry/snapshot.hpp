#pragma once
// Snapshots of the registry: cutting a ledger into chunks, and putting the chunks that stand in the log together again.
// Who: Replica and Registry. Pure; confined to one thread.

#include <map>
#include <string>
#include <vector>

#include "common/registry/decider.hpp"
#include "common/registry/record_json.hpp"

namespace certes::registry {

// What a decider holds as of `as_of`, ledger and audit trail, to be written record by record, whatever is decided
// meanwhile.
class SnapshotWriter {
 public:
  // `chunk_bytes`: no record is longer, but one with a single resource that is.
  SnapshotWriter(const Decider& decider, std::string id, std::int64_t as_of, std::size_t chunk_bytes = 128u << 10);

  const std::string& id() const { return end_.snapshot; }
  // Nothing: there are no more.
  std::optional<std::string> next_chunk();
  // To be appended once all chunks are on the log.
  std::string end() const;

 private:
  const std::size_t chunk_bytes_;
  const Ledger::Entries entries_;
  std::vector<AuditEntry> audit_;
  Ledger::Entries::const_iterator next_entry_;
  std::size_t next_audit_ = 0;
  SnapshotEnd end_;
  std::uint64_t check_;
};

struct Snapshot {
  std::string id;
  std::int64_t as_of = 0;
  std::vector<EntryPtr> resources;
  std::vector<Json> audit;
  std::vector<std::string> decided;
  std::uint64_t bytes_before = 0;  // as passed with its first chunk
};

class SnapshotAssembler {
 public:
  // `keep`: whether the resources are wanted, or only whether it is whole. `value`: the record's bytes.
  void add(SnapshotChunk&& chunk, std::string_view value, bool keep, std::uint64_t bytes_before);
  // The snapshot that this completes; nothing if a chunk of it is missing or not the one that was written.
  std::optional<Snapshot> finish(const SnapshotEnd& end);

 private:
  struct Part {
    Snapshot snapshot;
    std::int64_t next_chunk = 0;
    std::uint64_t check = 0;
  };
  std::map<std::string, Part> parts_;  // by id; at most kParts, what never ends is forgotten
};

}  // namespace certes::registry
