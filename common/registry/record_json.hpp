#pragma once
// What stands in a record of the registry topic, as JSON with a format version. Internal to the registry.
//   {"v":1,"change":ID,"op":"create|put|remove","kind","tenant","id","by","body"?,"based_on"?,"cascade"?}
//   {"v":1,"snapshot":ID,"as_of":S,"chunk":N,"resources":[{"kind","tenant","id","version",…,"body"}],
//    "audit"?:[{"offset","part","at","change","kind",…}]}
//   {"v":1,"snapshot":ID,"as_of":S,"chunks":N,"check":HASH,"decided":[IDs of the last changes]}

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/registry/json.hpp"
#include "common/registry/registry.hpp"

namespace certes::registry {

inline constexpr std::int64_t kRecordFormat = 1;

struct ChangeRecord {
  std::string change_id;
  Change change;  // without body
  Json body;
};

struct SnapshotChunk {
  std::string snapshot;
  std::int64_t as_of = 0;
  std::int64_t chunk = 0;
  Json resources;
  Json audit = Json::array();
};

struct SnapshotEnd {
  std::string snapshot;
  std::int64_t as_of = 0;
  std::int64_t chunks = 0;
  std::string check;                 // of the chunks' bytes
  std::vector<std::string> decided;  // the newest last
};

struct ForeignRecord {};  // nothing of ours: passed over
struct NewerRecord {      // by a later version of Certes: what it decides is not known here
  std::int64_t format = 0;
};

using Entry = std::variant<ForeignRecord, NewerRecord, ChangeRecord, SnapshotChunk, SnapshotEnd>;

// Precondition: change.body, unless empty, is JSON (else invalid).
Result<std::string> encode(const std::string& change_id, const Change& change);
std::string encode(const SnapshotChunk& chunk);
std::string encode(const SnapshotEnd& end);
Entry decode(std::string_view value);

}  // namespace certes::registry
