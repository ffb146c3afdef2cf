#include "dispatcher/book/chunk.hpp"

#include <algorithm>
#include <bit>

namespace certes::dispatcher::book {
namespace {

constexpr std::size_t kReasonBytes = sizeof(Reason) + 48;

std::size_t bytes_of(const Reason& reason) {
  return kReasonBytes + reason.rule.capacity() + reason.error.capacity() + reason.answer.capacity();
}

UnixMillis bounded(UnixMillis at) { return std::clamp(at, UnixMillis{0}, Tried::kMostTime); }

// Which of two offsets is lower, where OffsetSet::kNone is none.
int lower_of(int a, int b) { return static_cast<int>(std::min(static_cast<unsigned>(a), static_cast<unsigned>(b))); }

}  // namespace

void AppendTimes::include(UnixMillis at) {
  lowest = std::min(lowest, bounded(at));
  highest = std::max(highest, bounded(at));
}

TriedEntry::TriedEntry(LaneNumber lane, std::uint16_t offset, const Tried& tried) : lane_(lane) {
  const auto attempts = std::min(tried.attempts, Tried::kMostAttempts);
  const auto due = static_cast<std::uint64_t>(bounded(tried.due));
  const auto first = static_cast<std::uint64_t>(bounded(tried.first_at));
  offset_attempts_ = std::uint32_t{offset} << 16 | (attempts & 0xFFFF);
  due_ = static_cast<std::uint32_t>(due);
  first_ = static_cast<std::uint32_t>(first);
  rest_ = static_cast<std::uint32_t>(due >> 32) << 20 | static_cast<std::uint32_t>(first >> 32) << 8 |
          attempts >> 16 << 2 | static_cast<std::uint32_t>(tried.what);
}

Tried TriedEntry::tried() const {
  Tried tried;
  tried.attempts = (offset_attempts_ & 0xFFFF) | (rest_ >> 2 & 0x3F) << 16;
  tried.due = static_cast<UnixMillis>(std::uint64_t{rest_ >> 20} << 32 | due_);
  tried.first_at = static_cast<UnixMillis>(std::uint64_t{rest_ >> 8 & 0xFFF} << 32 | first_);
  tried.what = static_cast<Due>(rest_ & 3);
  return tried;
}

std::size_t Chunk::bytes() const {
  return sizeof *this + lanes_.bytes() + tried_.bytes() + keys_.bytes() + commands_.bytes() + reasons_.bytes() +
         dead_lettered_.bytes() + set_bytes_ + reason_bytes_;
}

bool Chunk::add(LaneNumber lane, std::uint16_t offset) {
  OffsetSet* set = lanes_.change(lane);
  const bool named = set != nullptr;
  if (!named) set = &lanes_.insert(OffsetSet(lane));
  if (!tried_.empty() && tried(lane, offset) != nullptr) return false;
  if (named && set->empty() && next_tried(lane, 0) == OffsetSet::kNone) --idle_;
  const std::size_t before = set->bytes();
  if (!set->add(offset)) return false;
  set_bytes_ += set->bytes() - before;
  ++open_;
  return true;
}

void Chunk::set_key(const KeyEntry& entry) {
  if (KeyEntry* found = keys_.change(entry.key()))
    *found = entry;
  else
    keys_.insert(entry);
}

void Chunk::set_command(const CommandEntry& entry) {
  if (CommandEntry* found = commands_.change(entry.key()))
    *found = entry;
  else
    commands_.insert(entry);
}

bool Chunk::drop_untried(LaneNumber lane, std::uint16_t offset) {
  OffsetSet* const set = lanes_.change(lane);
  if (set == nullptr) return false;
  const std::size_t before = set->bytes();
  const bool removed = set->remove(offset);
  set_bytes_ += set->bytes() - before;
  return removed;
}

void Chunk::drop_reason(std::uint64_t delivery) {
  if (reasons_.empty()) return;
  const ReasonEntry* const found = reasons_.find(delivery);
  if (found == nullptr) return;
  reason_bytes_ -= bytes_of(*found->reason);
  reasons_.erase(delivery);
}

Chunk::Was Chunk::set_tried(LaneNumber lane, std::uint16_t offset, const Tried& tried, Reason&& reason) {
  const TriedEntry entry(lane, offset, tried);
  TriedEntry* const found = tried_.empty() ? nullptr : tried_.change(entry.key());
  if (found == nullptr && !drop_untried(lane, offset)) return Was::none;
  if (found != nullptr)
    *found = entry;
  else
    tried_.insert(entry);
  drop_reason(entry.key());
  if (!reason.empty()) put_reason(entry.key(), std::move(reason));
  return found != nullptr ? Was::tried : Was::untried;
}

void Chunk::put_reason(std::uint64_t delivery, Reason&& reason) {
  reason.rule.resize(std::min(reason.rule.size(), Reason::kRuleBytes));
  reason.error.resize(std::min(reason.error.size(), Reason::kTextBytes));
  reason.answer.resize(std::min(reason.answer.size(), Reason::kTextBytes));
  auto kept = std::make_shared<const Reason>(std::move(reason));
  reason_bytes_ += bytes_of(*kept);
  reasons_.insert({delivery, std::move(kept)});
}

Chunk::Was Chunk::remove(LaneNumber lane, std::uint16_t offset) {
  const std::uint64_t delivery = delivery_key(lane, offset);
  const bool was_tried = !tried_.empty() && tried_.erase(delivery);
  if (!was_tried && !drop_untried(lane, offset)) return Was::none;
  --open_;
  if (!keys_.empty()) keys_.erase(delivery);
  if (!commands_.empty()) commands_.erase(delivery);
  drop_reason(delivery);
  if (!any_open(lane)) ++idle_;
  return was_tried ? Was::tried : Was::untried;
}

void Chunk::set_several(std::uint16_t offset) {
  const std::size_t before = several_.bytes();
  several_.add(offset);
  set_bytes_ += several_.bytes() - before;
}

void Chunk::set_ended(LaneNumber lane, std::uint16_t offset, Ended how) {
  if (several_.empty() || !several_.contains(offset)) return;
  OffsetSet* set = &received_;
  if (how == Ended::dead_lettered) {
    set = dead_lettered_.change(lane);
    if (set == nullptr) set = &dead_lettered_.insert(OffsetSet(lane));
  }
  const std::size_t before = set->bytes();
  set->add(offset);
  set_bytes_ += set->bytes() - before;
}

void Chunk::forget_ended(std::uint16_t from) {
  const auto forget = [&](OffsetSet& set) {
    set_bytes_ -= set.bytes();
    for (int at = set.next(from); at != OffsetSet::kNone; at = set.next(at)) set.remove(static_cast<std::uint16_t>(at));
    set_bytes_ += set.bytes();
  };
  forget(several_);
  forget(received_);
  std::vector<std::uint64_t> lanes;
  dead_lettered_.for_each([&](const OffsetSet& set) { lanes.push_back(set.key()); });
  for (const std::uint64_t lane : lanes) forget(*dead_lettered_.change(lane));
}

std::vector<LaneNumber> Chunk::prune() {
  std::vector<LaneNumber> gone;
  lanes_.for_each([&](const OffsetSet& set) {
    if (set.empty() && !any_open(set.lane()) && dead_lettered_.find(set.lane()) == nullptr) gone.push_back(set.lane());
  });
  lanes_.retain([&](const OffsetSet& set) { return !std::binary_search(gone.begin(), gone.end(), set.lane()); });
  idle_ -= static_cast<std::uint32_t>(gone.size());
  return gone;
}

bool Chunk::untried(LaneNumber lane, std::uint16_t offset) const {
  const OffsetSet* const set = lanes_.find(lane);
  return set != nullptr && set->contains(offset);
}

const Reason* Chunk::reason(LaneNumber lane, std::uint16_t offset) const {
  const ReasonEntry* const found = reasons_.find(delivery_key(lane, offset));
  return found ? found->reason.get() : nullptr;
}

bool Chunk::dead_lettered(LaneNumber lane, std::uint16_t offset) const {
  const OffsetSet* const set = dead_lettered_.find(lane);
  return set != nullptr && set->contains(offset);
}

bool Chunk::any_open(LaneNumber lane) const {
  const OffsetSet* const set = lanes_.find(lane);
  return set != nullptr && (!set->empty() || next_tried(lane, 0) != OffsetSet::kNone);
}

int Chunk::next_untried(LaneNumber lane, int from) const {
  const OffsetSet* const set = lanes_.find(lane);
  return set ? set->next(from) : OffsetSet::kNone;
}

int Chunk::next_tried(LaneNumber lane, int from) const {
  if (tried_.empty() || from >= kChunkOffsets) return OffsetSet::kNone;
  const TriedEntry* const found = tried_.at_or_after(delivery_key(lane, static_cast<std::uint32_t>(from)));
  return found && found->lane() == lane ? found->offset() : OffsetSet::kNone;
}

int Chunk::next_open(LaneNumber lane, int from) const {
  return lower_of(next_untried(lane, from), next_tried(lane, from));
}

int Chunk::lowest() const {
  int lowest = OffsetSet::kNone;
  lanes_.for_each([&](const OffsetSet& set) { lowest = lower_of(lowest, set.next(0)); });
  if (tried_.empty()) return lowest;
  lanes_.for_each([&](const OffsetSet& set) { lowest = lower_of(lowest, next_tried(set.lane(), 0)); });
  return lowest;
}

void Chunk::add_open_to(OffsetSet::Bits& bits) const {
  lanes_.for_each([&](const OffsetSet& set) { set.add_to(bits); });
  tried_.for_each(
      [&](const TriedEntry& entry) { bits[entry.offset() >> 6] |= std::uint64_t{1} << (entry.offset() & 63); });
}

bool Chunk::put_untried(OffsetSet&& set) {
  if (lanes_.find(set.lane()) != nullptr) return false;
  if (set.empty()) ++idle_;
  open_ += static_cast<std::uint32_t>(set.size());
  set_bytes_ += set.bytes();
  lanes_.insert(std::move(set));
  return true;
}

bool Chunk::put_dead_lettered(OffsetSet&& set) {
  if (dead_lettered_.find(set.lane()) != nullptr) return false;
  set_bytes_ += set.bytes();
  dead_lettered_.insert(std::move(set));
  return true;
}

bool Chunk::put_tried(const TriedEntry& entry) {
  const OffsetSet* const set = lanes_.find(entry.lane());
  if (set == nullptr || set->contains(entry.offset())) return false;
  if (set->empty() && next_tried(entry.lane(), 0) == OffsetSet::kNone) --idle_;
  tried_.insert(entry);
  ++open_;
  return true;
}

void Chunk::put_several(OffsetSet&& several, OffsetSet&& received) {
  set_bytes_ += several.bytes() + received.bytes() - several_.bytes() - received_.bytes();
  several_ = std::move(several);
  received_ = std::move(received);
}

}  // namespace certes::dispatcher::book
