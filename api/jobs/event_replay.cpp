#include "api/jobs/event_replay.hpp"

#include "api/history/decode.hpp"
#include "api/jobs/payloads.hpp"
#include "common/event/redelivery.hpp"
#include "common/event/stamp.hpp"
#include "common/log/names.hpp"

namespace certes::api::jobs {
namespace {

using history::Cursor;
using history::History;
using history::Lookup;
using history::Order;

constexpr Millis kCountedAtOnce{50};
constexpr std::size_t kSentAtOnce = 256;

void set(std::optional<std::string>& to, const std::string& text) {
  if (!text.empty()) to = text;
}

Cursor cursor_of(const registry::JobProgress& progress) {
  return Cursor::parse(progress.cursor).value_or(Cursor::before_all(Order::oldest_first));
}

}  // namespace

bool covers(const history::History& history, UnixMillis from, UnixMillis to) {
  const auto until = history.indexed_until(), since = history.indexed_from();
  return until && *until >= to && (!since || *since <= from);
}

Result<history::Filter> index_filter(const registry::Job& job) {
  const registry::JobFilter& asked = job.filter;
  history::Filter filter;
  filter.tenant = job.tenant;
  set(filter.type, asked.type);
  set(filter.source, asked.source);
  set(filter.source_id, asked.source_id);
  set(filter.endpoint, asked.endpoint);
  set(filter.conversation, asked.conversation);
  if (!asked.state.empty()) {
    filter.state = history::parse_event_state(asked.state);
    if (!filter.state) return fail(Code::invalid, "is none of " + history::event_states(), "/filter/state");
  }
  filter.from = asked.from;
  if (asked.to != 0) filter.to = asked.to;
  return filter;
}

Result<log::Record> replay_of(const history::EventRow& event, const log::RecordPtr& record, const EventReplayOf& how,
                              const Services& services) {
  if (event.kind != to_string(registry::EventKind::event))
    return fail(Code::conflict, "this is a " + event.kind + ": only events are sent again");
  if (!record || !history::is_record_of(*record, event))
    return fail(Code::conflict, "this event is not on the log any more: there is nothing to send");
  auto replay = event::replay_record(*record, how.name, how.endpoint);
  if (how.priority) replay.headers.add(log::names::kPriority, to_string(*how.priority));
  const std::size_t most = services.deps.log.max_record_bytes(log::Topic::events) - event::kMostStampBytes;
  if (replay.size() <= most) return replay;
  return fail(Code::conflict, "with what a replay adds, this event is larger than the log takes");
}

EventReplay::EventReplay(const registry::Job& job, Services& services, Payloads& payloads)
    : tenant_(job.tenant),
      job_(job.id),
      endpoint_(job.endpoint),
      priority_(job.priority),
      filter_(*index_filter(job)),
      services_(services),
      payloads_(payloads) {
  start_afresh(job.progress);
}

void EventReplay::start_afresh(const registry::JobProgress& progress) {
  walk_.emplace(filter_, Order::oldest_first, cursor_of(progress));
  found_.clear();
  last_ = false;
}

Result<bool> EventReplay::count(registry::JobProgress& progress) {
  if (!counting_) {
    counting_.emplace(filter_, Order::oldest_first, Cursor::before_all(Order::oldest_first));
    counted_ = 0;
  }
  const auto until = std::chrono::steady_clock::now() + kCountedAtOnce;
  while (std::chrono::steady_clock::now() < until) {
    const auto chunk = next_chunk(*counting_);
    if (!chunk) {
      counting_.reset();
      return fail(chunk.error());
    }
    counted_ += static_cast<std::int64_t>(chunk->events.size());
    if (!chunk->last) continue;
    progress.total = counted_;
    counting_.reset();
    return true;
  }
  return false;
}

Result<bool> EventReplay::go_on(registry::JobProgress& progress, std::int64_t most) {
  if (!endpoint_.empty() && !services_.deps.registry.state()->endpoint(tenant_, endpoint_))
    return fail(Code::not_found, "there is no endpoints/" + endpoint_ + " any more");
  if (auto looked = look(); !looked) {
    start_afresh(progress);
    return fail(std::move(looked.error()));
  }
  const std::size_t count = next_step(most);
  const auto sent = send(count);
  if (!sent) {
    steps_.reset();
    return fail(sent.error());
  }
  progress.done += static_cast<std::int64_t>(*sent);
  progress.skipped += static_cast<std::int64_t>(count - *sent);
  if (count > 0) progress.cursor = Cursor::behind(found_[count - 1]).text();
  found_.erase(found_.begin(), found_.begin() + static_cast<std::ptrdiff_t>(count));
  if (!found_.empty()) return false;
  progress.cursor = walk_->cursor().text();
  return last_;
}

// An index that was made anew meanwhile has everything again only once it is filled.
Result<history::Walk::Chunk> EventReplay::next_chunk(history::Walk& walk) {
  History& history = *services_.history;
  auto chunk = history.look([&walk](Lookup& lookup) { return walk.next(lookup); });
  if (!chunk || covers(history, filter_.from, filter_.to)) return chunk;
  return fail(Code::unavailable, "the index of this process does not go as far as the job");
}

Result<void> EventReplay::look() {
  if (!found_.empty() || last_) return {};
  auto chunk = next_chunk(*walk_);
  if (!chunk) return fail(std::move(chunk.error()));
  found_.assign(std::make_move_iterator(chunk->events.begin()), std::make_move_iterator(chunk->events.end()));
  last_ = chunk->last;
  return {};
}

// As many as go in one step: their payloads are in memory until they are acknowledged.
std::size_t EventReplay::next_step(std::int64_t most) const {
  std::size_t count = 0, bytes = 0;
  for (const history::EventRow& event : found_) {
    bytes += static_cast<std::size_t>(event.bytes);
    const bool full = count == kSentAtOnce || (count > 0 && bytes > ReplaySteps::kStepBytes);
    if (full || static_cast<std::int64_t>(count) >= most) break;
    ++count;
  }
  return count;
}

// The first ones. How many of them were.
Result<std::size_t> EventReplay::send(std::size_t count) {
  if (count == 0) return std::size_t{0};
  std::vector<history::Place> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(found_[i].place);
  const auto records = payloads_.read(log::Topic::events, places);
  if (!records) return fail(records.error());
  if (!steps_) steps_.emplace(services_, tenant_);
  std::size_t sent = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const history::Place place = found_[i].place;
    const std::string name = event::event_replay_id(place.partition, place.offset, job_);
    auto replay = replay_of(found_[i], (*records)[i], {name, endpoint_, priority_}, services_);
    if (!replay) continue;
    ++sent;
    if (!steps_->add(place.partition, std::move(*replay))) break;
  }
  const auto appended = steps_->finish();
  if (!appended) return fail(appended.error());
  return sent;
}

}  // namespace certes::api::jobs
