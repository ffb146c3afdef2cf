#pragma once
// Duplicates: which (source, id) a partition of events has carried lately, for logs that do not know it themselves. A
// record is a duplicate only of a lower offset: reading it again after a rebalance is none of itself. Bounded by number
// and age, the oldest leave first; 40 bytes an identity. Who: core, one per partition, kept while the process lives, so
// that a partition that comes back is read back only from where it was left.
// Pure; confined to one thread.

#include <algorithm>

#include "common/base/clock.hpp"
#include "common/log/identity_window.hpp"

namespace certes::dispatcher {

class Duplicates {
 public:
  Duplicates(std::size_t most, Millis window) : identities_(most), window_(window) {}
  // Whether a lower offset carried this identity within the window; remembers it if not. `at`: the record's append
  // time.
  bool seen(const log::Identity& identity, std::int64_t offset, UnixMillis at);
  // A record without an identity of the client's was looked at.
  void passed(std::int64_t offset) { next_ = std::max(next_, offset + 1); }
  // Every record below it that is in the window has been looked at; 0: none.
  std::int64_t next() const { return next_; }
  // Offsets mean something else now.
  void clear();

  std::size_t size() const { return identities_.size(); }
  std::size_t bytes() const { return identities_.bytes(); }
  // How many one may hold, where so many bytes are for all `partitions`.
  static std::size_t most_within(std::size_t bytes, std::int32_t partitions);

 private:
  using Identities = log::IdentityWindow<std::int64_t>;  // the offset that carried it first
  Identities identities_;
  Millis window_;
  std::int64_t next_ = 0;
};

}  // namespace certes::dispatcher
