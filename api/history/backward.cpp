#include "api/history/backward.hpp"

#include <algorithm>
#include <limits>

#include "common/log/scan.hpp"

namespace certes::api::history {
namespace {

constexpr Millis kAnswer{2'000};
constexpr std::int64_t kEvents = 512, kOthers = 1'024;  // records of a bite
constexpr std::size_t kReadAtOnce = 32;                 // payloads are read with them
// Brokers stamp records by their own clocks: an attempt may look that much older than its event.
constexpr Millis kClocks{60'000};
constexpr int kDropped = 500;  // events of a bite
// Dead letters of one, of a partition: few, so that those of one partition go hardly before older ones of another.
constexpr int kLettersDropped = 64;

void take_whole(Index& index, const log::StoredRecord& record, log::Terms& terms) {
  take(index, record, terms, Detail{});
}

log::GiveUp within(Millis time) {
  return [until = std::chrono::steady_clock::now() + time](bool) -> std::optional<Error> {
    if (std::chrono::steady_clock::now() < until) return std::nullopt;
    return Error(Code::timeout, "the log could not be read in time");
  };
}

}  // namespace

Lane* Backward::next_lane(log::Topic topic) {
  Lane* next = nullptr;
  const auto filled_at = [](const Lane& lane) {
    return lane.reached.filled_at == 0 ? std::numeric_limits<UnixMillis>::max() : lane.reached.filled_at;
  };
  for (std::int32_t p = 0; p < lanes_.partitions(); ++p) {
    Lane& lane = lanes_.at(topic, p);
    if (!lane.reached.filled && (next == nullptr || filled_at(lane) > filled_at(*next))) next = &lane;
  }
  return next;
}

Turn Backward::step() {
  if (!bite_) {
    if (Lane* const events = next_lane(log::Topic::events)) return plan(*events);
    Lane* const letters = next_lane(log::Topic::dead_letters);
    return letters == nullptr ? Turn::idle : fill_letters(*letters);
  }
  for (const auto& [topic, before] : bite_->before)
    if (Lane& lane = lanes_.at(topic, bite_->partition); lane.reached.begin > before)
      return fill(lane, before, kOthers, take_whole);
  Lane& events = lanes_.at(log::Topic::events, bite_->partition);
  const Turn turn = fill(events, bite_->begin, kEvents, take_whole);
  if (events.reached.begin <= bite_->begin) bite_.reset();
  return turn;
}

// Of the events of a bite the first one's time decides how far back the rest must be read.
Turn Backward::plan(Lane& events) {
  const std::int32_t partition = events.partition;
  const auto range = log_.offsets(log::Topic::events, partition, kAnswer);
  const auto young =
      log_.offset_at(log::Topic::events, partition, clock_.unix_millis() - bounds_.retention.count(), kAnswer);
  if (!range || !young) return Turn::away;
  const std::int64_t floor = std::max(range->start, *young);
  if (events.reached.begin <= floor || !has_room()) {
    end(events);
    return Turn::busy;
  }
  Bite bite{partition, std::max(floor, events.reached.begin - kEvents), 0, {}};
  std::int64_t at = bite.begin;
  const auto first = log::scan(
      log_, {log::Topic::events, partition, events.reached.begin, 1}, at,
      [&](const log::RecordPtr& record) {
        bite.at = record->appended_at;
        return false;
      },
      within(kAnswer));
  if (!first) return Turn::away;
  for (const log::Topic topic : {log::Topic::attempts, log::Topic::dead_letters}) {
    if (bite.at == 0) break;  // all of them were erased
    const auto there = log_.offsets(topic, partition, kAnswer);
    const auto before = log_.offset_at(topic, partition, bite.at - kClocks.count(), kAnswer);
    if (!there || !before) return Turn::away;
    bite.before[topic] = std::max(there->start, *before);
  }
  bite_ = std::move(bite);
  return Turn::busy;
}

// Those that the log still has of before the events: they stay longer.
Turn Backward::fill_letters(Lane& letters) {
  const auto range = log_.offsets(letters.topic, letters.partition, kAnswer);
  if (!range) return Turn::away;
  if (letters.reached.begin > range->start && has_room()) return fill(letters, range->start, kOthers, take_letter);
  end(letters);
  return Turn::busy;
}

// What came into the index stays, should the reading break off: it comes again.
Turn Backward::fill(Lane& lane, std::int64_t begin, std::int64_t most, Take take) {
  const auto range = log_.offsets(lane.topic, lane.partition, kAnswer);
  if (!range) return Turn::away;
  const std::int64_t end = lane.reached.begin;
  begin = std::max({begin, end - most, range->start});
  log::Terms terms = log::Terms::from(begin, range->start);
  std::int64_t at = lane.topic == log::Topic::events ? begin : terms.begin();
  Reached reached = lane.reached;
  bool first = true;
  index_.begin();
  const auto done = log::scan(
      log_, {lane.topic, lane.partition, end, kReadAtOnce}, at,
      [&](const log::RecordPtr& record) {
        take(index_, *record, terms);
        if (record->offset < begin) return true;  // it only shows the term
        if (std::exchange(first, false)) reached.filled_at = record->appended_at;
        if (lane.reached.mark < 0) {
          reached.mark = record->offset;
          reached.mark_at = record->appended_at;
        }
        return true;
      },
      within(kAnswer));
  if (done) {
    reached.begin = std::min(begin, end);
    index_.reach(lane.topic, lane.partition, reached);
  }
  index_.commit();
  if (!done) return Turn::away;
  lane.reached = reached;
  return Turn::busy;
}

bool Backward::has_room() { return index_.used_bytes() <= bounds_.max_bytes / 10 * 8; }

void Backward::end(Lane& lane) {
  lane.reached.filled = true;
  index_.begin();
  index_.reach(lane.topic, lane.partition, lane.reached);
  index_.commit();
}

Turn Backward::drop_oldest() {
  const UnixMillis old = clock_.unix_millis() - bounds_.retention.count();
  for (std::int32_t p = 0; p < lanes_.partitions(); ++p)
    if (drop(p, old) || drop_letters(p)) return Turn::busy;
  if (drop_texts(old)) return Turn::busy;
  return index_.used_bytes() <= bounds_.max_bytes ? Turn::idle : drop_for_room();
}

// Whatever is the oldest.
Turn Backward::drop_for_room() {
  const auto event = oldest_event();
  std::optional<Index::Oldest> letter;
  for (std::int32_t p = 0; p < lanes_.partitions(); ++p)
    if (const auto oldest = index_.oldest_letter(p); oldest && (!letter || oldest->at < letter->at)) letter = oldest;
  if (letter && (!event || letter->at <= event->at)) {
    drop_old_letters(letter->place.partition);
    return Turn::busy;
  }
  return event && drop(event->place.partition, std::numeric_limits<UnixMillis>::max()) ? Turn::busy : Turn::idle;
}

// Those of events that are there no more.
bool Backward::drop_texts(UnixMillis old) {
  const auto event = oldest_event();
  index_.begin();
  const bool dropped = index_.drop_texts(event ? std::max(old, event->at) : old);
  index_.commit();
  return dropped;
}

std::optional<Index::Oldest> Backward::oldest_event() {
  std::optional<Index::Oldest> first;
  for (std::int32_t p = 0; p < lanes_.partitions(); ++p)
    if (const auto oldest = index_.oldest(p); oldest && (!first || oldest->at < first->at)) first = oldest;
  return first;
}

// Those that the log has let go of.
bool Backward::drop_letters(std::int32_t partition) {
  const Lane& letters = lanes_.at(log::Topic::dead_letters, partition);
  index_.begin();
  const bool dropped = index_.drop_letters(partition, letters.start);
  index_.commit();
  return dropped;
}

// From then on nothing below is to be indexed.
void Backward::drop_old_letters(std::int32_t partition) {
  Lane& letters = lanes_.at(log::Topic::dead_letters, partition);
  index_.begin();
  letters.reached.begin = std::max(letters.reached.begin, index_.behind_letters(partition, kLettersDropped));
  letters.reached.filled = true;
  index_.drop_letters(partition, letters.reached.begin);
  const auto oldest = index_.oldest_letter(partition);
  letters.reached.filled_at = oldest ? oldest->at : clock_.unix_millis();
  index_.reach(letters.topic, partition, letters.reached);
  index_.commit();
}

// From then on nothing below is to be indexed.
bool Backward::drop(std::int32_t partition, UnixMillis before) {
  Lane& events = lanes_.at(log::Topic::events, partition);
  index_.begin();
  const auto behind = index_.drop(partition, before, kDropped);
  if (behind) {
    events.reached.begin = std::max(events.reached.begin, *behind);
    events.reached.filled = true;
    index_.reach(events.topic, partition, events.reached);
  }
  index_.commit();
  if (behind && bite_ && bite_->partition == partition) bite_.reset();
  return behind.has_value();
}

std::optional<UnixMillis> Backward::from() const {
  std::optional<UnixMillis> from;
  for (const Lane& lane : lanes_.all) {
    if (lane.topic != log::Topic::events || lane.reached.filled) continue;
    const UnixMillis at = lane.reached.filled_at == 0 ? clock_.unix_millis() : lane.reached.filled_at;
    from = std::max(from.value_or(0), at);
  }
  return from;
}

bool Backward::is_filled() {
  return lanes_.partitions() > 0 && next_lane(log::Topic::events) == nullptr &&
         next_lane(log::Topic::dead_letters) == nullptr;
}

std::optional<UnixMillis> Backward::letters_from() const {
  std::optional<UnixMillis> from;
  for (const Lane& lane : lanes_.all) {
    if (lane.topic != log::Topic::dead_letters || lane.reached.begin <= lane.start) continue;
    const UnixMillis at = lane.reached.filled_at == 0 ? clock_.unix_millis() : lane.reached.filled_at;
    from = std::max(from.value_or(0), at);
  }
  return from;
}

}  // namespace certes::api::history
