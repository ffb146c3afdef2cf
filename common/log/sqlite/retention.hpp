#pragma once
// Retention: what is too old goes, a few records at a time, in the transactions that are made anyway. An event that is
// not finished (not below what the group has committed) stays, whatever the clock says; so does the record before the
// committed one, by which a dispatcher knows the log again. The writer thread alone.

#include <cstdint>
#include <vector>

#include "common/log/sqlite/store.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {

class Retention {
 public:
  Retention(Store& store, Transaction& transaction);
  bool due(SteadyTime now) const { return now >= next_; }
  // Within a transaction. Throws Failure.
  void apply(SteadyTime now);
  // The transaction failed: what was deleted is still there.
  void undo();

 private:
  std::int64_t finished_below(const Partition& partition) const;
  void expire(Partition& partition);
  bool sweep(Partition& partition, std::size_t at);
  bool sweep_identities();

  Store& store_;
  Transaction& transaction_;
  SteadyTime next_;
  std::vector<std::int64_t> rows_from_;  // by Store::index: no row of its table is below
  std::int64_t identities_from_;
  std::vector<std::int64_t> rows_before_;  // as they were before this transaction
  std::int64_t identities_before_;
};

}  // namespace certes::log::sqlite
