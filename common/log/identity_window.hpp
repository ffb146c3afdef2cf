#pragma once
// IdentityWindow: the newest identities, each with a value and the time it was added, found by hash. A ring with open
// addressing over it, so that an identity costs its entry and eight bytes; memory grows by doubling and is never given
// back. Who: de-duplication (gateway, dispatcher). Pure; confined to one thread, or under its owner's mutex.

#include <bit>
#include <cstdint>
#include <vector>

#include "common/log/record.hpp"

namespace certes::log {

template <class Value>
class IdentityWindow {
 public:
  struct Entry {
    Identity identity;
    Value value{};
    std::int64_t at = 0;  // milliseconds, of whatever clock the owner uses
  };

  // `most`: above, the one that was added first leaves. Zero: keeps nothing.
  explicit IdentityWindow(std::size_t most) : most_(most) {}

  // Valid until the next add or drop.
  Entry* find(const Identity& identity) {
    if (count_ == 0) return nullptr;
    const Position found = index_[place(identity)];
    return found == 0 ? nullptr : &ring_[found - 1];
  }
  // Precondition: it is not there.
  void add(const Identity& identity, Value value, std::int64_t at) {
    if (most_ == 0) return;
    if (count_ >= most_) drop_oldest();
    if (count_ == ring_.size()) grow();
    const std::size_t slot = (first_ + count_++) & (ring_.size() - 1);
    ring_[slot] = {identity, std::move(value), at};
    index_[place(identity)] = static_cast<Position>(slot + 1);
  }
  // The one that was added first; none if there is none.
  const Entry* oldest() const { return count_ == 0 ? nullptr : &ring_[first_]; }
  // Precondition: there is one. Closes the gap, so that every identity is still found from its home on.
  void drop_oldest() {
    const std::size_t mask = index_.size() - 1;
    std::size_t hole = place(ring_[first_].identity);
    for (std::size_t at = (hole + 1) & mask; index_[at] != 0; at = (at + 1) & mask) {
      const std::size_t wanted = home(ring_[index_[at] - 1].identity);
      if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
      index_[hole] = index_[at];
      hole = at;
    }
    index_[hole] = 0;
    first_ = (first_ + 1) & (ring_.size() - 1);
    --count_;
  }
  void clear() { *this = IdentityWindow(most_); }

  std::size_t size() const { return count_; }
  std::size_t bytes() const { return ring_.size() * sizeof(Entry) + index_.size() * sizeof(Position); }
  // How many fit into so many bytes, whatever they have grown to.
  static std::size_t most_within(std::size_t bytes) {
    const std::size_t fit = bytes / (sizeof(Entry) + 2 * sizeof(Position));
    return fit < kSmallest ? fit : std::bit_floor(fit);
  }

 private:
  using Position = std::uint32_t;  // in ring_, plus one; 0: free
  static constexpr std::size_t kSmallest = 64;

  // The parts of an identity are hashes already; one more step against equal low bits.
  std::size_t home(const Identity& identity) const {
    const std::uint64_t mixed = (identity.low ^ std::rotl(identity.high, 32)) * 0x9e37'79b9'7f4a'7c15ull;
    return static_cast<std::size_t>(mixed >> 32) & (index_.size() - 1);
  }
  // Where the identity stands in index_, or the free place where it would.
  std::size_t place(const Identity& identity) const {
    std::size_t at = home(identity);
    while (index_[at] != 0 && !(ring_[index_[at] - 1].identity == identity)) at = (at + 1) & (index_.size() - 1);
    return at;
  }
  void grow() {
    std::vector<Entry> larger(ring_.empty() ? kSmallest : ring_.size() * 2);
    for (std::size_t i = 0; i < count_; ++i) larger[i] = std::move(ring_[(first_ + i) & (ring_.size() - 1)]);
    ring_ = std::move(larger);
    first_ = 0;
    index_.assign(ring_.size() * 2, 0);
    for (std::size_t i = 0; i < count_; ++i) index_[place(ring_[i].identity)] = static_cast<Position>(i + 1);
  }

  std::size_t most_;
  std::vector<Entry> ring_;      // the first at first_; its size is a power of two
  std::vector<Position> index_;  // twice as large
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace certes::log
