#include "common/log/sqlite/restoration.hpp"

#include <filesystem>

#include "common/base/durable.hpp"
#include "common/log/sqlite/directory_lock.hpp"
#include "common/log/sqlite/inspection.hpp"
#include "common/log/sqlite/sqlite_log.hpp"

namespace certes::log::sqlite {
namespace {

namespace fs = std::filesystem;

Result<void> rename_to(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail(Code::unavailable, from + " cannot be renamed to " + to + ": " + error.message());
  return {};
}

// With its write-ahead log, without which it is not whole. That goes first: beside another file it must never stand.
Result<void> move_aside(const std::string& path, const std::string& aside) {
  for (const char* beside : {"-shm", "-wal", ""}) {
    if (!fs::exists(path + beside)) continue;
    if (auto moved = rename_to(path + beside, aside + beside); !moved) return moved;
  }
  return {};
}

Result<CopyReport> bring(const std::string& from, const std::string& path) {
  std::error_code error;
  keep_private(path);
  fs::copy_file(from, path, fs::copy_options::overwrite_existing, error);
  if (error) return fail(Code::unavailable, from + " cannot be copied to " + path + ": " + error.message());
  keep_private(path);
  auto report = inspect(path);
  if (!report) return report;
  if (auto synced = sync_path(path); !synced) return fail(synced.error());
  return report;
}

}  // namespace

Result<Restored> restore(const Restoration& asked, const Clock& clock) {
  std::error_code error;
  if (!fs::is_regular_file(asked.from, error)) return fail(Code::not_found, "there is no file " + asked.from);
  const auto lock = DirectoryLock::take(asked.directory);
  if (!lock) return fail(lock.error());
  const std::string path = asked.directory + "/" + std::string(kFile);
  const bool there = fs::exists(path);
  if (there && !asked.replace)
    return fail(Code::conflict, path + " is there already: --force moves it aside, and keeps it");
  const std::string part = path + ".restoring";
  const auto report = bring(asked.from, part);
  if (!report) {
    fs::remove(part, error);
    return fail(report.error());
  }
  Restored restored{*report, there ? path + ".before-" + std::to_string(clock.unix_millis()) : ""};
  if (auto moved = there ? move_aside(path, restored.aside) : Result<void>(); !moved) return fail(moved.error());
  if (auto moved = rename_to(part, path); !moved) return fail(moved.error());
  if (auto synced = sync_directory_of(path); !synced) return fail(synced.error());
  return restored;
}

}  // namespace certes::log::sqlite
