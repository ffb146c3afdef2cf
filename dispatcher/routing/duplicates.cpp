#include "dispatcher/routing/duplicates.hpp"

#include <utility>

namespace certes::dispatcher {

bool Duplicates::seen(const log::Identity& identity, std::int64_t offset, UnixMillis at) {
  if (most_ == 0) return false;
  while (count_ > 0 && at - ring_[first_].at > window_.count()) drop_oldest();
  if (count_ > 0) {
    const Position found = index_[find(identity)];
    if (found != 0) {
      Entry& entry = ring_[found - 1];
      if (entry.offset < offset) return true;
      entry.offset = offset;
      return false;
    }
  }
  if (count_ >= most_) drop_oldest();
  if (count_ == ring_.size()) grow();
  const std::size_t place = (first_ + count_++) & (ring_.size() - 1);
  ring_[place] = {identity, offset, at};
  index_[find(identity)] = static_cast<Position>(place + 1);
  return false;
}

std::size_t Duplicates::home(const log::Identity& identity) const {
  return static_cast<std::size_t>(identity.low ^ (identity.high * 0x9e3779b97f4a7c15ull)) & (index_.size() - 1);
}

std::size_t Duplicates::find(const log::Identity& identity) const {
  std::size_t at = home(identity);
  while (index_[at] != 0 && !(ring_[index_[at] - 1].identity == identity)) at = (at + 1) & (index_.size() - 1);
  return at;
}

// Closes the gap, so that every identity is still found from its home on.
void Duplicates::drop_oldest() {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = find(ring_[first_].identity);
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

void Duplicates::grow() {
  std::vector<Entry> larger(ring_.empty() ? 64 : ring_.size() * 2);
  for (std::size_t i = 0; i < count_; ++i) larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
  ring_ = std::move(larger);
  first_ = 0;
  index_.assign(ring_.size() * 2, 0);
  for (std::size_t i = 0; i < count_; ++i) index_[find(ring_[i].identity)] = static_cast<Position>(i + 1);
}

}  // namespace certes::dispatcher
