#pragma once
// OffsetSet: some of the 65,536 offsets of a chunk, compact at every density (as Roaring does it): up to four stand in
// the set itself, up to 4,096 in a sorted array, more in a bitmap. It carries whose they are, as a chunk has one for
// each lane and sixteen bytes are all that one offset costs. Copies share their memory until one writes. Who: Chunk.
// Confined to one thread, as Shared says.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dispatcher/book/shared.hpp"

namespace certes::dispatcher::book {

class OffsetSet {
 public:
  static constexpr int kNone = -1;
  static constexpr std::size_t kWords = 1024;
  using Bits = std::array<std::uint64_t, kWords>;

  explicit OffsetSet(std::uint32_t lane = 0) : lane_(lane) {}
  OffsetSet(const OffsetSet& other) noexcept;
  OffsetSet(OffsetSet&& other) noexcept;
  OffsetSet& operator=(OffsetSet other) noexcept;
  ~OffsetSet();

  std::uint32_t lane() const { return lane_; }
  std::uint64_t key() const { return lane_; }
  static std::uint64_t group_of(std::uint64_t key) { return key; }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_ == kMany ? many_->size : size_; }
  bool contains(std::uint16_t offset) const;
  // False: it is there, or is not, already.
  bool add(std::uint16_t offset);
  bool remove(std::uint16_t offset);
  // The lowest that is not below `from` (0 to 65,536), or kNone.
  int next(int from) const;
  template <class Visit>
  void for_each(Visit&& visit) const;  // ascending
  // Sets its bits there.
  void add_to(Bits& bits) const;
  static OffsetSet from(std::uint32_t lane, const Bits& bits);
  // Of what it points to.
  std::size_t bytes() const;

 private:
  static constexpr std::uint16_t kFew = 4, kMany = 0xFFFF;
  static constexpr std::size_t kArray = 4096;  // as large as the bitmap
  struct Many : Counted {
    Many() = default;
    Many(const Many& other);
    std::uint32_t size = 0;
    std::vector<std::uint16_t> sorted;     // all of them, or
    std::vector<std::uint64_t> bits = {};  // kWords, where there are more
  };

  Many& write();
  void grow();
  void to_bits(Many& many);
  void to_sorted(Many& many);
  void to_few();

  std::uint32_t lane_;
  std::uint16_t size_ = 0;  // kMany: it is in many_
  union {
    std::uint16_t few_[kFew];
    Many* many_;
  };
};
static_assert(sizeof(OffsetSet) == 16);

template <class Visit>
void OffsetSet::for_each(Visit&& visit) const {
  if (size_ != kMany || many_->bits.empty()) {
    const std::uint16_t* const begin = size_ == kMany ? many_->sorted.data() : few_;
    for (const std::uint16_t* at = begin; at != begin + size(); ++at) visit(*at);
    return;
  }
  for (std::size_t i = 0; i < kWords; ++i)
    for (std::uint64_t left = many_->bits[i]; left != 0; left &= left - 1)
      visit(static_cast<std::uint16_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(left))));
}

}  // namespace certes::dispatcher::book
