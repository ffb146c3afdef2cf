#pragma once
// Transaction: the writer's connection and what may be done to the file within one transaction. Memory follows the
// file: publish() after a commit, discard() after a failure. The writer thread alone (made by open() before it starts).

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/filler.hpp"
#include "common/log/sqlite/identities.hpp"
#include "common/log/sqlite/record_format.hpp"
#include "common/log/sqlite/sizes.hpp"
#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

// So much may still be deleted.
struct Bite {
  std::int64_t records;
  std::int64_t bytes;
};

class Transaction {
 public:
  // Reads the identities in the window, and when the newest records came. Throws Failure.
  Transaction(Store& store, std::unique_ptr<Connection> connection);

  void begin();
  void commit();
  void publish();
  void discard() noexcept;

  // Within one; each throws Failure.
  void append(Partition& partition, Record&& record, AppendResult& result);
  void commit_offset(std::int32_t partition, const Committed& value);
  // The partition begins at `start` now; its records below go later (delete_rows).
  void set_start(Partition& partition, std::int64_t start);
  // Deletes the lowest rows, none at or above `below`, until the bite is taken, and takes them off it; at least one.
  // No row is below what is returned.
  std::int64_t delete_rows(Partition& partition, std::int64_t below, Bite& left);
  // Deletes what stands in a range, from its start on, until the bite is taken, and takes it off; at least one row. A
  // mark remains for what is gone (record_format.hpp), one for gaps that touch. Nothing is left to delete below what is
  // returned.
  std::int64_t erase(Partition& partition, const OffsetRange& range, Bite& left);
  // What memory has of that range is gone, once this is committed.
  void forget(Partition& partition, const OffsetRange& range) {
    erased_.emplace_back(&partition, range);
    filler_.again();
  }
  void delete_identities(std::int64_t below);
  // A bite of overwriting what is free. True: that was all.
  bool fill() { return filler_.step(); }

  std::int64_t free_pages();  // inside the file, those that are being overwritten too
  std::int64_t pages();       // of the file, those as well
  Connection& connection() { return *connection_; }
  Identities& identities() { return identities_; }
  std::int64_t first_identity_row() { return connection_->number("SELECT min(seq) FROM identities"); }
  // The start where there is no row.
  std::int64_t first_row(const Partition& partition) {
    return connection_->number("SELECT ifnull(min(id), " + std::to_string(partition.range().start) + ") FROM " +
                               partition.table);
  }
  Statement& time(const Partition& partition);  // of record ?1: its append time's bytes
  Statement& rows(const Partition& partition);  // offset and bytes, from ?1 to below ?2
  void replace(const StoredRecord& record);     // which is on the log

 private:
  struct Statements {
    Statement insert, time, sizes, delete_rows, rows, replace, before, delete_range;
  };
  // The gap that holds or touches `offset` from below: the place of its mark, and what that says.
  struct Gap {
    std::int64_t start;
    Mark mark;
  };
  std::optional<Gap> gap_at(const Partition& partition, std::int64_t offset);
  void save_offsets(const Partition& partition, std::int64_t start);
  void put_mark(const Partition& partition, const Gap& gap);
  bool duplicate(const Record& record, AppendResult& result);
  void remember(const Identity& identity, std::string_view id);
  Statements& of(const Partition& partition);

  Store& store_;
  std::unique_ptr<Connection> connection_;
  Identities identities_;
  Sizes sizes_;
  Filler filler_;
  Statement begin_, commit_, rollback_, commit_offset_, set_offsets_, insert_identity_, find_identity_,
      delete_identities_, free_pages_, pages_;
  std::vector<std::optional<Statements>> statements_;  // by Store::index; prepared when first used

  std::string encoded_;                                        // one record's bytes, used again
  UnixMillis now_ = 0;                                         // append time of this transaction, or of what was before
  std::vector<Partition*> touched_;                            // have appended
  std::vector<std::pair<Partition*, std::int64_t>> restarts_;  // whose start moved, and from where
  std::vector<std::pair<Partition*, OffsetRange>> erased_;
  std::int64_t identities_before_ = 0;
};

}  // namespace certes::log::sqlite
