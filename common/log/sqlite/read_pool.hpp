#pragma once
// ReadPool: connections for reading, taken for one short page at a time. The writer can hold readers off while it
// truncates the write-ahead log: it never resets as long as one page or another is being read. Any thread.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/partition.hpp"

namespace certes::log::sqlite {

// A connection with its statements; belongs to who holds the lease.
class ReadConnection {
 public:
  explicit ReadConnection(const std::string& path);
  // id, record: from id ?1 on, below ?2, at most ?3.
  Statement& page(const std::string& table);
  // Where what is erased around `offset` ends; nothing: it is not. Throws Failure.
  std::optional<std::int64_t> erased(const std::string& table, std::int64_t offset);
  // wanted, id, record: for each of the ascending offsets in ?1 ("[3,8]") its row, or the one before it; no row for
  // those below the first one.
  Statement& points(const std::string& table);
  // The append time's bytes of record ?1.
  Statement& time(const std::string& table);
  void keep_wal() noexcept { connection_.keep_wal(); }

 private:
  // `sql` has $ in the place of the table's name.
  Statement& prepared(std::map<std::string, Statement>& cache, const std::string& table, std::string sql);

  Connection connection_;
  std::map<std::string, Statement> pages_;
  std::map<std::string, Statement> marks_;
  std::map<std::string, Statement> points_;
  std::map<std::string, Statement> times_;
};

class ReadPool {
 public:
  explicit ReadPool(std::string path) : path_(std::move(path)) {}

  class Lease {
   public:
    Lease() = default;
    Lease(ReadPool& pool, std::unique_ptr<ReadConnection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept : pool_(other.pool_), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    explicit operator bool() const { return connection_ != nullptr; }
    ReadConnection* operator->() { return connection_.get(); }
    ReadConnection& operator*() { return *connection_; }

   private:
    ReadPool* pool_ = nullptr;
    std::unique_ptr<ReadConnection> connection_;
  };

  // Nothing while readers are held off. Throws Failure where the file cannot be opened.
  Lease try_take();
  // Waits for that; nothing after `timeout`.
  Lease take(Millis timeout);

  // The writer's: returns when no lease is out; none is given until let_in.
  void hold_off();
  void let_in();
  // Closing no longer touches the file.
  void keep_wal();

 private:
  // Lets the caller's lock go while it opens a file, hence unchecked.
  Lease open_or_reuse(Lock& lock) CERTES_REQUIRES(mutex_) CERTES_UNCHECKED;
  void give_back(std::unique_ptr<ReadConnection> connection);

  const std::string path_;
  Mutex mutex_;
  Condition changed_;
  bool held_off_ CERTES_GUARDED_BY(mutex_) = false;
  bool keep_wal_ CERTES_GUARDED_BY(mutex_) = false;
  int out_ CERTES_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<ReadConnection>> idle_ CERTES_GUARDED_BY(mutex_);
};

// The first offset in [low, high) whose append time is not before `at`; `high` if there is none. Of a record that is
// gone or has no time the next one's counts. Throws Failure.
std::int64_t first_not_before(Statement& time, std::int64_t low, std::int64_t high, UnixMillis at);

}  // namespace certes::log::sqlite
