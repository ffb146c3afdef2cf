#include "common/questions/endpoint_stats.hpp"

#include <algorithm>

#include "dispatcher/answering/informant.hpp"
#include "dispatcher/answering/lane_waiting.hpp"

namespace certes::dispatcher {
namespace {

using questions::EndpointStats;
using questions::Standing;

void describe(const Endpoint& endpoint, const Clock& clock, EndpointStats& stats) {
  stats.standing = standing_of(endpoint);
  const auto at = [&clock](SteadyTime when) {
    return clock.unix_millis() + std::chrono::duration_cast<Millis>(when - clock.now()).count();
  };
  if (takes(endpoint.mode) && endpoint.rests()) stats.resting_until = at(endpoint.rests_until);
  stats.in_flight = static_cast<std::uint64_t>(endpoint.lanes->in_flight());
  stats.concurrency = static_cast<std::uint64_t>(endpoint.workers.most());
  stats.rate_per_second = endpoint.lanes->rate_per_second();
  stats.attempts = endpoint.attempts;
  if (endpoint.workers.urls() == 1) return;
  stats.version = endpoint.config().version;
  stats.workers.resize(endpoint.workers.urls(), {0, true, 0});
  endpoint.workers.for_each([&](const Worker& worker) {
    auto& of_url = stats.workers[worker.place];
    of_url.in_flight += static_cast<std::uint64_t>(worker.in_flight);
    of_url.tripped = of_url.tripped && !worker.breaker.closed();
    const auto until = worker.breaker.opens_until();
    if (until && (of_url.probe_at == 0 || at(*until) < of_url.probe_at)) of_url.probe_at = at(*until);
  });
  for (auto& of_url : stats.workers)
    if (!of_url.tripped) of_url.probe_at = 0;
}

void add(const Backlog& backlog, const book::OpenIndex& index, Book& book, EndpointStats& stats) {
  const WaitingByClass waiting = waiting_of(backlog, index);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const LaneWaiting& one = waiting[i];
    stats.classes[i].add({one.first_memory, one.first_log, one.retry_memory, one.retry_log, 0});
  }
  const OldestWaiting oldest = oldest_waiting(backlog, index, book);
  stats.classes[static_cast<std::size_t>(oldest.priority)].add({0, 0, 0, 0, oldest.appended_at});
  const BlockedKeys blocked = blocked_keys(backlog, index);
  stats.keys.add({backlog.order ? backlog.order->keys() : 0, blocked.keys, blocked.since});
  const UnixMillis due = next_due(backlog, index).value_or(0);
  if (due != 0 && (stats.next_retry == 0 || due < stats.next_retry)) stats.next_retry = due;
}

}  // namespace

Standing standing_of(const Endpoint& endpoint) {
  switch (endpoint.mode) {
    case Mode::open:
      if (!endpoint.workers.closed()) return Standing::tripped;
      return endpoint.rests() ? Standing::resting : Standing::open;
    case Mode::broken: return Standing::broken;
    case Mode::paused: return Standing::paused;
    case Mode::gone: return Standing::gone;
    case Mode::disabled:
    case Mode::deleted: break;
  }
  return Standing::disabled;
}

std::string endpoint_stats(const Informant::Parts& parts, const questions::Question& question) {
  EndpointStats stats;
  const registry::State* const state = parts.routes.state();
  const auto config = state ? state->endpoint(question.tenant, question.subject) : nullptr;
  if (!config) return to_json(stats);
  if (const Endpoint* endpoint = parts.endpoints.find(question.tenant + "/" + question.subject))
    describe(*endpoint, parts.clock, stats);
  parts.book.each_index([&](std::int32_t partition, const book::OpenIndex& index) {
    if (!parts.backlogs.has(partition)) return;
    for (const book::LaneNumber number : index.lanes().of(question.tenant, question.subject)) {
      const book::Lane& lane = *index.lanes().at(number);
      if (lane.name.version != config->created_at || lane.counts.open() == 0) continue;
      add(parts.backlogs.at(partition, number), index, parts.book, stats);
    }
  });
  return to_json(stats);
}

}  // namespace certes::dispatcher
