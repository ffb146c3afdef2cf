// The spool that lasts: one SQLite file in WAL mode, synchronous=FULL, one connection. What a failed write means is
// judged as for the embedded log: from the sync on nothing is sure, so a failed one is the end of this spool until the
// process starts again.
#include <filesystem>

#include "client/spool/rows.hpp"
#include "client/spool/spool.hpp"
#include "common/log/sqlite/directory_lock.hpp"
#include "common/log/sqlite/failure.hpp"

namespace certes::client {
namespace {

using log::sqlite::Connection;
using log::sqlite::DirectoryLock;
using log::sqlite::Failure;
using log::sqlite::judge;
using log::sqlite::Stage;

constexpr std::size_t kCheckpointBytes = 8u << 20;  // written since the last one
constexpr std::size_t kChangedRow = 1'024;          // about what a change of a row writes

class FileSpool final : public Spool {
 public:
  FileSpool(DirectoryLock lock, std::unique_ptr<Connection> connection, std::string path)
      : lock_(std::move(lock)), path_(std::move(path)), connection_(std::move(connection)), rows_(*connection_) {
    last_ = rows_.last_sequence();
  }

  ~FileSpool() override {
    if (failure_) connection_->keep_wal();
  }

  Result<void> each_waiting(const std::function<void(Entry&&)>& take) override {
    return reading<void>([&]() -> Result<void> {
      rows_.each_waiting(take);
      return {};
    });
  }

  Result<std::vector<std::int64_t>> commit(const Turn& turn, UnixMillis now) override {
    std::vector<std::int64_t> sequences;
    std::int64_t next = last_;
    auto written = transact([&] {
      for (const Item& item : turn.added) {
        rows_.insert(++next, item, now);
        sequences.push_back(next);
        written_bytes_ += item.bytes();
      }
      for (const std::int64_t sequence : turn.sent) rows_.remove(sequence);
      for (const Refusal& refusal : turn.rejected) rows_.reject(refusal);
      for (const Retry& retry : turn.retried) rows_.retry(retry);
    });
    if (!written) return fail(std::move(written.error()));
    last_ = next;
    written_bytes_ += kChangedRow * (turn.sent.size() + turn.rejected.size() + turn.retried.size());
    checkpoint_if_due();
    return sequences;
  }

  Result<Item> read(std::int64_t sequence) override {
    return reading<Item>([&]() -> Result<Item> {
      if (auto item = rows_.read(sequence)) return std::move(*item);
      return fail(Code::internal, path_ + " has no event " + std::to_string(sequence));
    });
  }

  Result<std::vector<Rejected>> rejected(std::int64_t after, std::size_t limit) override {
    return reading<std::vector<Rejected>>([&] { return rows_.rejected(after, limit); });
  }

  Result<Entry> restore(std::int64_t sequence) override {
    auto item = reading<std::optional<Item>>([&] { return rows_.rejected_item(sequence); });
    if (!item) return fail(std::move(item.error()));
    if (!*item) return fail(not_there(sequence));
    auto written = transact([&] { rows_.restore(sequence, last_ + 1); });
    if (!written) return fail(std::move(written.error()));
    return entry_of(**item, ++last_);
  }

  Result<std::size_t> drop(std::int64_t sequence) override {
    auto item = reading<std::optional<Item>>([&] { return rows_.rejected_item(sequence); });
    if (!item) return fail(std::move(item.error()));
    if (!*item) return fail(not_there(sequence));
    auto written = transact([&] { rows_.drop(sequence); });
    if (!written) return fail(std::move(written.error()));
    return (*item)->bytes();
  }

  Result<SpoolSize> rejected_size() override {
    return reading<SpoolSize>([&] { return rows_.rejected_size(); });
  }

  std::optional<Error> failure() const override { return failure_; }

 private:
  static Error not_there(std::int64_t sequence) {
    return {Code::not_found, "no rejected event has the number " + std::to_string(sequence)};
  }

  template <class T, class Read>
  Result<T> reading(Read read) {
    try {
      return read();
    } catch (const Failure& failure) {
      return fail(judge(failure, Stage::reading, path_).error);
    }
  }

  template <class Write>
  Result<void> transact(Write write) {
    if (failure_)
      return fail(Code::unavailable, "the spool takes nothing more until it is opened again: " + failure_->message);
    Stage stage = Stage::writing;
    try {
      rows_.begin();
      write();
      stage = Stage::committing;
      rows_.commit();
      return {};
    } catch (const Failure& failure) {
      const auto verdict = judge(failure, stage, path_);
      rows_.discard();
      if (verdict.fatal) failure_ = verdict.error;
      return fail(verdict.error);
    }
  }

  // The commit stands, whatever comes of this; only a failed sync ends the spool.
  void checkpoint_if_due() {
    if (written_bytes_ < kCheckpointBytes) return;
    written_bytes_ = 0;
    try {
      connection_->run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const Failure& failure) {
      const auto verdict = judge(failure, Stage::checkpointing, path_);
      if (verdict.fatal) failure_ = verdict.error;
    }
  }

  const DirectoryLock lock_;
  const std::string path_;
  std::unique_ptr<Connection> connection_;
  Rows rows_;
  std::int64_t last_ = 0;
  std::size_t written_bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

Result<std::unique_ptr<Spool>> open_file_spool(const std::string& directory) {
  auto lock = DirectoryLock::take(directory);
  if (!lock) return fail(std::move(lock.error()));
  const std::string path = directory + "/spool.db";
  log::sqlite::keep_private(path);
  try {
    auto connection = std::make_unique<Connection>(path);
    if (connection->read_only()) return fail(Code::unavailable, path + " is read-only");
    if (auto made = make_or_check(*connection, path); !made) return fail(std::move(made.error()));
    return std::unique_ptr<Spool>(std::make_unique<FileSpool>(std::move(*lock), std::move(connection), path));
  } catch (const Failure& failure) {
    return fail(judge(failure, Stage::writing, path).error);
  }
}

}  // namespace certes::client
