#include "tests/dispatcher/book/partition.hpp"

#include <algorithm>
#include <iterator>

#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/manifest_codec.hpp"

namespace certes::dispatcher::book {
namespace {

constexpr int kEndpoints = 4;
constexpr std::size_t kRecordBytes = 1'024;  // that `progress` takes: most items are several
constexpr SteadyTime kEpoch{};

std::string name_of(int endpoint) { return "endpoint-" + std::to_string(endpoint); }

}  // namespace

Partition::Partition(std::uint64_t seed, Fault fault) : random_(seed), fault_(fault) { recover(); }

std::string Partition::run(int steps) {
  for (int i = 0; i < steps && wrong_.empty(); ++i) step();
  if (wrong_.empty()) crash();
  while (wrong_.empty() && next_event_ < events_.size()) route();
  if (wrong_.empty()) check();
  return wrong_;
}

void Partition::step() {
  switch (below(16)) {
    case 0: return accept_event();
    case 1:
    case 2: return route();
    case 3:
    case 4:
    case 5: return outcome();
    case 6:
    case 7: return land(tails_[below(tails_.size())]);
    case 8:
    case 9: return tell(below(tails_.size()));
    case 10:
    case 11:
    case 12: return checkpoint();
    case 13:
      if (!trims_.empty() && below(3) == 0) trim(trims_.front());
      return;
    case 14:
      if (below(12) == 0) return below(2) == 0 ? crash() : new_term();
      if (below(4) == 0) tell_all(), check();
      return;
    default: ++time_;
  }
}

void Partition::accept_event() {
  Event event;
  event.record.offset =
      (events_.empty() ? 0 : events_.back().record.offset + 1) + static_cast<std::int64_t>(below(40'000));
  event.record.appended_at = time_ - static_cast<UnixMillis>(below(50));
  for (std::uint64_t left = below(4); left > 0; --left)
    event.to[static_cast<int>(below(kEndpoints))] = below(2) == 0 ? Priority::critical : Priority::low;
  events_.push_back(event);
}

void Partition::route() {
  if (next_event_ == events_.size()) return;
  const Event& event = events_[next_event_++];
  if (event.record.offset < events_start_) wrong("an event was deleted before it was routed");
  std::vector<Routed> routed;
  for (const auto& [endpoint, priority] : event.to)
    routed.push_back({index_.lanes().number({"t", name_of(endpoint), 1, priority, endpoint == 3}), priority, 7, 0});
  index_.route(event.record, routed);
}

void Partition::outcome() {
  if (next_event_ == 0) return;
  const Event& event = events_[below(next_event_)];
  if (event.to.empty()) return;
  const int endpoint = std::next(event.to.begin(), static_cast<std::ptrdiff_t>(below(event.to.size())))->first;
  const std::int64_t offset = event.record.offset;
  const auto lane = index_.lane_of(offset, "t", name_of(endpoint));
  if (!lane || recording_[{offset, endpoint}] > 0) return;
  TailRecord record;
  record.offset = offset;
  record.endpoint = endpoint;
  const std::uint64_t what = below(5);
  record.tried = index_.find({offset, *lane})->tried.value_or(Tried{});
  record.tried = {record.tried.attempts + 1, time_ + static_cast<UnixMillis>(below(100'000)), ++time_, Due::attempt};
  if (what == 0) record.tried.what = Due::dead_letter, record.reason = {"schedule", "500", ""};
  if (what == 1) record.ended = Ended::delivered;
  if (what == 2) record.ended = Ended::cancelled;
  send(0, TailRecord(record));
  if (what != 0) return;
  record.ended = Ended::dead_lettered;
  send(1, std::move(record));
}

void Partition::send(std::size_t tail, TailRecord&& record) {
  record.term = term_;
  ++recording_[{record.offset, record.endpoint}];
  if (broken(Fault::finish_early) && record.ended)
    if (const auto lane = index_.lane_of(record.offset, "t", name_of(record.endpoint)))
      index_.finish({record.offset, *lane}, *record.ended);
  tails_[tail].sent.push_back(std::move(record));
}

void Partition::append(Tail& tail, const TailRecord& record) {
  tail.log.emplace_back(record, record.term >= tail.highest);
  tail.highest = std::max(tail.highest, record.term);
}

void Partition::land(Tail& tail) {
  if (!tail.forgotten.empty() && below(2) == 0) {
    append(tail, tail.forgotten.front());
    tail.forgotten.pop_front();
  } else if (!tail.sent.empty()) {
    tail.landed.push_back(static_cast<std::int64_t>(tail.log.size()));
    append(tail, tail.sent.front());
    tail.sent.pop_front();
  }
}

void Partition::tell(std::size_t number) {
  Tail& tail = tails_[number];
  if (tail.landed.empty()) return;
  const std::int64_t place = tail.landed.front();
  tail.landed.pop_front();
  const TailRecord& record = tail.log[static_cast<std::size_t>(place)].first;
  --recording_[{record.offset, record.endpoint}];
  const auto lane = index_.lane_of(record.offset, "t", name_of(record.endpoint));
  if (lane && record.ended) index_.finish({record.offset, *lane}, *record.ended);
  if (lane && !record.ended) reflect(record);
  index_.acknowledged(number, place, 100);
}

void Partition::tell_all() {
  for (std::size_t i = 0; i < tails_.size(); ++i)
    while (!tails_[i].landed.empty()) tell(i);
}

void Partition::reflect(const TailRecord& record) {
  index_.reflect({record.offset, "t", name_of(record.endpoint), record.ended, record.tried, record.reason});
}

// One move of a checkpoint's: begun, an item appended, or all of the rest.
void Partition::checkpoint() {
  if (!checkpoint_) {
    checkpoint_ = checkpoints_->begin(kEpoch, term_, below(6) == 0);
    next_item_ = 0;
    break_copy();
    check_noted(checkpoint_->manifest);
  } else if (next_item_ < checkpoint_->items.size()) {
    append_item();
  } else {
    commit();
  }
}

void Partition::break_copy() {
  Manifest& manifest = checkpoint_->manifest;
  if (broken(Fault::position_unrouted) && next_event_ < events_.size())
    manifest.position = events_[next_event_].record.offset + 1;
  if (broken(Fault::dirt_forgotten)) {
    manifest.tails = checkpoint_->noted.since;
    if (!index_.ahead().empty()) lower(manifest.tails, index_.ahead_since());
  }
  if (broken(Fault::ahead_forgotten)) {
    manifest.tails = checkpoint_->noted.since;
    for (const auto& [number, state] : index_.chunks())
      if (state.dirt && state.copied_for != checkpoint_->id) lower(manifest.tails, state.dirt->since);
  }
  auto& items = checkpoint_->items;
  if (!broken(Fault::additions_left) || items.empty() || items[0].kind != ItemKind::chunk) return;
  const Written before = index_.chunks().at(items[0].number).written;
  if (before.place < 0) return;
  manifest.chunks.insert(manifest.chunks.begin(), {items[0].number, before});
  std::sort(manifest.chunks.begin(), manifest.chunks.end(), [](auto& a, auto& b) { return a.number < b.number; });
  items.erase(items.begin());
}

void Partition::append_item() {
  auto records = item_records_of(*checkpoint_, next_item_, kRecordBytes);
  std::uint64_t bytes = 0;
  for (const log::Record& record : records) {
    if (record.size() > kRecordBytes) wrong("a record is larger than the topic takes");
    bytes += record.size();
  }
  const bool lost = broken(Fault::commit_early) && below(4) == 0;
  const std::int64_t place = lost ? static_cast<std::int64_t>(progress_.size()) : append_progress(std::move(records));
  checkpoints_->stands(*checkpoint_, next_item_++, place, bytes);
}

std::int64_t Partition::append_progress(std::vector<log::Record>&& records) {
  std::int64_t first = -1;
  const auto put = [&](const log::Record& record) {
    log::StoredRecord stored;
    stored.offset = static_cast<std::int64_t>(progress_.size());
    stored.value = record.value;
    progress_.push_back(std::move(stored));
    return progress_.back().offset;
  };
  for (const log::Record& record : records) {
    if (!forgotten_progress_.empty() && below(3) == 0) {
      put(forgotten_progress_.front());
      forgotten_progress_.pop_front();
    }
    const std::int64_t place = put(record);
    if (first < 0) first = place;
  }
  return first;
}

void Partition::commit() {
  if (broken(Fault::positions_live)) checkpoint_->manifest.tails = index_.tails();
  auto records = checkpoints_->manifest_records(*checkpoint_, kRecordBytes);
  std::uint64_t bytes = 0;
  for (const log::Record& record : records) bytes += record.size();
  const std::int64_t place = append_progress(std::move(records));
  const std::uint64_t how = below(8);  // 0: it counts and the answer is lost; 1: it is lost
  if (how != 1) committed_ = place;
  if (how > 1) {
    trims_.push_back(checkpoints_->accepted(*checkpoint_, place, bytes));
    if (broken(Fault::trim_progress)) trims_.back().progress = place;
  } else {
    checkpoints_->abandoned(*checkpoint_);
    if (broken(Fault::abandoned_counts))
      for (auto& [number, state] : index_.chunks())
        if (state.copied_for == checkpoint_->id && state.written.place >= 0) state.added = false;
  }
  checkpoint_.reset();
}

void Partition::trim(Checkpoints::Trim to) {
  trims_.erase(trims_.begin());
  if (broken(Fault::trim_events_live)) to.events = std::max(to.events, index_.watermark());
  progress_start_ = std::max(progress_start_, to.progress);
  events_start_ = std::max(events_start_, to.events);
}

}  // namespace certes::dispatcher::book
