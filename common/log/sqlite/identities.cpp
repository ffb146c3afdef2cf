#include "common/log/sqlite/identities.hpp"

#include <algorithm>
#include <bit>

namespace certes::log::sqlite {
namespace {

// Sequence numbers are told apart by their remainder: there are never that many in the window.
constexpr std::int64_t kCycle = 0x7fff'ffff;
std::uint32_t to_slot(std::int64_t seq) { return static_cast<std::uint32_t>(seq % kCycle) + 1; }

constexpr std::size_t kSmallest = 1024;

}  // namespace

std::size_t Identities::index(Slot slot) const {
  const std::int64_t behind = std::int64_t{slot} - std::int64_t{to_slot(first_)};
  return static_cast<std::size_t>(behind < 0 ? behind + kCycle : behind);
}

std::size_t Identities::home(const Identity& identity) const {
  // The parts of an identity are hashes already; one more step against equal low bits.
  const std::uint64_t mixed = (identity.low ^ std::rotl(identity.high, 32)) * 0x9e37'79b9'7f4a'7c15ull;
  return static_cast<std::size_t>(mixed >> 32) & (slots_.size() - 1);
}

std::optional<std::int64_t> Identities::find(const Identity& identity) const {
  if (entries_.empty()) return std::nullopt;
  for (std::size_t at = home(identity); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1))
    if (entry(slots_[at]).identity == identity) return first_ + static_cast<std::int64_t>(index(slots_[at]));
  return std::nullopt;
}

void Identities::add(const Identity& identity, UnixMillis at) {
  entries_.push_back({identity, at});
  if (slots_.size() < 2 * entries_.size())
    grow();
  else
    insert(next() - 1);
}

void Identities::undo(std::int64_t seq) {
  while (next() > seq && !entries_.empty()) {
    remove(slot_of(next() - 1));
    entries_.pop_back();
  }
}

void Identities::expire(UnixMillis now) {
  while (!entries_.empty() && (entries_.size() > limit_ || entries_.front().at + window_ <= now)) {
    remove(slot_of(first_));
    entries_.pop_front();
    ++first_;
  }
}

void Identities::insert(std::int64_t seq) {
  std::size_t at = home(entry(to_slot(seq)).identity);
  while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = to_slot(seq);
}

std::size_t Identities::slot_of(std::int64_t seq) const {
  const Slot wanted = to_slot(seq);
  std::size_t at = home(entry(wanted).identity);
  while (slots_[at] != wanted) at = (at + 1) & (slots_.size() - 1);
  return at;
}

// Linear probing without tombstones: later ones of the run move up where they may.
void Identities::remove(std::size_t at) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = at;
  for (std::size_t next = (hole + 1) & mask; slots_[next] != 0; next = (next + 1) & mask) {
    const std::size_t wants = home(entry(slots_[next]).identity);
    if (((next - wants) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = 0;
}

void Identities::grow() {
  slots_.assign(std::max(kSmallest, slots_.size() * 2), 0);
  for (std::int64_t seq = first_; seq < next(); ++seq) insert(seq);
}

}  // namespace certes::log::sqlite
