#pragma once
// Connection and Statement: SQLite's C interface with lifetimes and errors as exceptions (Failure), which never leave
// this engine. Who: the writer, the readers. A connection and its statements belong to one thread at a time.

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace certes::log::sqlite {

// What SQLite answered: its extended code, and words.
class Failure : public std::exception {
 public:
  Failure(int code, std::string message) : code_(code), message_(std::move(message)) {}
  int code() const { return code_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  int code_;
  std::string message_;
};

class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, const std::string& sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  // Parameters count from 1. Bytes are not copied: they must live until reset.
  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::string_view bytes);
  bool step();  // true: there is a row
  void reset() noexcept;
  void run();  // to its end, and reset

  // Columns count from 0; bytes live until the next step.
  std::int64_t number(int column) const;
  std::string_view bytes(int column) const;
  bool null(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

// Resets a statement at the end of a scope, whatever happened in it.
class Use {
 public:
  explicit Use(Statement& statement) : statement_(statement) {}
  ~Use() { statement_.reset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  Statement& statement_;
};

class Connection {
 public:
  enum class Mode { write, read };  // write: a file is made where there is none
  explicit Connection(const std::string& path, Mode mode = Mode::write);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void run(const std::string& sql);
  std::int64_t number(const std::string& sql);  // the first column of the first row
  Statement prepare(const std::string& sql) { return {database_, sql}; }
  bool read_only() const;
  bool in_transaction() const;
  // Closing leaves the write-ahead log as it is: nothing more may be written to this file.
  void keep_wal() noexcept;
  sqlite3* raw() { return database_; }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace certes::log::sqlite
