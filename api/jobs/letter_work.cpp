#include "api/jobs/letter_work.hpp"

#include <algorithm>

#include "api/jobs/payloads.hpp"
#include "api/letter_index.hpp"
#include "common/base/number.hpp"

namespace certes::api::jobs {
namespace {

using history::LetterState;

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

bool may_have(const registry::Job& job, LetterState state) {
  if (job.kind == registry::JobKind::discard_letters)
    return state == LetterState::open || state == LetterState::replayed;
  return state == LetterState::open || (job.again && state != LetterState::discarded);
}

bool knows_letters(const history::History& history, const registry::Job& job) {
  const auto until = history.indexed_until();
  return until && *until >= job.created_at && history.is_filled();
}

LetterWork::LetterWork(const registry::Job& job, Services& services, Payloads& payloads)
    : job_(job), services_(services), ids_(parsed(job.filter.ids)), payloads_(payloads) {}

// One that the index has let go of is open, as far as anybody knows.
Result<std::optional<LetterState>> LetterWork::state_of(const log::StoredRecord& letter) const {
  if (!knows_letters(*services_.history, job_))
    return fail(Code::unavailable, "the index of this process does not go as far as the job");
  const history::Place place{letter.partition, letter.offset};
  const auto row = indexed_letter(services_, job_.tenant, place);
  if (!row) return fail(row.error());
  if (*row) return (*row)->state();
  const auto erased = is_erased_letter(services_, place);
  if (!erased) return fail(erased.error());
  return *erased ? std::nullopt : std::optional(LetterState::open);
}

Result<bool> LetterWork::is_wanted(const log::StoredRecord& letter) const {
  if (!fits(job_.filter, letter)) return false;
  const auto state = state_of(letter);
  if (!state) return fail(state.error());
  return *state && may_have(job_, **state);
}

Result<bool> LetterWork::count(registry::JobProgress& progress) {
  if (!ids_.empty()) {
    progress.total = static_cast<std::int64_t>(ids_.size());
    return true;
  }
  if (!counting_) {
    begin_ = {};
    if (auto ended = end_here(services_.deps.log, begin_); !ended) return fail(std::move(ended.error()));
    counting_ = begin_;
    counted_ = 0;
  }
  std::optional<Error> error;
  DeadLetterScan scan(services_.deps.log, job_.tenant, kLookedAtOnce, *counting_);
  const auto end = scan.go_on(std::chrono::steady_clock::now() + kLookStep, [&](const log::RecordPtr& letter) {
    const auto wanted = is_wanted(*letter);
    if (!wanted) error = wanted.error();
    counted_ += wanted && *wanted ? 1 : 0;
    return !error;
  });
  if (!end || error) {
    counting_.reset();
    return fail(error ? *error : end.error());
  }
  counting_ = scan.cursor();
  if (!*end || **end != ScanEnd::all) return false;
  progress.total = counted_;
  progress.cursor = begin_.text();
  return true;
}

Result<bool> LetterWork::go_on(registry::JobProgress& progress, std::int64_t most) {
  Step step{.most = most};
  auto cursor = ids_.empty() ? look_through(progress, step) : look_up(progress, step);
  const auto appended = finish();
  if (!cursor || !appended) {
    give_up();
    return fail(!cursor ? cursor.error() : appended.error());
  }
  progress.done += static_cast<std::int64_t>(appended->stored);
  progress.repeated += static_cast<std::int64_t>(appended->repeated) + step.repeated;
  progress.refused += step.refused;
  progress.skipped += step.skipped;
  if (*cursor) progress.cursor = **cursor;
  return !*cursor;
}

Result<LetterWork::Cursor> LetterWork::look_through(const registry::JobProgress& progress, Step& step) {
  const auto from = DeadLetterCursor::parse(progress.cursor).value_or(DeadLetterCursor());
  std::optional<Error> error;
  DeadLetterScan scan(services_.deps.log, job_.tenant, kLookedAtOnce, from);
  const auto end = scan.go_on(std::chrono::steady_clock::now() + kLookStep, [&](const log::RecordPtr& letter) {
    const auto wanted = is_wanted(*letter);
    if (!wanted) error = wanted.error();
    if (wanted && *wanted) {
      ++step.looked_at;
      take(*letter, step);
    }
    return !error && !step.full();
  });
  if (!end || error) return fail(error ? *error : end.error());
  if (*end && **end == ScanEnd::all) return Cursor();
  return Cursor(scan.cursor().text());
}

// The cursor counts them.
Result<LetterWork::Cursor> LetterWork::look_up(const registry::JobProgress& progress, Step& step) {
  const std::size_t first = std::min(parse_whole<std::size_t>(progress.cursor).value_or(0), ids_.size());
  const std::size_t count = std::min({ids_.size() - first, kIdsAtOnce, static_cast<std::size_t>(step.most)});
  const auto letters = read({ids_.data() + first, count});
  if (!letters) return fail(letters.error());
  std::size_t next = first;
  for (const log::RecordPtr& letter : *letters) {
    if (step.full()) break;
    const auto& id = ids_[next++];
    ++step.looked_at;
    const bool named = letter && is_letter_of(*letter, job_.tenant) && services_.dead_letter_ids.names(id, *letter);
    if (!named || !fits(job_.filter, *letter)) {
      ++step.skipped;
      continue;
    }
    const auto state = state_of(*letter);
    if (!state) return fail(state.error());
    if (*state && may_have(job_, **state))
      take(*letter, step);
    else
      ++(!*state || **state == LetterState::discarded ? step.skipped : step.repeated);
  }
  return next == ids_.size() ? Cursor() : Cursor(std::to_string(next));
}

// Each at the index of its id; null: there is none. What an id says was never judged: it may lie beyond the log's end.
Result<std::vector<log::RecordPtr>> LetterWork::read(std::span<const DeadLetterIds::Id> ids) {
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

}  // namespace certes::api::jobs
