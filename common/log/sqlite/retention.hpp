#pragma once
// Retention: what is too old goes, a bite at a time, in the transactions that are made anyway; where the file is nearly
// as full as it may be, what is finished goes at any age, and then payloads of dead letters (LetterShare). An event
// that is not finished (not below what the group has committed) stays, whatever the clock says; so does the record
// before the committed one, by which a dispatcher knows the log again, and of attempts and dead letters what it would
// read again (Log::keep_from). The writer thread alone.

#include <cstdint>
#include <vector>

#include "common/log/sqlite/letter_share.hpp"
#include "common/log/sqlite/store.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {

class Retention {
 public:
  // Deleted in one transaction: what makes it a short one, and small in the write-ahead log.
  static constexpr Bite kBite{1'024, 4 << 20};

  Retention(Store& store, Transaction& transaction);
  bool due(SteadyTime now) const { return now >= next_ || (store_.space.nearly_full() && now >= next_crowded_); }
  // Within a transaction. Throws Failure.
  void apply(SteadyTime now);
  // The transaction failed: what was deleted is still there, and tried again in a second.
  void undo(SteadyTime now);
  void committed(SteadyTime now) { letters_.committed(now); }

 private:
  std::int64_t needed_from(const Partition& partition) const;
  void expire(Partition& partition);
  bool sweep(Partition& partition, std::size_t at, Bite& left);
  bool sweep_identities();

  Store& store_;
  Transaction& transaction_;
  LetterShare letters_;
  SteadyTime next_, next_crowded_;
  std::size_t first_ = 0;                // the partition whose turn it is: a bite may be all of one
  std::vector<std::int64_t> rows_from_;  // by Store::index: no row of its table is below
  std::int64_t identities_from_;
  std::vector<std::int64_t> rows_before_;  // as they were before this transaction
  std::int64_t identities_before_;
};

}  // namespace certes::log::sqlite
