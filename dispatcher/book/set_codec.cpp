#include "dispatcher/book/set_codec.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace certes::dispatcher::book {
namespace {

constexpr int kOffsetsOfChunk = 1 << 16;
constexpr std::uint64_t kGaps = 0, kRuns = 1, kBits = 2;  // the form, beside the number of what follows

OffsetSet read_runs(ByteReader& in, std::uint32_t lane, std::uint64_t count) {
  OffsetSet::Bits bits{};
  for (int at = 0; count > 0 && in.ok(); --count) {
    at += static_cast<int>(in.number_to(0xFFFF)) + (at > 0 ? 1 : 0);
    const int end = at + static_cast<int>(in.number_to(0xFFFF)) + 1;
    if (end > kOffsetsOfChunk) in.fail();
    for (; in.ok() && at < end; ++at) bits[static_cast<std::size_t>(at) >> 6] |= std::uint64_t{1} << (at & 63);
  }
  return in.ok() ? OffsetSet::from(lane, bits) : OffsetSet(lane);
}

}  // namespace

void write_set(ByteWriter& out, const OffsetSet& set) {
  std::vector<std::pair<int, int>> runs;  // first, last
  set.for_each([&](std::uint16_t offset) {
    if (!runs.empty() && runs.back().second + 1 == offset)
      runs.back().second = offset;
    else
      runs.emplace_back(offset, offset);
  });
  const bool as_runs = 2 * runs.size() < set.size();
  const std::uint64_t size = set.size();
  Gap gap;
  if (std::min<std::size_t>(2 * runs.size(), size) > sizeof(OffsetSet::Bits)) {
    out.number(size << 2 | kBits);
    OffsetSet::Bits bits{};
    set.add_to(bits);
    out.bytes({reinterpret_cast<const char*>(bits.data()), sizeof bits});
  } else if (as_runs) {
    out.number(runs.size() << 2 | kRuns);
    for (const auto& [first, last] : runs) {
      out.number(gap.to(first));
      out.number(gap.to(last + 1));
    }
  } else {
    out.number(size << 2 | kGaps);
    set.for_each([&](std::uint16_t offset) { out.number(gap.to(offset)); });
  }
}

OffsetSet read_set(ByteReader& in, std::uint32_t lane) {
  const std::uint64_t head = in.number_to(std::uint64_t{kOffsetsOfChunk} << 2 | 3);
  std::uint64_t count = head >> 2;
  OffsetSet set(lane);
  if ((head & 3) == kGaps) {
    for (Gap gap; count > 0 && in.ok(); --count) set.add(gap.from(in));
    return in.ok() ? set : OffsetSet(lane);
  }
  if ((head & 3) == kRuns) return read_runs(in, lane, count);
  OffsetSet::Bits bits{};
  const std::string_view bytes = in.bytes(sizeof bits);
  if ((head & 3) != kBits || bytes.size() != sizeof bits) return in.fail(), set;
  std::memcpy(bits.data(), bytes.data(), sizeof bits);
  return OffsetSet::from(lane, bits);
}

}  // namespace certes::dispatcher::book
