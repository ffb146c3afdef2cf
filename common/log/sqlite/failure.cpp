#include "common/log/sqlite/failure.hpp"

#include <sqlite3.h>

namespace certes::log::sqlite {
namespace {

bool damaged(int code) { return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB; }
bool full(int code) { return (code & 0xff) == SQLITE_FULL; }
bool sync_failed(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }

// A commit that ended with these never came to its sync.
bool before_sync(int code) { return full(code) || code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_READ; }

std::string advice(int code) {
  if (full(code)) return "the disk is full: free some space, and appends go on by themselves";
  if (damaged(code)) return "the file is damaged: stop, keep a copy, and restore it";
  if (sync_failed(code))
    return "the disk did not confirm a write, so nothing more is written: check the disk, then restart";
  if ((code & 0xff) == SQLITE_BUSY) return "another program has locked the file: close it";
  if (code == SQLITE_IOERR_WRITE) return "a write failed: check the disk";
  if ((code & 0xff) == SQLITE_IOERR) return "check the disk";
  return "SQLite code " + std::to_string(code);
}

}  // namespace

Verdict judge(const Failure& failure, Stage stage, const std::string& path) {
  const int code = failure.code();
  Verdict verdict;
  verdict.fatal = damaged(code) || sync_failed(code);
  if (stage == Stage::committing && !before_sync(code)) {
    verdict.outcome = AppendOutcome::unknown;
    verdict.fatal = true;
  }
  const bool unknown = verdict.outcome == AppendOutcome::unknown;
  const char* verb = stage == Stage::reading ? "cannot read " : "cannot write ";
  verdict.error = Error(unknown         ? Code::unknown_outcome
                        : damaged(code) ? Code::internal
                                        : Code::unavailable,
                        verb + path + ": " + failure.message() + " (" + advice(code) + ")");
  return verdict;
}

}  // namespace certes::log::sqlite
