#include "api/jobs/letter_replay.hpp"

#include <algorithm>

#include "api/dead_letter_replay.hpp"
#include "api/jobs/payloads.hpp"
#include "api/repair.hpp"
#include "common/base/number.hpp"
#include "common/event/stamp.hpp"
#include "common/log/names.hpp"

namespace certes::api::jobs {
namespace {

constexpr ScanBudget kLookedAtOnce{16u << 20, Millis{1'000}};  // of one step
constexpr Millis kLookStep{100};
constexpr std::size_t kIdsAtOnce = 128;

auto place_of(const DeadLetterIds::Id& id) { return std::pair(id.partition, id.offset); }

// By their places, each once. Precondition: they were judged when they were asked for; what is none is left out.
std::vector<DeadLetterIds::Id> parsed(const std::vector<std::string>& texts) {
  std::vector<DeadLetterIds::Id> ids;
  for (const std::string& text : texts)
    if (auto id = DeadLetterIds::parse(text)) ids.push_back(std::move(*id));
  std::ranges::sort(ids, {}, place_of);
  const auto same = [](const DeadLetterIds::Id& one, const DeadLetterIds::Id& other) {
    return place_of(one) == place_of(other);
  };
  ids.erase(std::unique(ids.begin(), ids.end(), same), ids.end());
  return ids;
}

}  // namespace

LetterReplay::LetterReplay(const registry::Job& job, Services& services, Payloads& payloads)
    : tenant_(job.tenant),
      again_as_(job.again ? job.id : std::string()),
      filter_(job.filter),
      priority_(job.priority),
      ids_(parsed(job.filter.ids)),
      services_(services),
      payloads_(payloads) {}

Result<bool> LetterReplay::count(registry::JobProgress& progress) {
  if (!filter_.ids.empty()) {
    progress.total = static_cast<std::int64_t>(ids_.size());
    return true;
  }
  if (!counting_) {
    begin_ = {};
    if (auto ended = end_here(services_.deps.log, begin_); !ended) return fail(std::move(ended.error()));
    counting_ = begin_;
    counted_ = 0;
  }
  DeadLetterScan scan(services_.deps.log, tenant_, kLookedAtOnce, *counting_);
  const auto end = scan.go_on(std::chrono::steady_clock::now() + kLookStep, [this](const log::RecordPtr& letter) {
    counted_ += fits(filter_, *letter) ? 1 : 0;
    return true;
  });
  if (!end) return fail(end.error());
  counting_ = scan.cursor();
  if (!*end || **end != ScanEnd::all) return false;
  progress.total = counted_;
  progress.cursor = begin_.text();
  return true;
}

Result<bool> LetterReplay::go_on(registry::JobProgress& progress, std::int64_t most) {
  if (!steps_) {
    steps_.emplace(services_, tenant_);
    appended_ = {};
  }
  Step step{.most = most};
  auto cursor = filter_.ids.empty() ? look_through(progress, step) : look_up(progress, step);
  const auto appended = steps_->finish();
  if (!cursor || !appended) {
    steps_.reset();
    return fail(!cursor ? cursor.error() : appended.error());
  }
  progress.done += static_cast<std::int64_t>(appended->stored - appended_.stored);
  progress.repeated += static_cast<std::int64_t>(appended->repeated - appended_.repeated);
  progress.refused += step.refused;
  progress.skipped += step.skipped;
  appended_ = *appended;
  if (*cursor) progress.cursor = **cursor;
  return !*cursor;
}

Result<LetterReplay::Cursor> LetterReplay::look_through(const registry::JobProgress& progress, Step& step) {
  const auto from = DeadLetterCursor::parse(progress.cursor).value_or(DeadLetterCursor());
  DeadLetterScan scan(services_.deps.log, tenant_, kLookedAtOnce, from);
  const auto end = scan.go_on(std::chrono::steady_clock::now() + kLookStep, [&](const log::RecordPtr& letter) {
    if (fits(filter_, *letter)) take(*letter, step);
    return !step.full();
  });
  if (!end) return fail(end.error());
  if (*end && **end == ScanEnd::all) return Cursor();
  return Cursor(scan.cursor().text());
}

// The cursor counts them.
Result<LetterReplay::Cursor> LetterReplay::look_up(const registry::JobProgress& progress, Step& step) {
  const std::size_t first = std::min(parse_whole<std::size_t>(progress.cursor).value_or(0), ids_.size());
  const std::size_t count = std::min({ids_.size() - first, kIdsAtOnce, static_cast<std::size_t>(step.most)});
  const auto letters = read({ids_.data() + first, count});
  if (!letters) return fail(letters.error());
  std::size_t next = first;
  for (const log::RecordPtr& letter : *letters) {
    if (step.full()) break;
    const bool named = letter && is_letter_of(*letter, tenant_) && services_.dead_letter_ids.names(ids_[next], *letter);
    ++next;
    if (named && fits(filter_, *letter)) {
      take(*letter, step);
    } else {
      ++step.looked_at;
      ++step.skipped;
    }
  }
  return next == ids_.size() ? Cursor() : Cursor(std::to_string(next));
}

// Each at the index of its id; null: there is none. What an id says was never judged: it may lie beyond the log's end.
Result<std::vector<log::RecordPtr>> LetterReplay::read(std::span<const DeadLetterIds::Id> ids) {
  DeadLetterCursor ends;
  if (auto ended = end_here(services_.deps.log, ends); !ended) return fail(std::move(ended.error()));
  std::vector<history::Place> places;
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto partition = static_cast<std::size_t>(ids[i].partition);
    if (partition >= ends.ends.size() || ids[i].offset >= ends.ends[partition]) continue;
    places.push_back({ids[i].partition, ids[i].offset});
    indexes.push_back(i);
  }
  auto there = payloads_.read(log::Topic::dead_letters, places);
  if (!there) return there;
  std::vector<log::RecordPtr> letters(ids.size());
  for (std::size_t i = 0; i < indexes.size(); ++i) letters[indexes[i]] = std::move((*there)[i]);
  return letters;
}

void LetterReplay::take(const log::StoredRecord& letter, Step& step) {
  ++step.looked_at;
  auto replay = api::replay_of(letter, again_as_);
  if (replay && priority_) replay->headers.add(log::names::kPriority, to_string(*priority_));
  const std::size_t most = services_.deps.log.max_record_bytes(log::Topic::events) - event::kMostStampBytes;
  if (!replay || replay->size() > most) {
    ++step.skipped;
    return;
  }
  const auto state = services_.deps.registry.state();
  if (is_quarantined(letter) && !holds(*replay, *state, tenant_, most_unpacked(services_))) {
    ++step.refused;
    return;
  }
  step.bytes += replay->size();
  steps_->add(letter.partition, std::move(*replay));
}

}  // namespace certes::api::jobs
