#include <algorithm>

#include "dispatcher/book/open_index.hpp"

namespace certes::dispatcher::book {

std::optional<OpenDelivery> OpenIndex::find(OpenPlace place) const {
  const ChunkState* const state = at(chunk_of(place.offset));
  if (state == nullptr || !state->chunk->open(place.lane, within(place.offset))) return std::nullopt;
  const Chunk& chunk = *state->chunk;
  OpenDelivery found;
  if (const TriedEntry* entry = chunk.tried(place.lane, within(place.offset))) found.tried = entry->tried();
  found.reason = chunk.reason(place.lane, within(place.offset));
  found.priority = priority_of(*lanes_.at(place.lane), chunk, place);
  if (const KeyEntry* entry = chunk.key(place.lane, within(place.offset))) found.key_hash = entry->hash;
  if (const CommandEntry* entry = chunk.command(place.lane, within(place.offset))) found.command_hash = entry->hash;
  return found;
}

bool OpenIndex::open(OpenPlace place) const {
  const ChunkState* const state = at(chunk_of(place.offset));
  return state != nullptr && state->chunk->open(place.lane, within(place.offset));
}

std::optional<LaneNumber> OpenIndex::lane_of(std::int64_t offset, std::string_view tenant,
                                             std::string_view endpoint) const {
  const ChunkState* const state = at(chunk_of(offset));
  if (state == nullptr) return std::nullopt;
  for (const LaneNumber lane : lanes_.of(tenant, endpoint))
    if (state->chunk->open(lane, within(offset))) return lane;
  return std::nullopt;
}

template <class Next>
std::optional<std::int64_t> OpenIndex::next(LaneNumber number, std::int64_t from, std::int64_t below, Next its) const {
  const Lane* const lane = lanes_.at(number);
  if (lane == nullptr || from >= below) return std::nullopt;
  from = std::max(from, std::int64_t{0});
  const std::uint32_t* at_chunk = lane->chunks.at_or_after(chunk_of(from));
  if (at_chunk == nullptr) return std::nullopt;
  for (; at_chunk != lane->chunks.end(); ++at_chunk) {
    const std::int64_t first = first_of(*at_chunk);
    if (first >= below) break;
    const int found = its(*at(*at_chunk)->chunk, first < from ? within(from) : 0);
    if (found == OffsetSet::kNone) continue;
    return first + found < below ? std::optional(first + found) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::int64_t> OpenIndex::next_untried(LaneNumber lane, std::int64_t from, std::int64_t below) const {
  const Lane* const its = lanes_.at(lane);
  if (its == nullptr || its->counts.untried == 0) return std::nullopt;
  return next(lane, from, below, [lane](const Chunk& chunk, int low) { return chunk.next_untried(lane, low); });
}

std::optional<std::int64_t> OpenIndex::next_tried(LaneNumber lane, std::int64_t from, std::int64_t below) const {
  const Lane* const its = lanes_.at(lane);
  if (its == nullptr || its->counts.tried == 0) return std::nullopt;
  return next(lane, from, below, [lane](const Chunk& chunk, int low) { return chunk.next_tried(lane, low); });
}

std::optional<std::int64_t> OpenIndex::next_open(LaneNumber lane, std::int64_t from, std::int64_t below) const {
  return next(lane, from, below, [lane](const Chunk& chunk, int low) { return chunk.next_open(lane, low); });
}

std::optional<std::int64_t> OpenIndex::lowest_open() const {
  for (const auto& [number, state] : chunks_)
    if (state.chunk->open() > 0) return first_of(number) + state.chunk->lowest();
  return std::nullopt;
}

WatermarkTimes OpenIndex::watermark_times() const {
  if (const auto lowest = lowest_open()) return {*lowest, append_times(*lowest)};
  WatermarkTimes times;
  const Landmark last = landmarks_.noted()[0];
  if (last.offset < 0) return times;
  times.offset = last.offset;
  times.times.include(last.appended_at);
  return times;
}

EventState OpenIndex::event(std::int64_t offset) const {
  EventState event;
  const ChunkState* const state = at(chunk_of(offset));
  if (state == nullptr) return event;
  const Chunk& chunk = *state->chunk;
  chunk.lanes().for_each([&](const OffsetSet& set) {
    if (chunk.open(set.lane(), within(offset))) event.open.push_back(set.lane());
  });
  chunk.all_dead_lettered().for_each([&](const OffsetSet& set) {
    if (set.contains(within(offset))) event.dead_lettered.push_back(set.lane());
  });
  event.received = chunk.received(within(offset));
  return event;
}

AppendTimes OpenIndex::append_times(std::int64_t offset) const {
  const ChunkState* const state = at(chunk_of(offset));
  return state == nullptr ? AppendTimes{} : state->chunk->times(within(offset));
}

std::optional<UnixMillis> OpenIndex::due_of(OpenPlace place) const {
  const ChunkState* const state = at(chunk_of(place.offset));
  if (state == nullptr) return std::nullopt;
  const TriedEntry* const entry = state->chunk->tried(place.lane, within(place.offset));
  if (entry == nullptr) return std::nullopt;
  return entry->tried().due;
}

void OpenIndex::schedule(OpenPlace place) {
  const auto due = due_of(place);
  if (!due) return;
  // What has ended, or is due at another time, stays there until its time comes: more than half are not kept.
  if (calendar_.size() > 2 * counts_.tried + 4096)
    rebuild_calendar();
  else
    calendar_.add(*due, place);
}

void OpenIndex::take_due(UnixMillis until, std::size_t most, std::vector<OpenPlace>& due) {
  calendar_.take(
      until, most, [this](OpenPlace place) { return due_of(place); }, due);
}

void OpenIndex::rebuild_calendar() {
  calendar_.clear();
  for (const auto& [number, state] : chunks_) {
    const std::int64_t first = first_of(number);
    state.chunk->all_tried().for_each([&, this](const TriedEntry& entry) {
      calendar_.add(entry.tried().due, {first + entry.offset(), entry.lane()});
    });
  }
}

void OpenIndex::restore(const Manifest& manifest) {
  position_ = manifest.position;
  lanes_.set_next(manifest.next_lane);
  landmarks_.restore(manifest.landmarks);
  tails_ = manifest.tails;
}

bool OpenIndex::put(std::uint32_t number, Shared<Chunk> chunk, const Written& written) {
  if (at(number) != nullptr || !fits(number, *chunk)) return false;
  ChunkState& state = chunks_[number];
  state = ChunkState{std::move(chunk), false, false, {}, 0, written};
  last_ = nullptr;
  chunk_bytes_ += state.chunk->bytes();
  const Chunk& its = *state.chunk;
  its.lanes().for_each([&](const OffsetSet& set) {
    Lane& lane = *lanes_.at(set.lane());
    ++lane.named_by;
    if (its.any_open(set.lane())) lanes_.list(lane, number);
    for (int low = set.next(0); low != OffsetSet::kNone; low = set.next(low + 1))
      count(its, {first_of(number) + low, set.lane()}, false, 1);
  });
  its.all_tried().for_each([&](const TriedEntry& entry) {
    count(its, {first_of(number) + entry.offset(), entry.lane()}, true, 1);
  });
  return true;
}

// Whether a chunk that was read is of this index: its lanes are known, and nothing in it is at or above the position.
bool OpenIndex::fits(std::uint32_t number, const Chunk& chunk) const {
  bool known = true;
  chunk.lanes().for_each([&](const OffsetSet& set) { known = known && lanes_.at(set.lane()) != nullptr; });
  chunk.all_dead_lettered().for_each([&](const OffsetSet& set) { known = known && chunk.names(set.lane()); });
  if (!known || first_of(number) >= position_) return false;
  if (first_of(number) + kChunkOffsets <= position_) return true;
  bool below = true;
  chunk.lanes().for_each([&](const OffsetSet& set) {
    below = below && chunk.next_open(set.lane(), within(position_)) == OffsetSet::kNone;
  });
  return below;
}

}  // namespace certes::dispatcher::book
