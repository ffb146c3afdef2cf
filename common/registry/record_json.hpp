#pragma once
// What stands in a record of the registry topic, as JSON with the number of its format. Internal to the registry.
//   {"v":3,"change":ID,"op":"create|put|remove","kind","tenant","id","by","based_on"?,"cascade"?,
//    "needs"?:["tenant/kind/id"],"claims"?:[PATTERN],"state"?,
//    "purge"?:{"before"?,"classes"?:[PRIORITY],"pattern"?},"retry"?:{"since"?},"body"?}
//   {"v":3,"snapshot":ID,"as_of":S,"chunk":N,"resources":[{"kind","tenant","id","version",…,"needs"?,…,
//    "spells"?:[{"state","by","from","to","from_offset","to_offset"}],"purges"?:[{"at","by","offset","before"?,…}],
//    "retries"?:[{"at","by","since"?}],"body"?}],
//    "audit"?:[{"offset","part","at","change","kind",…}]}
//   {"v":3,"snapshot":ID,"as_of":S,"chunks":N,"check":HASH,"decided":[IDs of the last changes]}
// `body` is taken as the bytes that stand there; nothing here or behind it asks what is in it.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/registry/json.hpp"
#include "common/registry/ledger.hpp"

namespace certes::registry {

inline constexpr std::int64_t kRecordFormat = 3;

struct ChangeRecord {
  std::string change_id;
  Change change;
};

struct SnapshotChunk {
  std::string snapshot;
  std::int64_t as_of = 0;
  std::int64_t chunk = 0;
  std::vector<EntryPtr> resources;
  Json audit = Json::array();
};

struct SnapshotEnd {
  std::string snapshot;
  std::int64_t as_of = 0;
  std::int64_t chunks = 0;
  std::string check;                 // of the chunks' bytes
  std::vector<std::string> decided;  // the newest last
};

struct ForeignRecord {};    // nothing of ours: passed over
struct OtherFormat {        // ours, of another version of Certes: what it decides is not known here
  std::int64_t format = 0;  // 0: it has no number
};

using Record = std::variant<ForeignRecord, OtherFormat, ChangeRecord, SnapshotChunk, SnapshotEnd>;

// Error: invalid, the body is no JSON object.
Result<std::string> encode(const std::string& change_id, const Change& change);
std::string encode(const SnapshotChunk& chunk);
std::string encode(const SnapshotEnd& end);
// As encode(SnapshotChunk) writes one of its resources.
std::string encode(const Entry& entry);
Record decode(std::string_view value);

}  // namespace certes::registry
