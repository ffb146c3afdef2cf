#pragma once
// Sets of a chunk's offsets as bytes: gaps, runs or bits, whichever is shortest. Who: chunk_codec. Pure; any thread.

#include <utility>

#include "common/base/bytes.hpp"
#include "dispatcher/book/offset_set.hpp"

namespace certes::dispatcher::book {

// Ascending offsets as the distance from the one before, less one: the smallest number for neighbours.
struct Gap {
  int last = -1;
  std::uint64_t to(int offset) { return static_cast<std::uint64_t>(offset - std::exchange(last, offset) - 1); }
  std::uint16_t from(ByteReader& in) {
    const std::uint64_t gap = in.number_to(0xFFFF);
    if (last + 1 + static_cast<int>(gap) > 0xFFFF) return in.fail(), std::uint16_t{0};
    last += 1 + static_cast<int>(gap);
    return static_cast<std::uint16_t>(last);
  }
};

void write_set(ByteWriter& out, const OffsetSet& set);
OffsetSet read_set(ByteReader& in, std::uint32_t lane);

}  // namespace certes::dispatcher::book
