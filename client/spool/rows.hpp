#pragma once
// Rows: the tables of a spool's file and the statements on them. Who: FileSpool alone, on the pipeline's thread. Errors
// are thrown (log::sqlite::Failure).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/spool/spool.hpp"
#include "common/log/sqlite/connection.hpp"

namespace certes::client {

inline constexpr std::int64_t kSpoolSchema = 1;

// Sets the file up, or makes sure that it is a spool. Error: invalid.
Result<void> make_or_check(log::sqlite::Connection& connection, const std::string& path);

class Rows {
 public:
  explicit Rows(log::sqlite::Connection& connection);

  void begin() { begin_.run(); }
  void commit() { commit_.run(); }
  void discard() noexcept;

  std::int64_t last_sequence();
  void each_waiting(const std::function<void(Entry&&)>& take);
  void insert(std::int64_t sequence, const Item& item, UnixMillis now);
  void remove(std::int64_t sequence) { remove_.bind(1, sequence).run(); }
  void reject(const Refusal& refusal);
  void retry(const Retry& retry);
  std::optional<Item> read(std::int64_t sequence);

  std::vector<Rejected> rejected(std::int64_t after, std::size_t limit);
  std::optional<Item> rejected_item(std::int64_t sequence);
  void restore(std::int64_t from, std::int64_t to);
  void drop(std::int64_t sequence) { drop_.bind(1, sequence).run(); }
  SpoolSize rejected_size();

 private:
  log::sqlite::Connection& connection_;
  log::sqlite::Statement begin_, commit_, rollback_, insert_, remove_, move_, retry_, read_, page_, one_, back_, drop_;
};

}  // namespace certes::client
