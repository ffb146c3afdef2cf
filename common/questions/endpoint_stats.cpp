#include "common/questions/endpoint_stats.hpp"

#include <algorithm>

#include "common/questions/codec.hpp"
#include "common/questions/parts_json.hpp"

namespace certes::questions {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostWorkers = 1'000;

UnixMillis earliest(UnixMillis a, UnixMillis b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

Json json_of(const OrderedKeys& keys) {
  return {{"open", keys.open}, {"blocked", keys.blocked}, {"blocked_since", keys.blocked_since}};
}

bool read(const Json& json, OrderedKeys& into) {
  Members members(json);
  members.count("open", into.open);
  members.count("blocked", into.blocked);
  members.time("blocked_since", into.blocked_since);
  return members.good();
}

Json json_of(const WorkerStats& worker) {
  return {{"in_flight", worker.in_flight}, {"tripped", worker.tripped}, {"probe_at", worker.probe_at}};
}

bool read(const Json& json, WorkerStats& into) {
  Members members(json);
  members.count("in_flight", into.in_flight);
  members.time("probe_at", into.probe_at);
  members.flag("tripped", into.tripped);
  return members.good();
}

bool read_workers(const Json& json, EndpointStats& into) {
  if (!json.is_array() || json.size() > kMostWorkers) return false;
  for (const Json& one : json)
    if (!read(one, into.workers.emplace_back())) return false;
  return true;
}

}  // namespace

void ClassWaiting::add(const ClassWaiting& other) {
  first_memory += other.first_memory;
  first_log += other.first_log;
  retry_memory += other.retry_memory;
  retry_log += other.retry_log;
  oldest = earliest(oldest, other.oldest);
}

void OrderedKeys::add(const OrderedKeys& other) {
  open += other.open;
  blocked += other.blocked;
  blocked_since = earliest(blocked_since, other.blocked_since);
}

// It fails if the last of all attempts did, since the first failure after the last success of any process; of one
// whose first failure was before that success, that is not known nearer.
void Attempts::add(const Attempts& other) {
  const UnixMillis success = std::max(last_success, other.last_success);
  const auto failing = [success](const Attempts& one) {
    return one.failing_since == 0 || one.last_failure <= success ? 0 : std::max(one.failing_since, success);
  };
  failing_since = earliest(failing(*this), failing(other));
  last_success = success;
  last_failure = std::max(last_failure, other.last_failure);
  since = earliest(since, other.since);
  delivered += other.delivered;
  retry += other.retry;
  awaiting += other.awaiting;
  dead_lettered += other.dead_lettered;
  cancelled += other.cancelled;
}

void EndpointStats::add(const EndpointStats& other) {
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i].add(other.classes[i]);
  attempts.add(other.attempts);
  next_retry = earliest(next_retry, other.next_retry);
  in_flight += other.in_flight;
  keys.add(other.keys);
}

std::string to_json(const EndpointStats& stats) {
  Json workers = Json::array();
  for (const WorkerStats& worker : stats.workers) workers.push_back(json_of(worker));
  return Json{{"classes", json_of(stats.classes)},
              {"attempts", json_of(stats.attempts)},
              {"next_retry", stats.next_retry},
              {"in_flight", stats.in_flight},
              {"keys", json_of(stats.keys)},
              {"standing", to_string(stats.standing)},
              {"resting_until", stats.resting_until},
              {"concurrency", stats.concurrency},
              {"rate_per_second", stats.rate_per_second},
              {"version", stats.version},
              {"workers", std::move(workers)}}
      .dump();
}

std::optional<EndpointStats> endpoint_stats_of(std::string_view json) {
  const auto parsed = parse_json<Json>(json, {8, kMostValueBytes, true});
  if (!parsed) return std::nullopt;
  EndpointStats stats;
  Members members(*parsed);
  members.time("next_retry", stats.next_retry);
  members.count("in_flight", stats.in_flight);
  members.time("resting_until", stats.resting_until);
  members.count("concurrency", stats.concurrency);
  members.rate("rate_per_second", stats.rate_per_second);
  read_standing(members, stats.standing);
  const Json* const classes = members.find("classes");
  const Json* const attempts = members.find("attempts");
  const Json* const keys = members.find("keys");
  const Json* const workers = members.find("workers");
  std::uint64_t version = 0;
  members.count("version", version);
  stats.version = static_cast<std::int64_t>(version);
  const bool read_all = (classes == nullptr || read(*classes, stats.classes)) &&
                        (attempts == nullptr || read(*attempts, stats.attempts)) &&
                        (keys == nullptr || read(*keys, stats.keys)) &&
                        (workers == nullptr || read_workers(*workers, stats));
  if (!members.good() || !read_all) return std::nullopt;
  return stats;
}

}  // namespace certes::questions
