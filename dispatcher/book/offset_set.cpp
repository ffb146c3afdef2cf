#include "dispatcher/book/offset_set.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace certes::dispatcher::book {
namespace {

constexpr std::size_t kFewer = 3072;  // in a bitmap: an array again

std::uint64_t bit(std::uint16_t offset) { return std::uint64_t{1} << (offset & 63); }
std::size_t word(std::uint16_t offset) { return offset >> 6; }

template <class Words>
int next_bit(const Words& words, int from) {
  for (auto at = static_cast<std::size_t>(from) >> 6; at < OffsetSet::kWords; ++at) {
    std::uint64_t left = words[at];
    if (at == static_cast<std::size_t>(from) >> 6) left &= ~std::uint64_t{0} << (from & 63);
    if (left != 0) return static_cast<int>(at * 64) + std::countr_zero(left);
  }
  return OffsetSet::kNone;
}

}  // namespace

OffsetSet::Many::Many(const Many& other) : Counted(other), size(other.size), bits(other.bits) {
  sorted.reserve(other.sorted.capacity());
  sorted.insert(sorted.end(), other.sorted.begin(), other.sorted.end());
}

OffsetSet::OffsetSet(const OffsetSet& other) noexcept : lane_(other.lane_), size_(other.size_) {
  if (size_ == kMany) {
    many_ = other.many_;
    many_->handles.fetch_add(1, std::memory_order_relaxed);
  } else {
    std::memcpy(few_, other.few_, sizeof few_);
  }
}

OffsetSet::OffsetSet(OffsetSet&& other) noexcept : lane_(other.lane_), size_(other.size_) {
  if (size_ == kMany)
    many_ = other.many_;
  else
    std::memcpy(few_, other.few_, sizeof few_);
  other.size_ = 0;
}

OffsetSet& OffsetSet::operator=(OffsetSet other) noexcept {
  static_assert(sizeof few_ == sizeof(void*));
  std::swap(lane_, other.lane_);
  std::swap(size_, other.size_);
  std::uint64_t mine = 0;  // whichever of the two it is
  std::memcpy(&mine, few_, sizeof mine);
  std::memcpy(few_, other.few_, sizeof mine);
  std::memcpy(other.few_, &mine, sizeof mine);
  return *this;
}

OffsetSet::~OffsetSet() {
  if (size_ == kMany && many_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) delete many_;
}

OffsetSet::Many& OffsetSet::write() {
  if (many_->handles.load(std::memory_order_acquire) != 1) {
    auto* copy = new Many(*many_);
    if (many_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) delete many_;
    many_ = copy;
  }
  return *many_;
}

bool OffsetSet::contains(std::uint16_t offset) const {
  if (size_ != kMany) return std::find(few_, few_ + size_, offset) != few_ + size_;
  if (!many_->bits.empty()) return (many_->bits[word(offset)] & bit(offset)) != 0;
  return std::binary_search(many_->sorted.begin(), many_->sorted.end(), offset);
}

bool OffsetSet::add(std::uint16_t offset) {
  if (size_ != kMany) {
    const auto place = std::lower_bound(few_, few_ + size_, offset);
    if (place != few_ + size_ && *place == offset) return false;
    if (size_ < kFew) {
      std::copy_backward(place, few_ + size_, few_ + size_ + 1);
      *place = offset;
      ++size_;
      return true;
    }
    grow();
  }
  if (contains(offset)) return false;
  Many& many = write();
  if (many.bits.empty() && many.size == kArray) to_bits(many);
  ++many.size;
  if (!many.bits.empty()) {
    many.bits[word(offset)] |= bit(offset);
    return true;
  }
  auto& sorted = many.sorted;
  if (sorted.size() == sorted.capacity()) sorted.reserve(sorted.size() + sorted.size() / 2);
  sorted.insert(sorted.back() < offset ? sorted.end() : std::lower_bound(sorted.begin(), sorted.end(), offset), offset);
  return true;
}

