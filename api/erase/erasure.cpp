#include "api/erase/erasure.hpp"

#include <algorithm>
#include <numeric>

#include "api/history/decode.hpp"
#include "api/history/erased.hpp"
#include "api/jobs/letter_places.hpp"
#include "api/jobs/letter_work.hpp"
#include "common/base/number.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "common/log/origin.hpp"
#include "common/log/scan.hpp"

namespace certes::api {
namespace {

constexpr Millis kErasureStep{100};
constexpr Millis kLogLimit{5'000};
constexpr Millis kBrokersClocks{60'000};  // an attempt may look that much older than its event
constexpr std::size_t kScanned = 256;     // records read at once
constexpr std::size_t kMostOfPass = 65'536;
constexpr std::size_t kAskedAgain = 64;  // of a partition's that wait, in one step

SteadyTime step_end() { return std::chrono::steady_clock::now() + kErasureStep; }

std::vector<log::OffsetRange> runs_of(const std::vector<std::int64_t>& offsets) {
  std::vector<log::OffsetRange> runs;
  for (const std::int64_t offset : offsets) {
    if (!runs.empty() && runs.back().end == offset)
      ++runs.back().end;
    else
      runs.push_back({offset, offset + 1});
  }
  return runs;
}

void sort_each_once(std::vector<std::int64_t>& offsets) {
  std::ranges::sort(offsets);
  offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
}

bool is_in(const std::vector<std::int64_t>& sorted, std::int64_t offset) {
  return std::ranges::binary_search(sorted, offset);
}

}  // namespace

Erasure::Erasure(const registry::Job& job, Services& services)
    : job_(job),
      services_(services),
      erased_(job, services.erasure_macs),
      erases_(services.deps.log.engine() != "kafka"),
      walk_(std::in_place, job, services.erasure_macs),
      done_(erases_ ? job.progress.done : 0),
      partition_(parse_whole<std::int32_t>(job.progress.cursor).value_or(0)),
      told_at_(services.deps.clock.unix_millis()) {}

// True: it is over.
Result<bool> Erasure::walk_index() {
  const SteadyTime until = step_end();
  while (!walked_ && std::chrono::steady_clock::now() < until) {
    auto chunk = services_.history->look([this](history::Lookup& lookup) { return walk_->next(lookup); });
    if (chunk && !jobs::knows_letters(*services_.history, job_))
      chunk = fail(Code::unavailable, "the index of this process does not go as far as the job");
    if (!chunk) {
      walk_.emplace(job_, services_.erasure_macs);
      counted_ = 0;
      indexed_.clear();
      return fail(std::move(chunk.error()));
    }
    for (const ErasureWalk::Event& event : chunk->events) indexed_[event.place.partition].push_back(event);
    counted_ += chunk->count;
    walked_ = chunk->last;
  }
  return walked_;
}

Result<bool> Erasure::count(registry::JobProgress& progress) {
  auto walked = walk_index();
  if (walked && *walked) progress.total = counted_;
  return walked;
}

Result<bool> Erasure::go_on(registry::JobProgress& progress, std::int64_t) {
  if (stage_ == Stage::wiping) return wipe(progress);
  const auto next = step(progress);
  if (!next) return fail(next.error());
  stage_ = *next;
  return false;
}

Result<Erasure::Stage> Erasure::step(registry::JobProgress& progress) {
  switch (stage_) {
    case Stage::index: {
      const auto walked = walk_index();
      if (!walked) return fail(walked.error());
      return *walked ? Stage::partition : Stage::index;
    }
    case Stage::partition: return begin_partition();
    case Stage::events: return find_events(progress);
    case Stage::open: return ask_open();
    case Stage::ended: return begin_letters();
    case Stage::letters: return find_letters();
    case Stage::attempts: return find_attempts();
    case Stage::tell: return tell();
    case Stage::erase: return erase(progress);
    case Stage::again: return end_pass();
    case Stage::waiting: return wait(progress);
    case Stage::settling:
    case Stage::wiping: break;
  }
  return settle();
}

Result<Erasure::Stage> Erasure::begin_partition() {
  if (swept_ = partition_ >= services_.deps.log.partitions(); swept_) return Stage::waiting;
  pass_ = {};
  if (auto from = scan_from(log::Topic::events, job_.filter.from); !from) return fail(std::move(from.error()));
  return Stage::events;
}

Result<void> Erasure::scan_from(log::Topic topic, UnixMillis from) {
  const auto range = services_.deps.log.offsets(topic, partition_, kLogLimit);
  if (!range) return fail(range.error());
  pass_.next = range->start;
  pass_.end = range->end;
  if (from <= 0) return {};
  const auto first = services_.deps.log.offset_at(topic, partition_, from, kLogLimit);
  if (!first) return fail(first.error());
  pass_.next = std::max(pass_.next, *first);
  return {};
}

// True: all was seen.
Result<bool> Erasure::scan(log::Topic topic, const Visit& visit) {
  const SteadyTime until = step_end(), late = std::chrono::steady_clock::now() + kLogLimit;
  const auto visit_one = [&](const log::RecordPtr& record) {
    visit(*record);
    return std::chrono::steady_clock::now() < until && pass_.asked.size() < kMostOfPass;
  };
  const auto give_up = [&](bool) -> std::optional<Error> {
    if (std::chrono::steady_clock::now() < late) return std::nullopt;
    return Error(Code::timeout, "the log could not be read in time");
  };
  const auto done =
      log::scan(services_.deps.log, {topic, partition_, pass_.end, kScanned}, pass_.next, visit_one, give_up);
  if (!done) return fail(done.error());
  return pass_.next >= pass_.end;
}

Result<Erasure::Stage> Erasure::find_events(registry::JobProgress& progress) {
  const auto over = scan(log::Topic::events, [this](const log::StoredRecord& record) { take_event(record); });
  if (!over) return fail(over.error());
  if (!*over && pass_.asked.size() < kMostOfPass) return Stage::events;
  pass_.scanned = pass_.next;
  take_indexed();
  if (pass_.asked.empty() && pass_.events.empty() && !pass_.is_first) return end_partition(progress);
  return Stage::open;
}

void Erasure::take_event(const log::StoredRecord& record) {
  if (!erased_.has(record)) return;
  newest_[record.topic] = std::max(newest_[record.topic], record.appended_at);
  const auto row = history::event_row(record);
  pass_.asked.push_back({record.offset, std::string(record.headers.get(log::names::kEndpoint)), record.appended_at,
                         row && row->is_repeat()});
}

// What the index knows of, and the log has no more: attempts of it may be there.
void Erasure::take_indexed() {
  const auto on_log = [this](std::int64_t offset) {
    const auto at = std::ranges::lower_bound(pass_.asked, offset, {}, &AskedEvent::offset);
    return at != pass_.asked.end() && at->offset == offset;
  };
  std::erase_if(indexed_[partition_], [&](const ErasureWalk::Event& event) {
    const std::int64_t offset = event.place.offset;
    if (offset >= pass_.scanned) return false;
    if (on_log(offset)) return true;
    pass_.events.push_back(offset);
    pass_.counted += event.is_repeat ? 0 : 1;
    pass_.since = 1;
    return true;
  });
}

// How many of the first ones are still open, which go to the end; the others are closed, and go. Where nobody delivers
// from here, or the log keeps what is open, nobody is asked.
Result<std::size_t> Erasure::ask_some(std::deque<AskedEvent>& events) {
  std::vector<AskedEvent> asked;
  for (const AskedEvent& event : events) {
    if (asked.size() == kMostAskedEvents || event.endpoints != events.front().endpoints) break;
    asked.push_back(event);
  }
  std::vector<std::int64_t> open;
  if (erases_ && services_.deps.asker != nullptr) {
    auto answered = open_among(asked, partition_, job_.tenant, services_);
    if (!answered) return fail(std::move(answered.error()));
    open = std::move(*answered);
  }
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(asked.size()));
  for (const AskedEvent& event : asked) {
    if (is_in(open, event.offset))
      open_[partition_].push_back(event);
    else
      close(event);
  }
  return open.size();
}

void Erasure::close(const AskedEvent& event) {
  if (pass_.since == 0 || event.at < pass_.since) pass_.since = event.at;
  pass_.events.push_back(event.offset);
  pass_.counted += event.is_repeat ? 0 : 1;
}

Result<Erasure::Stage> Erasure::ask_open() {
  const SteadyTime until = step_end();
  while (!pass_.asked.empty() && std::chrono::steady_clock::now() < until)
    if (const auto asked = ask_some(pass_.asked); !asked) return fail(asked.error());
  return pass_.asked.empty() ? Stage::ended : Stage::open;
}

Result<Erasure::Stage> Erasure::begin_letters() {
  sort_each_once(pass_.events);
  if (auto from = scan_from(log::Topic::dead_letters, job_.filter.from); !from) return fail(std::move(from.error()));
  return Stage::letters;
}

Result<Erasure::Stage> Erasure::find_letters() {
  const auto over = scan(log::Topic::dead_letters, [this](const log::StoredRecord& record) { take_letter(record); });
  if (!over) return fail(over.error());
  if (!*over) return Stage::letters;
  if (!pass_.named.empty()) pass_.since = 1;
  pass_.events.insert(pass_.events.end(), pass_.named.begin(), pass_.named.end());
  sort_each_once(pass_.events);
  if (pass_.events.empty()) return Stage::tell;
  const UnixMillis from = std::max<UnixMillis>(1, pass_.since - kBrokersClocks.count());
  if (auto begun = scan_from(log::Topic::attempts, from); !begun) return fail(std::move(begun.error()));
  return Stage::attempts;
}

// Letters of an event that waits go with it, and of one that is not looked at yet with that.
void Erasure::take_letter(const log::StoredRecord& record) {
  const auto origin = log::parse_origin(record.headers.get(log::names::kOrigin));
  const bool named = origin && origin->partition == partition_;
  const bool of_pass = named && is_in(pass_.events, origin->offset);
  if (!of_pass && !erased_.has(record)) return;
  const auto& waiting = open_[partition_];
  const auto is_origin = [&](const AskedEvent& event) { return event.offset == origin->offset; };
  if (named && (origin->offset >= pass_.scanned || std::ranges::any_of(waiting, is_origin))) return;
  newest_[record.topic] = std::max(newest_[record.topic], record.appended_at);
  pass_.letters.push_back(record.offset);
  pass_.counted += history::letter_row(record) && !event::is_hollow(record) ? 1 : 0;
  if (named && !of_pass) pass_.named.push_back(origin->offset);
}

Result<Erasure::Stage> Erasure::find_attempts() {
  const auto over = scan(log::Topic::attempts, [this](const log::StoredRecord& record) {
    const auto origin = log::parse_origin(record.headers.get(log::names::kOrigin));
    if (!origin || origin->partition != partition_ || !is_in(pass_.events, origin->offset)) return;
    newest_[record.topic] = std::max(newest_[record.topic], record.appended_at);
    pass_.attempts.push_back(record.offset);
  });
  if (!over) return fail(over.error());
  return *over ? Stage::tell : Stage::attempts;
}

Result<Erasure::Stage> Erasure::tell() {
  const std::pair<std::string_view, const std::vector<std::int64_t>*> told[] = {
      {history::kErasedEvents, &pass_.events}, {history::kErasedLetters, &pass_.letters}};
  for (const auto& [header, offsets] : told) {
    if (offsets->empty()) continue;
    auto appended = jobs::append_places(header, {{partition_, *offsets}}, services_, job_.tenant);
    if (!appended) return fail(std::move(appended.error()));
    told_at_ = services_.deps.clock.unix_millis();
  }
  return Stage::erase;
}

// The events last: what goes on behind a crash finds the rest by them.
Result<Erasure::Stage> Erasure::erase(registry::JobProgress& progress) {
  const std::pair<log::Topic, const std::vector<std::int64_t>*> topics[] = {{log::Topic::attempts, &pass_.attempts},
                                                                            {log::Topic::dead_letters, &pass_.letters},
                                                                            {log::Topic::events, &pass_.events}};
  for (const auto& [topic, offsets] : topics) {
    if (!erases_ || offsets->empty()) continue;
    auto erased = services_.deps.log.erase(topic, partition_, runs_of(*offsets), kLogLimit);
    if (!erased) return fail(std::move(erased.error()));
  }
  done_ += pass_.counted;
  progress.done = done_;
  progress.waiting = waiting();
  return swept_ ? Stage::waiting : Stage::again;
}

// What has come meanwhile may be copies of what was there.
Result<Erasure::Stage> Erasure::end_pass() {
  const auto range = services_.deps.log.offsets(log::Topic::events, partition_, kLogLimit);
  if (!range) return fail(range.error());
  const std::int64_t scanned = pass_.scanned;
  pass_ = {};
  pass_.next = pass_.scanned = scanned;
  pass_.is_first = false;
  pass_.end = std::max(scanned, range->end);
  return Stage::events;
}

// With something that waits all partitions are gone through again by whoever takes the job up.
Erasure::Stage Erasure::end_partition(registry::JobProgress& progress) {
  ++partition_;
  if (erases_ && waiting() == 0) progress.cursor = std::to_string(partition_);
  return Stage::partition;
}

std::int64_t Erasure::waiting() const {
  return std::accumulate(open_.begin(), open_.end(), std::int64_t{0}, [](std::int64_t sum, const auto& of_partition) {
    return sum + static_cast<std::int64_t>(of_partition.second.size());
  });
}

Result<Erasure::Stage> Erasure::wait(registry::JobProgress& progress) {
  progress.waiting = waiting();
  if (progress.waiting == 0) {
    if (erases_) progress.cursor = std::to_string(services_.deps.log.partitions());
    return Stage::settling;
  }
  for (auto& [partition, events] : open_) {
    pass_ = {};
    pass_.scanned = INT64_MAX;
    partition_ = partition;
    const auto most = static_cast<std::ptrdiff_t>(std::min(events.size(), kAskedAgain));
    std::deque<AskedEvent> first(events.begin(), events.begin() + most);
    events.erase(events.begin(), events.begin() + most);
    std::optional<Error> error;
    while (!first.empty() && !error)
      if (const auto asked = ask_some(first); !asked) error = asked.error();
    events.insert(events.end(), first.begin(), first.end());
    if (!pass_.events.empty()) return Stage::ended;
    if (error) return fail(std::move(*error));
  }
  return fail(Code::busy, std::to_string(progress.waiting) + " of its events have a delivery that has not ended");
}

// The index of this process has let go of it, and its files hold it no more. Other processes' indexes do so by
// themselves.
Result<Erasure::Stage> Erasure::settle() {
  const history::History& history = *services_.history;
  const auto until = history.indexed_until();
  if (!until || *until <= told_at_ || history.has_traces())
    return fail(Code::busy, "the index of this process has still to let go of what was erased");
  return Stage::wiping;
}

Result<bool> Erasure::wipe(registry::JobProgress& progress) {
  if (erases_) {
    const auto wiped = services_.deps.log.wipe(kLogLimit);
    if (!wiped) return fail(wiped.error());
    if (!*wiped) return false;
  }
  auto left = remains();
  if (!left) return fail(std::move(left.error()));
  progress.remains = std::move(*left);
  return true;
}

// Copies of an embedded log are files of their own.
Result<std::vector<registry::JobRemains>> Erasure::remains() {
  std::vector<registry::JobRemains> all;
  if (erases_) all.push_back({"backups that were made before", 0});
  for (const auto& [topic, newest] : newest_) {
    if (erases_) break;
    const auto kept = services_.deps.log.kept_for(topic, kLogLimit);
    if (!kept) return fail(kept.error());
    all.push_back({"topic " + std::string(to_string(topic)), *kept ? newest + (*kept)->count() : 0});
  }
  return all;
}

}  // namespace certes::api
