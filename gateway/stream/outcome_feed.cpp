#include "gateway/stream/outcome_feed.hpp"

#include <algorithm>

#include "common/log/names.hpp"

namespace certes::gateway::stream {
namespace {

constexpr std::size_t kPage = 256;
constexpr Millis kLook{2'000};
constexpr Millis kEndsKept{10'000};  // older ones are as good, but there is more to read behind them
constexpr Millis kPause{2'000};      // after the log could not be asked

// A partition that was added since begins at 0.
std::int64_t offset_in(const Positions& positions, std::size_t partition) {
  return partition < positions.size() ? positions[partition] : 0;
}

}  // namespace

// Nothing: the log cannot be asked now.
std::shared_ptr<const Positions> OutcomeFeed::ends() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (ends_ && now - ends_at_ < kEndsKept) return ends_;
  if (failed_at_ != SteadyTime() && now - failed_at_ < kPause) return nullptr;
  auto fresh = std::make_shared<Positions>();
  Positions starts;
  for (std::int32_t p = 0; p < log_.partitions(); ++p) {
    const auto range = log_.offsets(log::Topic::attempts, p, kLook);
    if (!range) {
      failed_at_ = std::chrono::steady_clock::now();
      return nullptr;
    }
    fresh->push_back(range->end);
    starts.push_back(range->start);
  }
  starts_ = std::move(starts);
  ends_ = std::move(fresh);
  ends_at_ = now;
  return ends_;
}

void OutcomeFeed::expect(Waiter waiter) {
  const auto known = ended_ ? nullptr : ends();
  const auto ready = waiter.ready;
  if (known) {
    by_event_[waiter.event_id] = waiter.id;
    Waiting& waiting = waiting_[waiter.id];
    waiting.waiter = std::move(waiter);
    waiting.ends = known;
  }
  ready(known != nullptr);
}

void OutcomeFeed::accepted(WaiterId id, std::int32_t partition) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  if (ended_) return tell(found);
  found->second.partition = partition;
  Lane& lane = lanes_.try_emplace(partition, log::Cursor(log_, log::Topic::attempts, partition, wake_)).first->second;
  ++lane.waiters;
  if (!lane.cursor.open()) {
    // Others may be appended already whose partition is not known yet.
    const auto at = static_cast<std::size_t>(partition);
    std::int64_t from = offset_in(*found->second.ends, at);
    for (const auto& [other, waiting] : waiting_) from = std::min(from, offset_in(*waiting.ends, at));
    lane.terms = log::Terms::from(from, offset_in(starts_, at));
    lane.cursor.go_to(lane.terms.begin());
  }
  check(found);
}

void OutcomeFeed::give_up(WaiterId id) {
  if (const auto found = waiting_.find(id); found != waiting_.end()) tell(found);
}

void OutcomeFeed::forget(WaiterId id) {
  if (const auto found = waiting_.find(id); found != waiting_.end()) drop(found);
}

void OutcomeFeed::end() {
  ended_ = true;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto next = std::next(at);
    if (at->second.partition != log::kAnyPartition) tell(at);
    at = next;
  }
}

bool OutcomeFeed::round() {
  bool more = false;
  std::vector<std::int32_t> partitions;
  partitions.reserve(lanes_.size());
  for (const auto& [partition, lane] : lanes_) partitions.push_back(partition);
  for (const std::int32_t partition : partitions)
    if (const auto lane = lanes_.find(partition); lane != lanes_.end()) more = read(partition, lane->second) || more;
  return more;
}

bool OutcomeFeed::read(std::int32_t partition, Lane& lane) {
  std::vector<log::RecordPtr> page;
  page.swap(page_);
  page.clear();
  const auto read = lane.cursor.read(kPage, page);
  if (lane.cursor.gone()) {  // what is there now is read from its start
    lane.terms = log::Terms();
    ends_.reset();
  }
  if (!read) page.clear();
  const bool more = !page.empty();
  for (const log::RecordPtr& record : page) {
    const auto at = lanes_.find(partition);
    if (at == lanes_.end()) break;  // nobody waits there any more
    take(*record, at->second);
  }
  page.clear();
  page_.swap(page);
  return more;
}

void OutcomeFeed::take(const log::StoredRecord& record, Lane& lane) {
  if (!lane.terms.counts(record)) return;
  const auto known = by_event_.find(record.headers.get(log::names::kId));
  if (known == by_event_.end()) return;
  const auto waiting = waiting_.find(known->second);
  Outcomes& outcomes = waiting->second.outcomes;
  const std::size_t before = outcomes.bytes();
  const std::size_t room = std::min(limits_.waiter_bytes - std::min(limits_.waiter_bytes, before),
                                    limits_.waiters_bytes - std::min(limits_.waiters_bytes, bytes_));
  if (!outcomes.take(record, room)) limits_.cut.add();
  bytes_ += outcomes.bytes() - before;
  check(waiting);
}

void OutcomeFeed::check(WaitingById::iterator at) {
  const Waiting& waiting = at->second;
  if (waiting.partition == log::kAnyPartition) return;  // its append has not been acknowledged
  if (waiting.outcomes.over() || waiting.outcomes.later_than(waiting.waiter.until)) tell(at);
}

void OutcomeFeed::tell(WaitingById::iterator at) {
  const Waiting& waiting = at->second;
  Verdict verdict;
  verdict.waiter = waiting.waiter.id;
  verdict.over = waiting.outcomes.over();
  verdict.status = waiting.outcomes.status();
  if (waiting.outcomes.any()) verdict.json = waiting.outcomes.json(waiting.waiter.event_id);
  const auto told = waiting.waiter.tell;
  drop(at);
  told(std::move(verdict));
}

void OutcomeFeed::drop(WaitingById::iterator at) {
  const std::int32_t partition = at->second.partition;
  bytes_ -= at->second.outcomes.bytes();
  by_event_.erase(at->second.waiter.event_id);
  waiting_.erase(at);
  if (partition == log::kAnyPartition) return;
  const auto lane = lanes_.find(partition);
  if (lane != lanes_.end() && --lane->second.waiters == 0) lanes_.erase(lane);
}

}  // namespace certes::gateway::stream
