#pragma once
// Filler: overwrites the file's free pages, where what was deleted still stands: rows of zeros take them all, a bite in
// each transaction, and then go in the same way. A row is as long as whole pages are, so that nothing of a page it
// takes is left as it was. Who: Transaction. The writer thread alone; throws Failure.

#include <cstdint>

#include "common/log/sqlite/connection.hpp"

namespace certes::log::sqlite {

class Filler {
 public:
  // Of the writer's connection, which outlives it. Lets go of what a process that was killed had filled.
  explicit Filler(Connection& connection);

  // A bite of it, within a transaction. True: all that was deleted before is overwritten, and free again.
  bool step();
  // Something is deleted in this transaction: where it is at work, it goes round once more.
  void again() { now_.again = now_.doing != Doing::nothing; }
  // In pages that count as in use, and are not needed.
  std::int64_t pages() const { return now_.pages; }

  // With the transaction that it is part of.
  void begin() { before_ = now_; }
  void undo() { now_ = before_; }

 private:
  enum class Doing : std::uint8_t { nothing, filling, emptying };
  struct State {
    Doing doing = Doing::nothing;
    bool again = false;
    std::int64_t pages = 0;
  };
  void fill();
  bool empty();

  Connection& connection_;
  const std::int64_t page_bytes_;
  State now_, before_;
};

}  // namespace certes::log::sqlite
