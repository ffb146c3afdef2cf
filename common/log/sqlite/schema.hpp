#pragma once
// What the file holds: its tables, made when it is new and checked when it is not. Called by open(), before any thread
// is started.
//
//   settings   schema version and number of partitions
//   TOPIC_N    id = offset (given by the writer), record = one BLOB (record_format.hpp)
//   offsets    start and next offset of a partition that was trimmed; else they follow from its table
//   commits    what the group has committed
//   sizes      bytes of a partition's records below an offset (sizes.hpp)
//   identities seq, sixteen bytes of (source, id), when, certes-id: appended in order, indexed in memory

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/log/log.hpp"
#include "common/log/sqlite/connection.hpp"

namespace certes::log::sqlite {

inline constexpr std::int64_t kSchemaVersion = 2;

// Makes or checks the tables, and sets the writer's connection up (WAL, every commit synced).
// invalid: not such a file (it is left as it was), another version, other partitions. Throws Failure.
Result<void> make_or_check(Connection& connection, const std::string& path, std::int32_t partitions);

// The partitions of a file that is there, of this version. invalid: as above. Throws Failure.
Result<std::int32_t> stored_partitions(Connection& connection, const std::string& path);

// Where a partition begins and where its next record goes. Throws Failure.
OffsetRange stored_range(Connection& connection, Topic topic, std::int32_t partition);

// By partition. Throws Failure.
std::vector<Committed> stored_commits(Connection& connection, std::int32_t partitions);

// The registry has one partition, whatever the others have.
inline std::int32_t partitions_of(Topic topic, std::int32_t partitions) {
  return topic == Topic::registry ? 1 : partitions;
}

}  // namespace certes::log::sqlite
