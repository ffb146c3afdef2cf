#include "common/log/sqlite/schema.hpp"

#include <sqlite3.h>

#include "common/log/sqlite/partition.hpp"

namespace certes::log::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x43657274;  // "Cert"
// Of new files. A page of 4 KB holds two or three events, and each is a write and a place in the page cache of its own.
constexpr int kPageBytes = 16 << 10;

void make(Connection& connection, std::int32_t partitions) {
  connection.run("BEGIN IMMEDIATE");
  connection.run("PRAGMA application_id=" + std::to_string(kApplicationId));
  connection.run("CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER NOT NULL)");
  connection.run("INSERT INTO settings VALUES('schema'," + std::to_string(kSchemaVersion) + "),('partitions'," +
                 std::to_string(partitions) + ")");
  connection.run(
      "CREATE TABLE offsets(topic INTEGER, partition INTEGER, start INTEGER NOT NULL, next INTEGER NOT NULL,"
      " PRIMARY KEY(topic, partition))");
  connection.run("CREATE TABLE commits(partition INTEGER PRIMARY KEY, next INTEGER NOT NULL, metadata BLOB NOT NULL)");
  connection.run(
      "CREATE TABLE identities(seq INTEGER PRIMARY KEY, identity BLOB NOT NULL, at INTEGER NOT NULL, id BLOB NOT "
      "NULL)");
  for (int t = 0; t < kTopics; ++t)
    for (std::int32_t p = 0; p < partitions_of(static_cast<Topic>(t), partitions); ++p)
      connection.run("CREATE TABLE " + table_name(static_cast<Topic>(t), p) +
                     "(id INTEGER PRIMARY KEY, record BLOB NOT NULL)");
  connection.run("COMMIT");
}

std::int64_t setting(Connection& connection, const std::string& name) {
  return connection.number("SELECT value FROM settings WHERE name='" + name + "'");
}

// A file may have been made before there was this table.
void add_sizes(Connection& connection) {
  connection.run(
      "CREATE TABLE IF NOT EXISTS sizes(topic INTEGER, partition INTEGER, bytes INTEGER NOT NULL, next INTEGER NOT "
      "NULL, PRIMARY KEY(topic, partition)) WITHOUT ROWID");
}

void configure(Connection& connection, bool empty) {
  connection.run("PRAGMA busy_timeout=5000");
  if (empty) connection.run("PRAGMA page_size=" + std::to_string(kPageBytes));
  Statement mode = connection.prepare("PRAGMA journal_mode=WAL");
  if (!mode.step() || mode.bytes(0) != "wal")
    throw Failure(SQLITE_CANTOPEN, "this file system has no shared memory for a write-ahead log");
  mode.reset();
  connection.run("PRAGMA synchronous=FULL");
  // Distributions build SQLite so that it overwrites what is deleted: retention would write as much as it frees.
  connection.run("PRAGMA secure_delete=FAST");
  connection.run("PRAGMA wal_autocheckpoint=0");  // the writer checkpoints, after it has acknowledged
  connection.run("PRAGMA cache_size=-8000");
  connection.run("PRAGMA cache_spill=0");  // nothing reaches the file before COMMIT, so a failure before it is clean
  connection.run("PRAGMA temp_store=MEMORY");
}

// Nothing was released with another number yet, so nothing is migrated.
Result<void> check_version(std::int64_t version, const std::string& path) {
  if (version == kSchemaVersion) return {};
  const std::string numbers = " (its schema is " + std::to_string(version) + ", this program reads " +
                              std::to_string(kSchemaVersion) + " alone): ";
  if (version > kSchemaVersion)
    return fail(Code::invalid,
                path + " was written by a newer Certes" + numbers + "start that version, or one after it");
  return fail(Code::invalid, path + " was written by a pre-release of Certes" + numbers +
                                 "move it away, or start with another --data DIR");
}

}  // namespace

Result<void> make_or_check(Connection& connection, const std::string& path, std::int32_t partitions) {
  // Looked at before anything is set: a file of somebody else's stays as it is.
  const std::int64_t application = connection.number("PRAGMA application_id");
  const bool empty = connection.number("SELECT count(*) FROM sqlite_master") == 0;
  if (application != kApplicationId && !(application == 0 && empty))
    return fail(Code::invalid, path + " is not a Certes log: move it away, or start with another --data DIR");
  configure(connection, empty);
  if (empty) {
    make(connection, partitions);
    add_sizes(connection);
    return {};
  }
  if (auto ok = check_version(setting(connection, "schema"), path); !ok) return ok;
  const std::int64_t stored = setting(connection, "partitions");
  if (stored != partitions)
    return fail(Code::invalid, path + " was made with " + std::to_string(stored) + " partitions, not " +
                                   std::to_string(partitions) + ": their number is fixed when the file is made");
  add_sizes(connection);
  return {};
}

Result<std::int32_t> stored_partitions(Connection& connection, const std::string& path) {
  if (connection.number("PRAGMA application_id") != kApplicationId)
    return fail(Code::invalid, path + " is not a Certes log");
  if (auto ok = check_version(setting(connection, "schema"), path); !ok) return fail(ok.error());
  return static_cast<std::int32_t>(setting(connection, "partitions"));
}

OffsetRange stored_range(Connection& connection, Topic topic, std::int32_t partition) {
  OffsetRange range;
  Statement trimmed = connection.prepare("SELECT start, next FROM offsets WHERE topic=? AND partition=?");
  trimmed.bind(1, static_cast<std::int64_t>(topic)).bind(2, partition);
  if (trimmed.step()) range = {trimmed.number(0), trimmed.number(1)};
  Statement last = connection.prepare("SELECT max(id) FROM " + table_name(topic, partition));
  if (last.step() && !last.null(0)) range.end = std::max(range.end, last.number(0) + 1);
  return range;
}

std::vector<Committed> stored_commits(Connection& connection, std::int32_t partitions) {
  std::vector<Committed> commits(static_cast<std::size_t>(partitions));
  Statement all = connection.prepare("SELECT partition, next, metadata FROM commits");
  while (all.step())
    if (all.number(0) >= 0 && all.number(0) < partitions)
      commits[static_cast<std::size_t>(all.number(0))] = {all.number(1), std::string(all.bytes(2))};
  return commits;
}

}  // namespace certes::log::sqlite
