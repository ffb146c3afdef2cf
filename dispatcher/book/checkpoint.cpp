#include "dispatcher/book/checkpoint.hpp"

#include <algorithm>
#include <cassert>

#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/manifest_codec.hpp"

namespace certes::dispatcher::book {
namespace {

std::string encoded(const LaneTable::Piece& piece, std::uint32_t number) {
  std::vector<LaneRow> rows;
  for (std::size_t i = 0; i < piece.lanes.size(); ++i)
    if (const Lane* lane = piece.lanes[i].get())
      rows.push_back({static_cast<LaneNumber>(number * LaneTable::kPiece + i), lane->name, lane->notes});
  return encode(rows);
}

std::uint64_t bytes_of(const std::vector<Manifest::Ref>& refs) {
  std::uint64_t bytes = 0;
  for (const Manifest::Ref& ref : refs) bytes += ref.written.bytes;
  return bytes;
}

void place(std::vector<Manifest::Ref>& refs, const CheckpointItem& item) {
  const auto before = [](const Manifest::Ref& ref, std::uint32_t number) { return ref.number < number; };
  refs.insert(std::lower_bound(refs.begin(), refs.end(), item.number, before), {item.number, item.written});
}

}  // namespace

bool Checkpoint::complete() const {
  return std::all_of(items.begin(), items.end(), [](const CheckpointItem& item) { return item.written.place >= 0; });
}

std::vector<log::Record> item_records_of(const Checkpoint& checkpoint, std::size_t index, std::size_t most_bytes) {
  const CheckpointItem& item = checkpoint.items[index];
  const ItemName name{checkpoint.id, item.kind, item.number};
  return item_records(name, item.kind == ItemKind::chunk ? encode(*item.chunk) : item.lanes, most_bytes);
}

void Checkpoints::resume(const Manifest& manifest, const Written& stands) {
  accepted_ = manifest;
  accepted_at_ = stands;
  accepted_lowest_ = std::min(manifest.lowest_place(), stands.place);
  written_bytes_ = manifest.bytes_before + stands.bytes;
  seen_position_ = -1;  // what the tails showed is to be written soon
}

bool Checkpoints::changed() const {
  return index_.tail_bytes() != seen_tail_bytes_ || index_.position() != seen_position_ ||
         index_.counts().open() != seen_open_ || index_.was_cut();
}

SteadyTime Checkpoints::due_at() const {
  if (busy_ || (!more_ && !changed())) return SteadyTime::max();
  if (more_ || index_.tail_bytes() - seen_tail_bytes_ >= limits_.tail_bytes) return SteadyTime::min();
  return began_at_ + limits_.every;
}

Checkpoint Checkpoints::begin(SteadyTime now, std::int64_t term, bool revoked) {
  assert(!busy_);
  busy_ = true;
  more_ = false;
  began_at_ = now;
  seen_tail_bytes_ = index_.tail_bytes();
  seen_position_ = index_.position();
  seen_open_ = index_.counts().open();
  Checkpoint checkpoint;
  checkpoint.id = next_id_++;
  checkpoint.noted = {index_.tails(), index_.tail_bytes(), now};
  for (auto& [number, state] : index_.chunks())
    if (state.added || state.chunk->open() == 0 || (index_.was_cut() && state.dirt)) copy(checkpoint, number, state);
  if (!revoked) copy_dirty(checkpoint, now);
  if (!revoked) copy_lowest(checkpoint);
  copy_lanes(checkpoint, 0);
  note(checkpoint, term);
  return checkpoint;
}

void Checkpoints::copy(Checkpoint& checkpoint, std::uint32_t number, ChunkState& state) {
  state.added = state.again = false;
  state.copied_for = checkpoint.id;
  index_.prune(state);
  if (state.chunk->open() == 0) {
    checkpoint.emptied.push_back(number);
    return;
  }
  checkpoint.items.push_back({ItemKind::chunk, number, state.chunk, {}, {}});
}

// Those that have been dirty longest, so that tails are read from ever later positions.
void Checkpoints::copy_dirty(Checkpoint& checkpoint, SteadyTime now) {
  std::vector<Candidate> dirty;
  for (auto& [number, state] : index_.chunks())
    if (state.dirt && !copied(checkpoint, state)) dirty.push_back({state.dirt->tail_bytes, number, &state});
  std::sort(dirty.begin(), dirty.end(), [](const Candidate& a, const Candidate& b) { return a.order < b.order; });
  std::size_t bytes = 0;
  for (const Candidate& each : dirty) {
    const std::size_t its_bytes = each.state->chunk->bytes();
    if (bytes == 0 || bytes + its_bytes <= limits_.dirt_bytes) {
      bytes += its_bytes;
      copy(checkpoint, each.number, *each.state);
      continue;
    }
    const Dirt& left = *each.state->dirt;
    more_ = index_.tail_bytes() - left.tail_bytes > limits_.old_tail_bytes || now - left.at > limits_.old_dirt;
    return;
  }
}

// What stands lowest is written again, so that what stands between can be trimmed.
void Checkpoints::copy_lowest(Checkpoint& checkpoint) {
  const std::uint64_t live = live_bytes();
  const std::uint64_t allowed = std::max(limits_.progress_times * live, limits_.progress_least);
  if (progress_bytes() <= allowed) return;
  const std::uint64_t begin = written_bytes_ - allowed;  // what stands before it is to go
  std::vector<Candidate> low;
  for (auto& [number, state] : index_.chunks())
    if (!copied(checkpoint, state) && state.written.bytes_before < begin)
      low.push_back({state.written.bytes_before, number, &state});
  std::sort(low.begin(), low.end(), [](const Candidate& a, const Candidate& b) { return a.order < b.order; });
  std::size_t bytes = 0;
  for (const Candidate& each : low) {
    if (bytes >= limits_.dirt_bytes) break;
    bytes += each.state->chunk->bytes();
    copy(checkpoint, each.number, *each.state);
  }
  copy_lanes(checkpoint, begin);
}

// Pieces that have changed, were never written, or stand before so many bytes of `progress`.
void Checkpoints::copy_lanes(Checkpoint& checkpoint, std::uint64_t moved_below) {
  auto& pieces = index_.lanes().pieces();
  for (std::uint32_t number = 0; number < pieces.size(); ++number) {
    LaneTable::Piece* const piece = pieces[number].get();
    if (piece == nullptr || piece->copied_for == checkpoint.id) continue;
    if (!piece->changed && piece->written.place >= 0 && piece->written.bytes_before >= moved_below) continue;
    piece->changed = false;
    piece->copied_for = checkpoint.id;
    checkpoint.items.push_back({ItemKind::lanes, number, {}, encoded(*piece, number), {}});
  }
}

void Checkpoints::note(Checkpoint& checkpoint, std::int64_t term) const {
  Manifest& manifest = checkpoint.manifest;
  manifest.group = group_;
  manifest.term = term;
  manifest.position = index_.position();
  manifest.watermark = index_.watermark();
  manifest.tails = index_.tails();
  if (!index_.ahead().empty()) lower(manifest.tails, index_.ahead_since());
  for (const auto& [number, state] : index_.chunks()) {
    if (copied(checkpoint, state)) continue;
    assert(state.written.place >= 0);
    if (state.dirt) lower(manifest.tails, state.dirt->since);
    manifest.chunks.push_back({number, state.written});
  }
  const auto& pieces = index_.lanes().pieces();
  for (std::uint32_t number = 0; number < pieces.size(); ++number)
    if (pieces[number] && pieces[number]->copied_for != checkpoint.id)
      manifest.pieces.push_back({number, pieces[number]->written});
  manifest.landmarks = index_.landmarks().noted();
  manifest.watermark_times = index_.watermark_times();
  manifest.next_lane = index_.lanes().next();
  manifest.previous = accepted_at_.place;
}

void Checkpoints::stands(Checkpoint& checkpoint, std::size_t item, std::int64_t place, std::uint64_t bytes) {
  checkpoint.items[item].written = {place, bytes, written_bytes_};
  written_bytes_ += bytes;
}

std::vector<log::Record> Checkpoints::manifest_records(Checkpoint& checkpoint, std::size_t most_bytes) const {
  assert(checkpoint.complete());
  for (const CheckpointItem& item : checkpoint.items)
    place(item.kind == ItemKind::chunk ? checkpoint.manifest.chunks : checkpoint.manifest.pieces, item);
  checkpoint.manifest.bytes_before = written_bytes_;
  return item_records({checkpoint.id, ItemKind::manifest, 0}, encode(checkpoint.manifest), most_bytes);
}

Checkpoints::Trim Checkpoints::accepted(const Checkpoint& checkpoint, std::int64_t place, std::uint64_t bytes) {
  busy_ = false;
  const auto settle = [&](std::uint32_t number, const Written& written) {
    const auto found = index_.chunks().find(number);
    if (found == index_.chunks().end() || !copied(checkpoint, found->second)) return;
    ChunkState& state = found->second;
    state.written = written;
    state.dirt = state.again ? std::optional(checkpoint.noted) : std::nullopt;
  };
  for (const std::uint32_t number : checkpoint.emptied) settle(number, {});
  auto& pieces = index_.lanes().pieces();
  for (const CheckpointItem& item : checkpoint.items) {
    if (item.kind == ItemKind::chunk)
      settle(item.number, item.written);
    else if (pieces[item.number] && pieces[item.number]->copied_for == checkpoint.id)
      pieces[item.number]->written = item.written;
  }
  index_.cut_is_written();
  const std::int64_t previous_lowest = accepted_lowest_;
  TailPlaces tails = accepted_.tails;
  lower(tails, checkpoint.manifest.tails);
  accepted_ = checkpoint.manifest;
  accepted_at_ = {place, bytes, written_bytes_};
  accepted_lowest_ = std::min(accepted_.lowest_place(), place);
  written_bytes_ += bytes;
  Trim trim{std::min(accepted_lowest_, previous_lowest), accepted_.watermark, {}};
  for (std::size_t i = 0; i < kTailCount; ++i) trim.tails[i] = tails[i].position;
  return trim;
}

void Checkpoints::abandoned(const Checkpoint& checkpoint) {
  busy_ = false;
  seen_position_ = -1;
  for (auto& [number, state] : index_.chunks())
    if (copied(checkpoint, state)) state.added = true;
  for (const auto& piece : index_.lanes().pieces())
    if (piece && piece->copied_for == checkpoint.id) piece->changed = true;
}

bool Checkpoints::as_accepted(const Manifest::Ref& ref) const {
  const auto found = index_.chunks().find(ref.number);
  return found != index_.chunks().end() && found->second.written == ref.written && !found->second.added &&
         !found->second.dirt;
}

std::uint64_t Checkpoints::live_bytes() const {
  return bytes_of(accepted_.chunks) + bytes_of(accepted_.pieces) + accepted_at_.bytes;
}

std::uint64_t Checkpoints::progress_bytes() const {
  std::uint64_t begin = accepted_at_.place < 0 ? written_bytes_ : accepted_at_.bytes_before;
  for (const auto* refs : {&accepted_.chunks, &accepted_.pieces})
    for (const Manifest::Ref& ref : *refs) begin = std::min(begin, ref.written.bytes_before);
  return written_bytes_ - begin;
}

}  // namespace certes::dispatcher::book
