#include "api/history/forward.hpp"

#include <algorithm>

#include "common/log/scan.hpp"

namespace certes::api::history {
namespace {

constexpr Millis kQuestion{2'000};
constexpr Millis kAskEvery{500};
constexpr std::size_t kPage = 64;
constexpr std::size_t kMostRecords = 1'024;  // of a partition in a round
constexpr std::size_t kMostBytes = 4u << 20;

void put_letter(Index& index, const log::StoredRecord& record) {
  if (const auto letter = letter_row(record)) return index.put(*letter);
  index.erase(record.partition, erased_by(record));
  for (const std::int64_t offset : discarded_by(record)) {
    if (offset < 0 || offset >= record.offset) continue;
    LetterRow letter;
    letter.place = {record.partition, offset};
    letter.discarded = true;
    index.put(letter);
  }
}

}  // namespace

void take(Index& index, const log::StoredRecord& record, log::Terms& terms, const Detail& detail) {
  if (record.topic == log::Topic::events) {
    if (auto row = event_row(record)) index.put(std::move(*row), record.value, detail);
    return;
  }
  if (!terms.counts(record)) return;
  if (const auto told = told_by(record)) index.put(*told, detail);
  if (record.topic == log::Topic::dead_letters) put_letter(index, record);
}

void take_letter(Index& index, const log::StoredRecord& record, log::Terms& terms) {
  if (terms.counts(record)) put_letter(index, record);
}

Turn Forward::find_lanes() {
  while (lanes_.partitions() < log_.partitions()) {
    const std::int32_t partition = lanes_.partitions();
    std::deque<Lane> found;
    for (const log::Topic topic : kTopics) {
      Lane& lane = found.emplace_back(log_, topic, partition);
      if (const Turn turn = place(lane); turn != Turn::busy) return turn;
    }
    index_.begin();
    for (Lane& lane : found) index_.reach(lane.topic, partition, lane.reached);
    index_.commit();
    // Cursors do not move: each lane is made where it stays.
    for (const Lane& lane : found) {
      Lane& stays = lanes_.all.emplace_back(log_, lane.topic, partition);
      stays.terms = lane.terms;
      stays.reached = lane.reached;
      stays.cursor.go_to(lane.from);
    }
  }
  return Turn::busy;
}

// What is not indexed yet begins at the end: Backward goes from there towards the start.
Turn Forward::place(Lane& lane) {
  const auto range = log_.offsets(lane.topic, lane.partition, kQuestion);
  if (!range) return Turn::away;
  const auto reached = index_.reached(lane.topic, lane.partition);
  if (!reached) {
    lane.reached.begin = lane.reached.next = range->end;
  } else {
    lane.reached = *reached;
    if (const Turn turn = know_again(lane, *range); turn != Turn::busy) return turn;
    lane.reached.next = std::max(lane.reached.next, range->start);
  }
  lane.from = lane.reached.next;
  if (lane.topic == log::Topic::events) return Turn::busy;
  lane.terms = log::Terms(lane.reached.term);
  if (lane.reached.term != 0) return Turn::busy;
  lane.terms = log::Terms::from(lane.reached.next, range->start);
  lane.from = lane.terms.begin();
  return Turn::busy;
}

// By the last record that was indexed, if it is there still.
Turn Forward::know_again(const Lane& lane, const log::OffsetRange& range) {
  const Reached& reached = lane.reached;
  if (reached.next > range.end) return Turn::replaced;
  if (reached.mark < range.start) return Turn::busy;
  const auto record = log::read_at(log_, lane.topic, lane.partition, reached.mark, kQuestion);
  if (!record) return Turn::away;
  const bool same = !*record || (*record)->appended_at == reached.mark_at;  // or it was erased
  return same ? Turn::busy : Turn::replaced;
}

bool Forward::ask_ends() {
  const SteadyTime now = clock_.now();
  if (now < ask_at_) return true;
  ask_at_ = now + kAskEvery;
  for (Lane& lane : lanes_.all) {
    if (lane.end != log::kNoOffset && lane.cursor.position() < lane.end) continue;  // the earlier end is not reached
    const UnixMillis asked_at = clock_.unix_millis();
    const auto range = log_.offsets(lane.topic, lane.partition, kQuestion);
    if (!range) return false;
    lane.start = range->start;
    lane.end = range->end;
    lane.end_asked_at = asked_at;
  }
  return true;
}

Turn Forward::round() {
  if (!ask_ends()) return Turn::away;
  Turn turn = Turn::idle;
  writing_ = false;
  for (Lane& lane : lanes_.all) {
    const Turn one = read(lane);
    if (one == Turn::replaced) return one;
    if (one == Turn::busy || turn == Turn::idle) turn = one;
  }
  if (writing_) index_.commit();
  return turn;
}

Turn Forward::read(Lane& lane) {
  std::size_t records = 0, bytes = 0;
  const Detail detail = lane.until == 0 ? Detail{} : detail_at(Millis{clock_.unix_millis() - lane.until});
  const Reached before = lane.reached;
  bool more = true;
  while (more && records < kMostRecords && bytes < kMostBytes) {
    page_.clear();
    const auto read = lane.cursor.read(kPage, page_);
    if (const auto gone = lane.cursor.gone(); gone && gone->why == log::Cursor::Gone::replaced) return Turn::replaced;
    if (!read && page_.empty()) return Turn::away;
    for (const log::RecordPtr& record : page_) {
      if (!writing_) index_.begin();
      writing_ = true;
      take(index_, *record, lane.terms, detail);
      bytes += record->size();
      lane.until = std::max(lane.until, record->appended_at);
      if (record->offset < lane.reached.next) continue;  // it only shows the term
      lane.reached.mark = record->offset;
      lane.reached.mark_at = record->appended_at;
    }
    records += page_.size();
    more = !page_.empty();
  }
  lane.reached.next = std::max(lane.reached.next, lane.cursor.position());
  lane.reached.term = lane.terms.highest();
  if (writing_ && (lane.reached.next != before.next || lane.reached.term != before.term))
    index_.reach(lane.topic, lane.partition, lane.reached);
  note_end(lane);
  return more ? Turn::busy : Turn::idle;
}

void Forward::note_end(Lane& lane) {
  if (lane.end != log::kNoOffset && lane.cursor.position() >= lane.end)
    lane.until = std::max(lane.until, lane.end_asked_at);
}

std::optional<UnixMillis> Forward::until() const {
  if (lanes_.all.empty()) return std::nullopt;
  const auto first = std::ranges::min_element(lanes_.all, {}, &Lane::until);
  return first->until == 0 ? std::nullopt : std::optional(first->until);
}

}  // namespace certes::api::history
