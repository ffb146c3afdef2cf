#pragma once
// LetterShare: how much of a file that may be no larger (events.max_bytes) the dead letters of one endpoint may take: a
// quarter. Above that its oldest lose their payloads, and say so (names::kPayload). What they take is counted only
// where room is short and nothing finished is left that could go; a bite at a time, in the transactions that are made
// anyway. Who: Retention. The writer thread alone.

#include <cstdint>
#include <map>
#include <string>

#include "common/base/line_limit.hpp"
#include "common/log/sqlite/store.hpp"
#include "common/log/sqlite/transaction.hpp"

namespace certes::log::sqlite {

class LetterShare {
 public:
  LetterShare(Store& store, Transaction& transaction) : store_(store), transaction_(transaction) {}

  // A pass has found who has too much, and is not at its end.
  bool dropping() const { return pass_.step == Step::drop; }
  // Within a transaction. True: there is more to do at once. Throws Failure.
  bool apply(SteadyTime now);
  void undo();  // the transaction failed: what was done in it is done again
  // Counts what was dropped, and tells it: a line a minute and endpoint.
  void committed(SteadyTime now);

 private:
  using Bytes = std::map<std::string, std::int64_t>;  // of payloads, by "tenant/endpoint"
  enum class Step : std::uint8_t { count, drop };
  struct Pass {
    Step step = Step::count;
    std::int32_t partition = 0;
    std::int64_t next = 0;  // offset
    Bytes bytes;            // count: what each takes; drop: what each has too much
  };
  struct Dropped {
    std::int64_t letters = 0, bytes = 0;
  };

  bool bite();
  void take(StoredRecord& letter);
  void drop(StoredRecord& letter, Bytes::iterator of);
  bool next_step(SteadyTime now);

  Store& store_;
  Transaction& transaction_;
  SteadyTime rests_until_ = SteadyTime::min();
  Pass pass_, committed_;
  std::map<std::string, Dropped> dropped_;  // by owner, in this transaction
  std::map<std::string, Dropped> untold_;   // since the last line on it
  LineLimit lines_;
};

}  // namespace certes::log::sqlite
