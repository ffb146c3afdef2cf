#pragma once
// Duplicates: which (source, id) a partition of events has carried lately, in memory, for logs that do not know it
// themselves. A record is a duplicate only of a lower offset: reading it again after a rebalance is none of itself.
// Bounded by number and age, the oldest leave first; about 48 bytes an identity. Who: core, one per partition.
// Pure; confined to one thread.

#include <cstdint>
#include <vector>

#include "common/base/clock.hpp"
#include "common/log/record.hpp"

namespace certes::dispatcher {

class Duplicates {
 public:
  Duplicates(std::size_t most, Millis window) : most_(most), window_(window) {}
  // Whether a lower offset carried this identity within the window; remembers it if not. `at`: the record's append
  // time.
  bool seen(const log::Identity& identity, std::int64_t offset, UnixMillis at);
  std::size_t size() const { return count_; }

 private:
  struct Entry {
    log::Identity identity;
    std::int64_t offset = 0;
    UnixMillis at = 0;
  };
  using Position = std::uint32_t;  // in ring_, plus one; 0: free
  std::size_t home(const log::Identity& identity) const;
  // Where the identity stands in index_, or the free place where it would.
  std::size_t find(const log::Identity& identity) const;
  void drop_oldest();
  void grow();

  std::size_t most_;
  Millis window_;
  std::vector<Entry> ring_;      // oldest at first_; its size is a power of two
  std::vector<Position> index_;  // open addressing, twice as large
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace certes::dispatcher
