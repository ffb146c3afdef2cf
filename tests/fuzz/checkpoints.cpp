// What stands on `progress` (chunks, pieces of lanes, manifests), without its CRC: whatever the bytes, decoding ends,
// takes no more memory than it may, and what it gives is written and read as itself; an index takes it, and empties.
// Input: a byte that says what it is, and the bytes.

#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/manifest_codec.hpp"
#include "dispatcher/book/recovery.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::dispatcher::book;

namespace {

constexpr std::size_t kMemory = 1u << 20;
constexpr std::uint32_t kEmptied = 4'096;  // more only take time

void chunk(std::string_view bytes) {
  const auto read = decode_chunk(bytes, kMemory);
  if (!read) return;
  require((*read)->bytes() <= kMemory, "it takes no more than it may");
  const std::string written = encode(**read);
  const auto again = decode_chunk(written, kMemory);
  require(again && encode(**again) == written, "it is read as it was written");
  OpenIndex index(kChunkOffsets);
  LaneNumber highest = 0;
  (*read)->lanes().for_each([&](const OffsetSet& set) { highest = set.lane(); });
  if (highest >= 4'096 || (*read)->open() > kEmptied) return;
  for (LaneNumber lane = 0; lane <= highest; ++lane)
    index.lanes().number({"t", std::to_string(lane), 1, {}, lane % 2 == 0});
  if (!index.put(0, *read, {})) return;
  require(index.counts().open() == (*read)->open(), "it counts what is there");
  index.rebuild_calendar();
  for (LaneNumber lane = 0; lane <= highest; ++lane)
    while (const auto offset = index.next_open(lane, 0)) index.finish({*offset, lane}, Ended::dead_lettered);
  require(index.counts() == LaneCounts{} && index.watermark() == kChunkOffsets, "it empties");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.byte() % 3) {
    case 0: chunk(input.rest()); break;
    case 1:
      if (const auto lanes = decode_lanes(input.rest())) require(*decode_lanes(encode(*lanes)) == *lanes, "lanes");
      break;
    default:
      if (const auto manifest = decode_manifest(input.rest()))
        require(*decode_manifest(encode(*manifest)) == *manifest, "manifest");
  }
  return 0;
}
