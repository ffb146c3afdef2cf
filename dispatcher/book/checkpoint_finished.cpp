// What the accepted checkpoint shows as finished between what is open.
#include <algorithm>

#include "dispatcher/book/checkpoint.hpp"

namespace certes::dispatcher::book {

std::int64_t Checkpoints::take_finished(std::int64_t from, std::int64_t below, std::size_t most,
                                        std::vector<log::OffsetRange>& out) {
  below = std::min(below, accepted_.position - 1);
  const auto give = [&](std::int64_t first, std::int64_t behind) {
    first = std::max(first, from), behind = std::min(behind, below);
    if (first < behind) out.push_back({first, behind});
  };
  std::int64_t at = from;
  const std::size_t had = out.size();
  for (const Manifest::Ref& ref : accepted_.chunks) {
    const std::int64_t first = first_of(ref.number);
    if (first >= below || out.size() - had >= most) break;
    if (first + kChunkOffsets <= from) continue;
    give(at, first);
    at = first + kChunkOffsets;
    if (!as_accepted(ref)) continue;
    ChunkState& state = index_.chunks().at(ref.number);
    if (state.let_go == ref.written.place) continue;
    if (first >= from && at <= below) state.let_go = ref.written.place;
    OffsetSet::Bits bits{};
    state.chunk->add_open_to(bits);
    std::int64_t free_from = first;
    OffsetSet::from(0, bits).for_each([&](std::uint16_t open) {
      give(free_from, first + open);
      free_from = first + open + 1;
    });
    give(free_from, at);
  }
  if (out.size() - had >= most && at < below) return at;
  give(at, below);
  return std::max(from, below);
}

void Checkpoints::give_back_finished(std::int64_t from, std::int64_t below) {
  for (auto& [number, state] : index_.chunks())
    if (first_of(number) + kChunkOffsets > from && first_of(number) < below) state.let_go = -1;
}

}  // namespace certes::dispatcher::book
