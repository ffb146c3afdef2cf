#include "dispatcher/book/lanes.hpp"

#include <algorithm>

namespace certes::dispatcher::book {
namespace {

std::string key_of(std::string_view tenant, std::string_view endpoint) {
  std::string key;
  key.reserve(tenant.size() + 1 + endpoint.size());
  return key.append(tenant).append("/").append(endpoint);
}

// An estimate, with its share of the table.
std::size_t bytes_of(const LaneName& name) {
  return sizeof(Lane) + 160 + 2 * (name.tenant.size() + name.endpoint.size());
}

}  // namespace

void ChunkList::add(std::uint32_t number) {
  if (!empty() && numbers_.back() == number) return;
  if (empty() || numbers_.back() < number) {
    if (numbers_.size() == numbers_.capacity()) numbers_.reserve(numbers_.size() + numbers_.size() / 4 + 1);
    numbers_.push_back(number);
    return;
  }
  const auto place = std::lower_bound(numbers_.begin() + static_cast<std::ptrdiff_t>(head_), numbers_.end(), number);
  if (*place != number) numbers_.insert(place, number);
}

void ChunkList::remove(std::uint32_t number) {
  const auto first = numbers_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::lower_bound(first, numbers_.end(), number);
  if (found == numbers_.end() || *found != number) return;
  if (found != first) {
    numbers_.erase(found);
    return;
  }
  ++head_;
  if (head_ * 2 < numbers_.size()) return;
  numbers_.erase(numbers_.begin(), numbers_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
}

const std::uint32_t* ChunkList::at_or_after(std::uint32_t from) const {
  if (empty() || front() >= from) return empty() ? nullptr : begin();
  const std::uint32_t* const found = std::lower_bound(begin(), end(), from);
  return found == end() ? nullptr : found;
}

LaneNumber LaneTable::number(const LaneName& name) {
  if (const auto found = find(name)) return *found;
  const LaneNumber number = next_++;
  insert(number, name, {});
  piece_of(number).changed = true;
  return number;
}

std::optional<LaneNumber> LaneTable::find(const LaneName& name) const {
  for (const LaneNumber number : of(name.tenant, name.endpoint)) {
    const LaneName& its = at(number)->name;
    if (its.version == name.version && its.ordered == name.ordered && (its.ordered || its.priority == name.priority))
      return number;
  }
  return std::nullopt;
}

const std::vector<LaneNumber>& LaneTable::of(std::string_view tenant, std::string_view endpoint) const {
  static const std::vector<LaneNumber> kNone;
  const auto found = by_endpoint_.find(key_of(tenant, endpoint));
  return found == by_endpoint_.end() ? kNone : found->second;
}

Lane* LaneTable::at(LaneNumber number) {
  const std::size_t piece = number / kPiece, index = number % kPiece;
  if (piece >= pieces_.size() || !pieces_[piece] || index >= pieces_[piece]->lanes.size()) return nullptr;
  return pieces_[piece]->lanes[index].get();
}

void LaneTable::set_notes(LaneNumber number, const LaneNotes& notes) {
  Lane* const lane = at(number);
  if (lane == nullptr) return;
  if (lane->notes.retried_at != notes.retried_at || lane->notes.failing_since != notes.failing_since)
    piece_of(number).changed = true;
  lane->notes = notes;
}

void LaneTable::list(Lane& lane, std::uint32_t chunk) {
  bytes_ -= lane.chunks.bytes();
  lane.chunks.add(chunk);
  bytes_ += lane.chunks.bytes();
}

void LaneTable::unlist(Lane& lane, std::uint32_t chunk) {
  bytes_ -= lane.chunks.bytes();
  lane.chunks.remove(chunk);
  bytes_ += lane.chunks.bytes();
}

bool LaneTable::forget(LaneNumber number) {
  const Lane* const lane = at(number);
  if (lane == nullptr || lane->named_by > 0) return false;
  const auto found = by_endpoint_.find(key_of(lane->name.tenant, lane->name.endpoint));
  std::erase(found->second, number);
  if (found->second.empty()) by_endpoint_.erase(found);
  bytes_ -= bytes_of(lane->name) + lane->chunks.bytes();
  Piece& piece = piece_of(number);
  piece.lanes[number % kPiece].reset();
  piece.changed = true;
  if (--piece.used == 0) pieces_[number / kPiece].reset();
  return true;
}

bool LaneTable::put(LaneNumber number, const LaneName& name, const LaneNotes& notes) {
  if (number >= next_ || at(number) != nullptr || find(name)) return false;
  insert(number, name, notes);
  return true;
}

LaneTable::Piece& LaneTable::piece_of(LaneNumber number) {
  const std::size_t index = number / kPiece;
  if (index >= pieces_.size()) pieces_.resize(index + 1);
  if (!pieces_[index]) pieces_[index] = std::make_unique<Piece>();
  return *pieces_[index];
}

void LaneTable::insert(LaneNumber number, const LaneName& name, const LaneNotes& notes) {
  Piece& piece = piece_of(number);
  const std::size_t index = number % kPiece;
  if (index >= piece.lanes.size()) piece.lanes.resize(index + 1);
  piece.lanes[index] = std::make_unique<Lane>(Lane{name, notes, {}, {}, {}, 0});
  ++piece.used;
  by_endpoint_[key_of(name.tenant, name.endpoint)].push_back(number);
  bytes_ += bytes_of(name);
}

}  // namespace certes::dispatcher::book
