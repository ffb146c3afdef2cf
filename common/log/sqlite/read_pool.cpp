#include "common/log/sqlite/read_pool.hpp"

#include "common/log/sqlite/record_format.hpp"

namespace certes::log::sqlite {

ReadConnection::ReadConnection(const std::string& path) : connection_(path) {
  connection_.run("PRAGMA busy_timeout=5000");
  connection_.run("PRAGMA query_only=1");
  connection_.run("PRAGMA wal_autocheckpoint=0");
}

Statement& ReadConnection::prepared(std::map<std::string, Statement>& cache, const std::string& table,
                                    std::string sql) {
  const auto found = cache.find(table);
  if (found != cache.end()) return found->second;
  for (auto at = sql.find('$'); at != std::string::npos; at = sql.find('$', at)) sql.replace(at, 1, table);
  return cache.emplace(table, connection_.prepare(sql)).first->second;
}

Statement& ReadConnection::page(const std::string& table) {
  return prepared(pages_, table, "SELECT id, record FROM $ WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3");
}

std::optional<std::int64_t> ReadConnection::erased(const std::string& table, std::int64_t offset) {
  Statement& before = prepared(marks_, table, mark_before("$"));
  const Use use(before);
  if (!before.bind(1, offset).step()) return std::nullopt;
  const auto mark = decode_mark(before.bytes(1));
  return mark && mark->end > offset ? std::optional(mark->end) : std::nullopt;
}

Statement& ReadConnection::points(const std::string& table) {
  return prepared(points_, table,
                  "SELECT wanted.value, $.id, $.record FROM json_each(?1) AS wanted CROSS JOIN $ "
                  "ON $.id = (SELECT max(id) FROM $ WHERE id <= wanted.value)");
}

Statement& ReadConnection::time(const std::string& table) {
  return prepared(times_, table,
                  "SELECT substr(record, 1, 8) FROM $ WHERE id >= ?1 AND length(record) >= 8 ORDER BY id LIMIT 1");
}

ReadPool::Lease ReadPool::open_or_reuse(Lock& lock) {
  ++out_;
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(connection)};
  }
  const bool keep = keep_wal_;
  lock.unlock();
  try {
    auto connection = std::make_unique<ReadConnection>(path_);
    if (keep) connection->keep_wal();
    return {*this, std::move(connection)};
  } catch (...) {
    lock.lock();
    --out_;
    changed_.notify_all();
    throw;
  }
}

ReadPool::Lease ReadPool::try_take() {
  Lock lock(mutex_);
  if (held_off_) return {};
  return open_or_reuse(lock);
}

ReadPool::Lease ReadPool::take(Millis timeout) {
  Lock lock(mutex_);
  if (!changed_.wait_for(lock, timeout, [this]() CERTES_REQUIRES(mutex_) { return !held_off_; })) return {};
  return open_or_reuse(lock);
}

void ReadPool::give_back(std::unique_ptr<ReadConnection> connection) {
  const Lock lock(mutex_);
  if (keep_wal_) connection->keep_wal();
  idle_.push_back(std::move(connection));
  if (--out_ == 0) changed_.notify_all();
}

void ReadPool::hold_off() {
  Lock lock(mutex_);
  held_off_ = true;
  changed_.wait(lock, [this]() CERTES_REQUIRES(mutex_) { return out_ == 0; });
}

void ReadPool::let_in() {
  const Lock lock(mutex_);
  held_off_ = false;
  changed_.notify_all();
}

void ReadPool::keep_wal() {
  const Lock lock(mutex_);
  keep_wal_ = true;
  for (auto& connection : idle_) connection->keep_wal();
}

std::int64_t first_not_before(Statement& time, std::int64_t low, std::int64_t high, UnixMillis at) {
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const Use use(time);
    time.bind(1, middle);
    const bool found = time.step();
    const auto appended = found ? append_time(time.bytes(0)) : std::nullopt;
    if (appended && *appended < at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace certes::log::sqlite
