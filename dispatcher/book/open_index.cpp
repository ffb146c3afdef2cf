#include "dispatcher/book/open_index.hpp"

#include <algorithm>

namespace certes::dispatcher::book {
namespace {

// Counts what a chunk grows or shrinks by.
class Grown {
 public:
  Grown(std::size_t& total, const ChunkState& state) : total_(total), state_(state), before_(state.chunk->bytes()) {}
  ~Grown() { total_ += state_.chunk->bytes() - before_; }
  Grown(const Grown&) = delete;
  Grown& operator=(const Grown&) = delete;

 private:
  std::size_t& total_;
  const ChunkState& state_;
  std::size_t before_;
};

// Of a chunk, those of one lane or of all, from an offset on.
std::vector<OpenPlace> deliveries(const Chunk& chunk, std::uint32_t number, std::optional<LaneNumber> lane, int from) {
  std::vector<OpenPlace> found;
  const std::int64_t first = first_of(number);
  const auto add_lane = [&](LaneNumber each) {
    for (int at = chunk.next_open(each, from); at != OffsetSet::kNone; at = chunk.next_open(each, at + 1))
      found.push_back({first + at, each});
  };
  if (lane)
    add_lane(*lane);
  else
    chunk.lanes().for_each([&](const OffsetSet& set) { add_lane(set.lane()); });
  return found;
}

}  // namespace

void OpenIndex::route(Landmark record, std::span<const Routed> routed) {
  const std::uint32_t number = chunk_of(record.offset), top = chunk_of(position_);
  position_ = record.offset + 1;
  landmarks_.add(record);
  if (number != top) leave_top(top);
  if (!ahead_.empty()) ahead_.drop_below(record.offset);
  if (!routed.empty()) add(made(number), number, record, routed);
  if (!ahead_.empty()) ahead_.drop_below(position_);
  if (chunk_of(position_) != number) leave_top(number);
}

void OpenIndex::add(ChunkState& state, std::uint32_t number, Landmark record, std::span<const Routed> routed) {
  state.added = true;
  const std::uint16_t low = within(record.offset);
  {
    const Grown grown(chunk_bytes_, state);
    Chunk& chunk = state.chunk.write();
    chunk.include_time(low, record.appended_at);
    if (routed.size() > 1) chunk.set_several(low);
    for (const Routed& each : routed) {
      const std::size_t named = chunk.lanes().size();
      if (!chunk.add(each.lane, low)) continue;
      Lane& lane = *lanes_.at(each.lane);
      if (chunk.lanes().size() != named) ++lane.named_by;
      lanes_.list(lane, number);
      if (lane.name.ordered) chunk.set_key({each.lane, each.key_hash, low, each.priority});
      if (each.command_hash != 0) chunk.set_command({each.command_hash, each.lane, low});
      count(lane, lane.name.ordered ? each.priority : lane.name.priority, false, 1);
    }
  }
  if (ahead_.empty()) return;
  for (const Routed& each : routed) apply_ahead(state, {record.offset, each.lane});
}

void OpenIndex::pass(std::int64_t position) {
  if (position <= position_) return;
  const std::uint32_t top = chunk_of(position_);
  position_ = position;
  ahead_.drop_below(position);
  if (chunk_of(position) != top) leave_top(top);
}

bool OpenIndex::tried(OpenPlace place, const Tried& tried, Reason&& reason) {
  ChunkState* const state = at(chunk_of(place.offset));
  if (state == nullptr || !set_tried(*state, place, tried, std::move(reason))) return false;
  touch(*state);
  return true;
}

bool OpenIndex::answered(OpenPlace place, UnixMillis at, Reason&& reason) {
  const auto known = find(place);
  if (!known) return false;
  Tried tried = known->tried.value_or(Tried{});
  tried.due = at;
  tried.what = Due::answered;
  ChunkState& state = *this->at(chunk_of(place.offset));
  set_tried(state, place, tried, std::move(reason));
  return state.added = true;
}

bool OpenIndex::hurry(OpenPlace place, UnixMillis at) {
  const auto known = find(place);
  if (!known || !known->tried || known->tried->what != Due::attempt) return false;
  Tried tried = *known->tried;
  tried.due = std::min(tried.due, at);
  ChunkState& state = *this->at(chunk_of(place.offset));
  set_tried(state, place, tried, {});
  return state.added = true;
}

bool OpenIndex::finish(OpenPlace place, Ended how) {
  const std::uint32_t number = chunk_of(place.offset);
  ChunkState* const state = at(number);
  if (state == nullptr || !end(number, *state, place)) return false;
  touch(*state);
  if (state->chunk->several(within(place.offset))) {
    const Grown grown(chunk_bytes_, *state);
    state->chunk.write().set_ended(place.lane, within(place.offset), how);
  }
  if (state->chunk->open() == 0 && number != chunk_of(position_)) erase(number);
  return true;
}

void OpenIndex::reflect(const Outcome& outcome) {
  if (outcome.offset < 0 || outcome.offset >= passed_over_from_) return;
  if (outcome.offset >= position_) {
    if (ahead_.empty()) ahead_since_ = tails_;
    return ahead_.add(outcome);
  }
  const auto lane = lane_of(outcome.offset, outcome.tenant, outcome.endpoint);
  if (!lane) return;
  const OpenPlace place{outcome.offset, *lane};
  if (outcome.ended) {
    finish(place, *outcome.ended);
    return;
  }
  const auto known = find(place);
  Tried merged = known->tried.value_or(Tried{});
  if (advance(merged, outcome.tried)) tried(place, merged, Reason(outcome.reason));
}

void OpenIndex::apply_ahead(ChunkState& state, OpenPlace place) {
  const LaneName& name = lanes_.at(place.lane)->name;
  const std::uint16_t low = within(place.offset);
  const AheadDelivery* const known = ahead_.find(place.offset, name.tenant, name.endpoint);
  if (known == nullptr || !state.chunk->untried(place.lane, low)) return;
  if (!known->ended) {
    if (known->tried) set_tried(state, place, *known->tried, Reason(known->reason));
    return;
  }
  end(chunk_of(place.offset), state, place);
  const Grown grown(chunk_bytes_, state);
  state.chunk.write().set_ended(place.lane, low, *known->ended);
}

void OpenIndex::acknowledged(std::size_t tail, std::int64_t offset, std::size_t bytes) {
  tails_[tail].position = std::max(tails_[tail].position, offset + 1);
  tail_bytes_ += bytes;
}

void OpenIndex::set_tails(const TailPlaces& tails) {
  tails_ = tails;
  passed_over_from_ = INT64_MAX;
}

std::size_t OpenIndex::drop(LaneNumber lane) {
  if (lanes_.at(lane) == nullptr) return 0;
  const ChunkList& list = lanes_.at(lane)->chunks;
  std::size_t dropped = 0;
  for (const std::uint32_t number : std::vector<std::uint32_t>(list.begin(), list.end())) {
    ChunkState& state = *at(number);
    state.added = true;
    for (const OpenPlace place : deliveries(*state.chunk, number, lane, 0)) end(number, state, place), ++dropped;
    if (state.chunk->open() == 0 && number != chunk_of(position_)) erase(number);
  }
  return dropped;
}

std::size_t OpenIndex::drop_below(std::int64_t offset) {
  std::size_t dropped = 0;
  while (const auto lowest = lowest_open()) {
    if (*lowest >= offset) break;
    const std::uint32_t number = chunk_of(*lowest);
    ChunkState& state = *at(number);
    state.added = true;
    for (const OpenPlace place : deliveries(*state.chunk, number, {}, within(*lowest)))
      if (place.offset < offset) end(number, state, place), ++dropped;
    if (state.chunk->open() == 0 && number != chunk_of(position_)) erase(number);
  }
  return dropped;
}

std::size_t OpenIndex::cut(std::int64_t offset) {
  if (offset >= position_) return 0;
  std::size_t dropped = 0;
  position_ = passed_over_from_ = offset;
  was_cut_ = true;
  landmarks_.cut(offset);
  ahead_.drop_from(offset);
  std::vector<std::uint32_t> numbers;
  for (auto from = chunks_.lower_bound(chunk_of(offset)); from != chunks_.end(); ++from) numbers.push_back(from->first);
  for (const std::uint32_t number : numbers) {
    ChunkState& state = *at(number);
    state.added = true;
    const int from = number == chunk_of(offset) ? within(offset) : 0;
    for (const OpenPlace place : deliveries(*state.chunk, number, {}, from)) end(number, state, place), ++dropped;
    {
      const Grown grown(chunk_bytes_, state);
      state.chunk.write().forget_ended(static_cast<std::uint16_t>(from));
    }
    if (state.chunk->open() == 0 && number != chunk_of(position_)) erase(number);
  }
  return dropped;
}

bool OpenIndex::set_tried(ChunkState& state, OpenPlace place, const Tried& tried, Reason&& reason) {
  const Grown grown(chunk_bytes_, state);
  Chunk& chunk = state.chunk.write();
  const Chunk::Was was = chunk.set_tried(place.lane, within(place.offset), tried, std::move(reason));
  if (was == Chunk::Was::untried) {
    count(chunk, place, false, -1);
    count(chunk, place, true, 1);
  }
  return was != Chunk::Was::none;
}

// What every way out of the index has in common; the chunk may be empty after it. False: it is not open.
bool OpenIndex::end(std::uint32_t number, ChunkState& state, OpenPlace place) {
  Lane* const lane = lanes_.at(place.lane);
  if (lane == nullptr) return false;
  const Priority priority = priority_of(*lane, *state.chunk, place);
  const Grown grown(chunk_bytes_, state);
  Chunk& chunk = state.chunk.write();
  const Chunk::Was was = chunk.remove(place.lane, within(place.offset));
  if (was == Chunk::Was::none) return false;
  count(*lane, priority, was == Chunk::Was::tried, -1);
  if (!chunk.any_open(place.lane)) lanes_.unlist(*lane, number);
  return true;
}

void OpenIndex::touch(ChunkState& state) {
  state.again = true;
  if (!state.dirt) state.dirt = Dirt{tails_, tail_bytes_, now_};
}

ChunkState* OpenIndex::at(std::uint32_t number) const {
  if (last_ != nullptr && last_number_ == number) return last_;
  const auto found = chunks_.find(number);
  if (found == chunks_.end()) return nullptr;
  last_number_ = number;
  return last_ = &found->second;
}

ChunkState& OpenIndex::made(std::uint32_t number) {
  if (ChunkState* found = at(number)) return *found;
  ChunkState& state = chunks_[number];
  state.chunk = Shared(new Chunk);
  chunk_bytes_ += state.chunk->bytes();
  last_number_ = number;
  return *(last_ = &state);
}

// The last chunk stays when nothing of it is open, as it will be routed to again; not when it is the last no more.
void OpenIndex::leave_top(std::uint32_t number) {
  const ChunkState* const state = at(number);
  if (state != nullptr && state->chunk->open() == 0) erase(number);
}

void OpenIndex::erase(std::uint32_t number) {
  const ChunkState& state = *at(number);
  state.chunk->lanes().for_each([&](const OffsetSet& set) { --lanes_.at(set.lane())->named_by; });
  chunk_bytes_ -= state.chunk->bytes();
  chunks_.erase(number);
  last_ = nullptr;
}

void OpenIndex::prune(ChunkState& state) {
  if (!state.chunk->sparse()) return;
  const Grown grown(chunk_bytes_, state);
  for (const LaneNumber lane : state.chunk.write().prune()) --lanes_.at(lane)->named_by;
}

Priority OpenIndex::priority_of(const Lane& lane, const Chunk& chunk, OpenPlace place) const {
  if (!lane.name.ordered) return lane.name.priority;
  const KeyEntry* const entry = chunk.key(place.lane, within(place.offset));
  return entry ? entry->priority : Priority::normal;
}

void OpenIndex::count(Lane& lane, Priority priority, bool is_tried, int by) {
  const auto its_class = static_cast<std::size_t>(priority);
  if (lane.name.ordered && !lane.by_class)
    lane.by_class = std::make_unique<std::array<LaneCounts, registry::kPriorities>>();
  LaneCounts* const of_lane = lane.by_class ? &(*lane.by_class)[its_class] : nullptr;
  for (LaneCounts* each : {&lane.counts, &counts_, &by_class_[its_class], of_lane})
    if (each != nullptr) (is_tried ? each->tried : each->untried) += static_cast<std::uint64_t>(by);
}

void OpenIndex::count(const Chunk& chunk, OpenPlace place, bool is_tried, int by) {
  Lane& lane = *lanes_.at(place.lane);
  count(lane, priority_of(lane, chunk, place), is_tried, by);
}

}  // namespace certes::dispatcher::book