bool OffsetSet::remove(std::uint16_t offset) {
  if (size_ != kMany) {
    auto* const found = std::find(few_, few_ + size_, offset);
    if (found == few_ + size_) return false;
    std::copy(found + 1, few_ + size_, found);
    --size_;
    return true;
  }
  if (!contains(offset)) return false;
  Many& many = write();
  --many.size;
  if (many.bits.empty()) {
    auto& sorted = many.sorted;
    sorted.erase(std::lower_bound(sorted.begin(), sorted.end(), offset));
    if (many.size == kFew / 2) return to_few(), true;
    if (many.size * 4 < sorted.capacity()) sorted.shrink_to_fit();
    return true;
  }
  many.bits[word(offset)] &= ~bit(offset);
  if (many.size == kFewer) to_sorted(many);
  return true;
}

int OffsetSet::next(int from) const {
  if (from > 0xFFFF) return kNone;
  if (size_ == kMany && !many_->bits.empty()) return next_bit(many_->bits, from);
  const std::uint16_t* const begin = size_ == kMany ? many_->sorted.data() : few_;
  const std::uint16_t* const end = begin + size();
  const auto* const found = std::lower_bound(begin, end, static_cast<std::uint16_t>(from));
  return found == end ? kNone : *found;
}

void OffsetSet::add_to(Bits& bits) const {
  if (size_ == kMany && !many_->bits.empty()) {
    for (std::size_t i = 0; i < kWords; ++i) bits[i] |= many_->bits[i];
    return;
  }
  for_each([&](std::uint16_t offset) { bits[word(offset)] |= bit(offset); });
}

OffsetSet OffsetSet::from(std::uint32_t lane, const Bits& bits) {
  OffsetSet set(lane);
  std::size_t size = 0;
  for (const std::uint64_t each : bits) size += static_cast<std::size_t>(std::popcount(each));
  if (size <= kFew) {
    for (int at = next_bit(bits, 0); at != kNone; at = next_bit(bits, at + 1)) set.add(static_cast<std::uint16_t>(at));
    return set;
  }
  set.many_ = new Many;
  set.size_ = kMany;
  set.many_->size = static_cast<std::uint32_t>(size);
  set.many_->bits.assign(bits.begin(), bits.end());
  if (size <= kArray) set.to_sorted(*set.many_);
  return set;
}

std::size_t OffsetSet::bytes() const {
  if (size_ != kMany) return 0;
  return sizeof(Many) + 32 + many_->sorted.capacity() * sizeof(std::uint16_t) +
         many_->bits.capacity() * sizeof(std::uint64_t);
}

void OffsetSet::grow() {
  auto* many = new Many;
  many->size = size_;
  many->sorted.reserve(2 * kFew);
  many->sorted.assign(few_, few_ + size_);
  many_ = many;
  size_ = kMany;
}

void OffsetSet::to_bits(Many& many) {
  many.bits.assign(kWords, 0);
  for (const std::uint16_t offset : many.sorted) many.bits[word(offset)] |= bit(offset);
  std::vector<std::uint16_t>().swap(many.sorted);
}

void OffsetSet::to_sorted(Many& many) {
  many.sorted.reserve(many.size);
  for (int at = next_bit(many.bits, 0); at != kNone; at = next_bit(many.bits, at + 1))
    many.sorted.push_back(static_cast<std::uint16_t>(at));
  std::vector<std::uint64_t>().swap(many.bits);
}

void OffsetSet::to_few() {
  Many* const many = many_;  // this set's alone: it was just written
  size_ = static_cast<std::uint16_t>(many->size);
  std::uint16_t few[kFew] = {};
  std::copy(many->sorted.begin(), many->sorted.end(), few);
  std::memcpy(few_, few, sizeof few_);
  delete many;
}

}  // namespace certes::dispatcher::book
