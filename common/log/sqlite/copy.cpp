#include "common/log/sqlite/copy.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <future>

#include "common/base/durable.hpp"
#include "common/log/sqlite/inspection.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {
namespace {

// Half a megabyte of a new file's pages: a commit behind it waits for less than a millisecond.
constexpr int kPartPages = 32;

struct Part {
  bool last = false;
  CopyProgress progress;
};

// A copy on its way. next and end: the writer's thread alone; end before it is destroyed, if next was called.
class Backup {
 public:
  explicit Backup(const std::string& path) : into_(path) {
    // It is made durable when it is whole, and is nothing before.
    into_.number("PRAGMA journal_mode=OFF");
    into_.run("PRAGMA synchronous=OFF");
  }
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  // Throws Failure.
  Part next(Connection& from) {
    if (page_bytes_ == 0) page_bytes_ = from.number("PRAGMA page_size");
    if (backup_ == nullptr) backup_ = sqlite3_backup_init(into_.raw(), "main", from.raw(), "main");
    if (backup_ == nullptr) fail_with(sqlite3_extended_errcode(into_.raw()));
    const int code = sqlite3_backup_step(backup_, kPartPages);
    const std::int64_t total = sqlite3_backup_pagecount(backup_), left = sqlite3_backup_remaining(backup_);
    if (code == SQLITE_DONE) end();
    // Busy: another connection is in the way, for a moment.
    if (code != SQLITE_OK && code != SQLITE_DONE && (code & 0xff) != SQLITE_BUSY) fail_with(code);
    return {code == SQLITE_DONE, {(total - left) * page_bytes_, total * page_bytes_}};
  }
  void end() { sqlite3_backup_finish(std::exchange(backup_, nullptr)); }

 private:
  [[noreturn]] void fail_with(int code) {
    end();
    throw Failure(code, sqlite3_errstr(code));
  }

  Connection into_;
  sqlite3_backup* backup_ = nullptr;
  std::int64_t page_bytes_ = 0;
};

using Answer = Result<Part>;

enum class Ask { next, end };

// One part, or the end, behind the transaction that it is in: within one the source could not be read.
class PartJob final : public Job {
 public:
  PartJob(Ask ask, Backup& backup, const std::string& path) : ask_(ask), backup_(backup), path_(path) {}
  std::future<Answer> done() { return done_.get_future(); }

  void apply(Transaction& transaction) override { from_ = &transaction.connection(); }
  void finish(AppendOutcome outcome, const Error& error) override {
    if (outcome != AppendOutcome::persisted || ask_ == Ask::end) {
      backup_.end();
      return done_.set_value(fail(error));
    }
    try {
      done_.set_value(backup_.next(*from_));
    } catch (const Failure& failure) {
      done_.set_value(fail(judge(failure, Stage::reading, path_).error));
    }
  }

 private:
  const Ask ask_;
  Backup& backup_;
  const std::string& path_;
  Connection* from_ = nullptr;
  std::promise<Answer> done_;
};

Answer ask_writer(Ask ask, Store& store, Backup& backup, const std::string& path) {
  auto job = std::make_unique<PartJob>(ask, backup, path);
  auto done = job->done();
  store.jobs.post(std::move(job));
  return done.get();  // the writer answers all that it was given
}

Result<void> write(Store& store, const std::string& path, const CopyPace& pace) {
  Backup backup(path);
  for (;;) {
    const auto part = ask_writer(Ask::next, store, backup, path);
    if (!part) return fail(part.error());
    if (part->last) return {};
    if (pace(part->progress)) continue;
    [[maybe_unused]] const auto ended = ask_writer(Ask::end, store, backup, path);
    return fail(Code::timeout, "the copy was ended before it was whole");
  }
}

Result<CopyReport> written(Store& store, const std::string& path, const CopyPace& pace) {
  if (auto wrote = write(store, path, pace); !wrote) return fail(wrote.error());
  {
    // The page that says how the log is written came with the others; a copy is a file by itself, read as it is.
    Connection connection(path);
    connection.number("PRAGMA journal_mode=DELETE");
  }
  if (auto synced = sync_path(path); !synced) return fail(synced.error());
  return inspect(path);
}

}  // namespace

Result<CopyReport> copy(Store& store, const std::string& path, const CopyPace& pace) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return fail(Code::conflict, path + " is there already");
  const std::string part = path + ".part";
  std::filesystem::remove(part, error);
  Result<CopyReport> report;
  try {
    keep_private(part);
    report = written(store, part, pace);
  } catch (const Failure& failure) {
    report = fail(judge(failure, Stage::reading, part).error);
  }
  if (report) std::filesystem::rename(part, path, error);
  if (report && error) report = fail(Code::unavailable, part + " cannot be renamed: " + error.message());
  if (auto synced = report ? sync_directory_of(path) : Result<void>(); !synced) report = fail(synced.error());
  if (!report) std::filesystem::remove(part, error);
  return report;
}

}  // namespace certes::log::sqlite
