#pragma once
// Rows with a seal: the last column is a hash of those before it, so that a row which is not what was written is known
// when it is read, and the index is made anew. (Not for secrets: against a disk, not against people.) Who: the index
// and its look-ups. One statement's thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/hash.hpp"
#include "common/log/sqlite/connection.hpp"

namespace certes::api::history {

using log::sqlite::Connection;
using log::sqlite::Failure;
using log::sqlite::Statement;
using log::sqlite::Use;

// What stands in the file is not what was written.
[[noreturn]] void throw_damaged(const std::string& what);
// Whether the file is damaged: no use in asking it again.
bool is_damage(const Failure& failure);

class Seal {
 public:
  void add(std::int64_t number) { hash_ = hash64({reinterpret_cast<const char*>(&number), sizeof number}, hash_); }
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    hash_ = hash64(text, hash_);
  }
  std::int64_t value() const { return static_cast<std::int64_t>(hash_); }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ull;
};

// Binds a row's columns in their order. Texts must live until the statement has run.
class RowWriter {
 public:
  explicit RowWriter(Statement& statement) : statement_(statement) {}
  RowWriter& add(std::int64_t number) {
    seal_.add(number);
    statement_.bind(++at_, number);
    return *this;
  }
  RowWriter& add(std::string_view text) {
    seal_.add(text);
    statement_.bind(++at_, text);
    return *this;
  }
  void seal() { statement_.bind(++at_, seal_.value()); }
  // Behind the seal, and not under it.
  void add_loose(std::int64_t number) { statement_.bind(++at_, number); }

 private:
  Statement& statement_;
  Seal seal_;
  int at_ = 0;
};

// Reads them. Throws Failure where the seal does not fit.
class RowReader {
 public:
  explicit RowReader(const Statement& statement) : statement_(statement) {}
  std::int64_t number() {
    const std::int64_t value = statement_.number(at_++);
    seal_.add(value);
    return value;
  }
  std::string text() {
    std::string value(statement_.bytes(at_++));
    seal_.add(value);
    return value;
  }
  void check(const char* table) {
    if (statement_.number(at_++) != seal_.value()) throw_damaged(table);
  }
  std::int64_t loose() { return statement_.number(at_++); }

 private:
  const Statement& statement_;
  Seal seal_;
  int at_ = 0;
};

}  // namespace certes::api::history
