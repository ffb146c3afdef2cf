#pragma once
// Identities: which identities are in the window, and under which row of the file. The rows are appended in order, in
// the transaction of the events they belong to, so that a commit touches one page of them; this index, rebuilt when the
// file is opened, finds them (a B-tree by identity would dirty a page per event). About 40 bytes an identity.
// The writer thread alone.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/log/record.hpp"

namespace certes::log::sqlite {

class Identities {
 public:
  Identities(UnixMillis window, std::size_t limit) : window_(window), limit_(limit) {}

  // The row of an identity that is in the window.
  std::optional<std::int64_t> find(const Identity& identity) const;
  // The newest; its row is next(). Precondition: not in the window.
  void add(const Identity& identity, UnixMillis at);
  // Forgets the newest ones, back to next() == `seq`: their transaction failed.
  void undo(std::int64_t seq);
  // Forgets what is older than the window, or too much.
  void expire(UnixMillis now);

  std::int64_t first() const { return first_; }
  std::int64_t next() const { return first_ + static_cast<std::int64_t>(entries_.size()); }
  // When the file is read: rows begin at `seq`.
  void begin_at(std::int64_t seq) { first_ = seq; }

 private:
  struct Entry {
    Identity identity;
    UnixMillis at;
  };
  using Slot = std::uint32_t;          // 0: empty; else 1 + the lower bits of seq
  std::size_t index(Slot slot) const;  // in entries_
  const Entry& entry(Slot slot) const { return entries_[index(slot)]; }
  std::size_t home(const Identity& identity) const;
  void insert(std::int64_t seq);
  void remove(std::size_t at);
  std::size_t slot_of(std::int64_t seq) const;
  void grow();

  const UnixMillis window_;
  const std::size_t limit_;
  std::deque<Entry> entries_;  // seq first_ + index
  std::int64_t first_ = 1;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
};

}  // namespace certes::log::sqlite
