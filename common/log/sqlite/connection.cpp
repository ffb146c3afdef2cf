#include "common/log/sqlite/connection.hpp"

#include <sqlite3.h>

#include <cstring>
#include <utility>

namespace certes::log::sqlite {
namespace {

[[noreturn]] void fail_with(sqlite3* database, int code) {
  std::string message = sqlite3_errstr(code);
  if (database != nullptr) {
    code = sqlite3_extended_errcode(database);
    message = sqlite3_errmsg(database);
    const int system = sqlite3_system_errno(database);
    const int primary = code & 0xff;
    if (system != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL))
      message.append(": ").append(std::strerror(system));
  }
  throw Failure(code, std::move(message));
}

}  // namespace

Statement::Statement(sqlite3* database, const std::string& sql) {
  const int code = sqlite3_prepare_v3(database, sql.c_str(), static_cast<int>(sql.size()) + 1,
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) fail_with(database, code);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

Statement& Statement::bind(int at, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, at, value);
  if (code != SQLITE_OK) fail_with(sqlite3_db_handle(statement_), code);
  return *this;
}

Statement& Statement::bind(int at, std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();  // a null pointer would be NULL, not empty
  const int code = sqlite3_bind_blob64(statement_, at, data, bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) fail_with(sqlite3_db_handle(statement_), code);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail_with(sqlite3_db_handle(statement_), code);
}

void Statement::reset() noexcept { sqlite3_reset(statement_); }

void Statement::run() {
  const Use use(*this);
  while (step()) {
  }
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Connection::Connection(const std::string& path, Mode mode) {
  // Its statistics of memory are nobody's here, and cost a lock shared by all threads for each allocation.
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  const int access = mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &database_, flags, nullptr);
  if (code == SQLITE_OK) return;
  try {
    fail_with(database_, code);
  } catch (...) {
    sqlite3_close_v2(database_);
    throw;
  }
}

Connection::~Connection() { sqlite3_close_v2(database_); }

void Connection::run(const std::string& sql) { Statement(database_, sql).run(); }

std::int64_t Connection::number(const std::string& sql) {
  Statement statement(database_, sql);
  return statement.step() ? statement.number(0) : 0;
}

bool Connection::read_only() const { return sqlite3_db_readonly(database_, "main") == 1; }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

void Connection::keep_wal() noexcept { sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

}  // namespace certes::log::sqlite
