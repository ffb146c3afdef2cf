#include <algorithm>

#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/manifest_codec.hpp"
#include "tests/dispatcher/book/partition.hpp"

namespace certes::dispatcher::book {
namespace {

std::string name_of(int endpoint) { return "endpoint-" + std::to_string(endpoint); }

// Small enough that every rule of what is copied is met.
CheckpointLimits limits() {
  CheckpointLimits limits;
  limits.dirt_bytes = 1;
  limits.progress_least = 2'000;
  return limits;
}

}  // namespace

void Partition::crash() {
  for (Tail& tail : tails_) {
    tail.landed.clear();
    for (TailRecord& record : tail.sent)
      if (below(8) != 0) tail.forgotten.push_back(std::move(record));
    tail.sent.clear();
  }
  recording_.clear();
  if (checkpoint_ && next_item_ < checkpoint_->items.size())
    for (log::Record& record : item_records_of(*checkpoint_, next_item_, 1'024)) forgotten_progress_.push_back(record);
  checkpoint_.reset();
  if (!trims_.empty() && below(2) == 0) trims_.erase(trims_.begin());
  recover();
}

void Partition::recover() {
  index_ = OpenIndex();
  checkpoints_ = std::make_unique<Checkpoints>(index_, "group", ++owners_ << 32, SteadyTime{}, limits());
  for (Tail& tail : tails_)
    for (std::uint64_t left = below(3); left > 0; --left) land(tail);
  TailPlaces from{};
  if (committed_ >= 0) {
    if (!read_checkpoint(committed_)) return wrong("the committed checkpoint cannot be read");
    from = index_.tails();
  }
  next_event_ = static_cast<std::size_t>(
      std::find_if(events_.begin(), events_.end(),
                   [&](const Event& event) { return event.record.offset >= index_.position(); }) -
      events_.begin());
  read_tails(from);
  take_term();
  index_.rebuild_calendar();
  check();
}

// Everything about the process stays, but who may write.
void Partition::new_term() {
  if (checkpoint_) checkpoints_->abandoned(*checkpoint_);
  checkpoint_.reset();
  std::array<std::deque<TailRecord>, kTailCount> again;
  for (std::size_t i = 0; i < tails_.size(); ++i) {
    for (std::uint64_t left = below(3); left > 0; --left) land(tails_[i]);
    again[i].swap(tails_[i].sent);
    for (const TailRecord& record : again[i])
      if (below(2) == 0) tails_[i].forgotten.push_back(record);  // may still land, behind the term
    tails_[i].landed.clear();
  }
  read_tails(index_.tails());
  take_term();
  recording_.clear();
  for (std::size_t i = 0; i < tails_.size(); ++i)
    for (TailRecord& record : again[i]) send(i, std::move(record));
  if (!broken(Fault::finish_early)) check();
}

void Partition::take_term() {
  for (const Tail& tail : tails_) term_ = std::max(term_, tail.highest);
  ++term_;
  TailPlaces places{};
  for (std::size_t i = 0; i < tails_.size(); ++i) {
    TailRecord record;
    record.term = term_;
    record.term_only = true;
    append(tails_[i], record);
    places[i] = {static_cast<std::int64_t>(tails_[i].log.size()), term_};
  }
  index_.set_tails(places);
}

void Partition::read_tails(const TailPlaces& from) {
  const std::size_t first = below(2);
  for (const std::size_t i : {first, 1 - first}) {
    std::int64_t top = from[i].term;
    for (auto at = static_cast<std::size_t>(from[i].position); at < tails_[i].log.size(); ++at) {
      const TailRecord& record = tails_[i].log[at].first;
      if (record.term < top) continue;
      top = record.term;
      if (!record.term_only) reflect(record);
      index_.tail_read(100);
    }
  }
}

bool Partition::read_item(std::int64_t place, ItemReader& reader) {
  if (place < progress_start_) return false;
  for (auto at = static_cast<std::size_t>(place); at < progress_.size(); ++at) {
    const auto whole = reader.add(progress_[at]);
    if (!whole) return false;
    if (*whole) return true;
  }
  return false;
}

bool Partition::read_checkpoint(std::int64_t place) {
  ItemReader whole(ItemKind::manifest);
  if (!read_item(place, whole)) return false;
  auto manifest = decode_manifest(whole.payload());
  if (!manifest) return false;
  Recovery recovery(*manifest);
  for (const Manifest::Ref& ref : manifest->pieces) {
    ItemReader piece(ItemKind::lanes, ref.number);
    if (!read_item(ref.written.place, piece) || !recovery.add_lanes(ref, *decode_lanes(piece.payload()))) return false;
  }
  for (const Manifest::Ref& ref : manifest->chunks) {
    ItemReader chunk(ItemKind::chunk, ref.number);
    if (!read_item(ref.written.place, chunk)) return false;
    auto decoded = decode_chunk(chunk.payload(), 1u << 20);
    if (!decoded || !recovery.add_chunk(ref, *decoded)) return false;
  }
  auto index = std::move(recovery).finish();
  if (!index) return false;
  index_ = std::move(*index);
  if (broken(Fault::term_of_writer)) {
    TailPlaces tails = manifest->tails;
    for (TailPlace& tail : tails) tail.term = manifest->term;
    index_.set_tails(tails);
  }
  checkpoints_->resume(*manifest, {place, whole.payload().size(), manifest->bytes_before});
  return true;
}

Partition::Delivery Partition::known(std::int64_t offset, int endpoint) const {
  Delivery known;
  for (const Tail& tail : tails_)
    for (const auto& [record, counts] : tail.log) {
      if (!counts || record.term_only || record.offset != offset || record.endpoint != endpoint) continue;
      if (record.ended) {
        known.ended = record.ended;
      } else {
        if (!known.tried) known.tried = Tried{};
        advance(*known.tried, record.tried);
      }
    }
  return known;
}

void Partition::check() {
  std::uint64_t open = 0;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const std::int64_t offset = events_[i].record.offset;
    std::vector<LaneNumber> its_open, its_dead;
    bool received = false;
    for (const auto& [endpoint, priority] : events_[i].to) {
      const Delivery delivery = known(offset, endpoint);
      if (!delivery.ended && offset < events_start_) return wrong("an open event was deleted");
      if (i >= next_event_) continue;
      const auto lane = index_.lane_of(offset, "t", name_of(endpoint));
      if (lane.has_value() == delivery.ended.has_value()) return wrong("what is open differs from the logs");
      if (lane) its_open.push_back(*lane);
      if (lane && index_.find({offset, *lane})->tried != delivery.tried)
        return wrong("what was tried differs from the logs");
      if (delivery.ended == Ended::dead_lettered)
        its_dead.push_back(*index_.lanes().find({"t", name_of(endpoint), 1, priority, endpoint == 3}));
      else if (delivery.ended)
        received = true;
    }
    open += its_open.size();
    if (its_open.empty() || i >= next_event_) continue;
    const EventState event = index_.event(offset);
    std::sort(its_dead.begin(), its_dead.end());
    if (event.dead_lettered != its_dead || event.received != received)
      return wrong("how others ended differs from the logs");
  }
  if (index_.counts().open() != open) wrong("it counts otherwise");
}

void Partition::check_noted(const Manifest& manifest) {
  const auto noted = [&](std::int64_t offset, UnixMillis lowest, UnixMillis highest) {
    if (offset < 0) return;
    const auto found =
        std::find_if(events_.begin(), events_.end(), [&](const Event& event) { return event.record.offset == offset; });
    if (found == events_.end() || found->record.appended_at < lowest || found->record.appended_at > highest)
      wrong("an append time is noted that is not the record's");
  };
  for (const Landmark& mark : manifest.landmarks) noted(mark.offset, mark.appended_at, mark.appended_at);
  noted(manifest.watermark_times.offset, manifest.watermark_times.times.lowest, manifest.watermark_times.times.highest);
}

}  // namespace certes::dispatcher::book
