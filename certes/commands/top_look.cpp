#include "certes/commands/top_look.hpp"

#include <algorithm>
#include <numeric>

#include "common/json/json.hpp"

namespace certes::command {
namespace {

using LookJson = nlohmann::ordered_json;

constexpr std::array<std::string_view, kTopCounts> kCountNames = {
    "accepted", "duplicates", "refused", "unmatched", "delivered", "dead_lettered", "cancelled", "attempts", "failed"};
constexpr std::array<std::string_view, kTopDurations> kDurationNames = {"append", "attempt", "age"};

const LookJson& at(const LookJson& json, std::string_view name) {
  static const LookJson kNothing;
  if (!json.is_object()) return kNothing;
  const auto found = json.find(std::string(name));
  return found == json.end() ? kNothing : *found;
}

std::uint64_t number(const LookJson& json) { return json.is_number_unsigned() ? json.get<std::uint64_t>() : 0; }

std::string text(const LookJson& json) { return json.is_string() ? json.get<std::string>() : std::string(); }

UnixMillis time(const LookJson& json) {
  return json.is_string() ? std::max<UnixMillis>(0, parse_rfc3339(text(json))) : 0;
}

std::optional<double> age(const LookJson& oldest) {
  const LookJson& seconds = at(oldest, "age_seconds");
  return seconds.is_number() ? std::optional(seconds.get<double>()) : std::nullopt;
}

// All of an object's members.
std::uint64_t sum(const LookJson& json) {
  std::uint64_t all = 0;
  if (json.is_object())
    for (const LookJson& one : json) all += number(one);
  return all;
}

TopCounters counters_of(const LookJson& json) {
  const LookJson &deliveries = at(json, "deliveries"), &attempts = at(json, "attempts");
  TopCounters counters;
  counters.counts = {sum(at(json, "accepted")),
                     number(at(json, "duplicates")),
                     number(at(json, "refused")),
                     number(at(json, "unmatched")),
                     number(at(deliveries, "delivered")),
                     number(at(deliveries, "dead_lettered")),
                     number(at(deliveries, "cancelled")),
                     sum(attempts),
                     number(at(attempts, "retry")) + number(at(attempts, "dead_lettered"))};
  for (std::size_t i = 0; i < kTopDurations; ++i) {
    const LookJson& counts = at(at(at(json, "durations"), kDurationNames[i]), "counts");
    if (counts.is_array())
      for (const LookJson& one : counts) counters.durations[i].push_back(number(one));
  }
  return counters;
}

TopProcess process_of(const LookJson& json) {
  return {text(at(json, "process")), time(at(json, "started_at")), counters_of(at(json, "counters")),
          at(json, "log") == "away", at(json, "reading") == "stopped"};
}

TopEndpoint endpoint_of(const LookJson& json, UnixMillis now) {
  TopEndpoint endpoint;
  endpoint.tenant = text(at(json, "tenant"));
  endpoint.id = text(at(json, "endpoint"));
  endpoint.standing = text(at(json, "standing"));
  endpoint.error = text(at(json, "last_error"));
  endpoint.waiting = number(at(json, "waiting"));
  endpoint.retrying = number(at(json, "retrying"));
  endpoint.in_flight = number(at(json, "in_flight"));
  endpoint.oldest_seconds = age(at(json, "oldest"));
  if (const UnixMillis since = time(at(json, "failing_since")); since != 0)
    endpoint.failing_seconds = static_cast<double>(std::max<UnixMillis>(0, now - since)) / 1000;
  endpoint.delivered = number(at(at(json, "attempts"), "delivered"));
  endpoint.failed = number(at(at(json, "attempts"), "failed"));
  return endpoint;
}

TopClass class_of_json(const std::string& name, const LookJson& json) {
  const LookJson &first = at(json, "first"), &retry = at(json, "retry");
  return {name, number(at(first, "memory")), number(at(first, "log")), sum(retry), age(at(json, "oldest"))};
}

std::uint64_t more_than(std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; }

// What a process has counted since; of one that was not there before, all.
TopCounters since(const TopProcess& now, const TopProcess* before) {
  TopCounters counters = now.counters;
  if (before == nullptr) return counters;
  for (std::size_t i = 0; i < kTopCounts; ++i)
    counters.counts[i] = more_than(counters.counts[i], before->counters.counts[i]);
  for (std::size_t i = 0; i < kTopDurations; ++i) {
    const auto& earlier = before->counters.durations[i];
    auto& counts = counters.durations[i];
    for (std::size_t bucket = 0; bucket < std::min(counts.size(), earlier.size()); ++bucket)
      counts[bucket] = more_than(counts[bucket], earlier[bucket]);
  }
  return counters;
}

void add(TopCounters& to, const TopCounters& more) {
  for (std::size_t i = 0; i < kTopCounts; ++i) to.counts[i] += more.counts[i];
  for (std::size_t i = 0; i < kTopDurations; ++i) {
    auto& counts = to.durations[i];
    counts.resize(std::max(counts.size(), more.durations[i].size()));
    for (std::size_t bucket = 0; bucket < more.durations[i].size(); ++bucket)
      counts[bucket] += more.durations[i][bucket];
  }
}

// A process that was there before the first look, and is not in it, may have counted for days.
TopCounters between(const TopLook& before, const TopLook& now) {
  TopCounters all;
  for (const TopProcess& process : now.processes) {
    const auto known = std::ranges::find_if(before.processes, [&process](const TopProcess& one) {
      return one.name == process.name && one.started == process.started;
    });
    if (known != before.processes.end())
      add(all, since(process, &*known));
    else if (process.started >= before.at)
      add(all, since(process, nullptr));
  }
  return all;
}

}  // namespace

std::string_view to_string(TopCount count) { return kCountNames[static_cast<std::size_t>(count)]; }
std::string_view to_string(TopDuration duration) { return kDurationNames[static_cast<std::size_t>(duration)]; }

std::optional<TopLook> top_look_of(std::string_view body) {
  const LookJson json = json_or_null<LookJson>(body);
  if (!at(json, "processes").is_array() || !at(json, "waiting").is_object()) return std::nullopt;
  TopLook look;
  look.at = time(at(json, "at"));
  look.tenant = text(at(json, "tenant"));
  for (const LookJson& bound : at(json, "bounds_seconds"))
    look.bounds.push_back(bound.is_number() ? bound.get<double>() : 0);
  for (const LookJson& one : at(json, "processes")) look.processes.push_back(process_of(one));
  for (const LookJson& one : at(json, "missing")) look.missing.push_back(text(at(one, "process")));
  const LookJson& classes = at(at(json, "waiting"), "by_priority");
  if (classes.is_object())
    for (const auto& [name, one] : classes.items()) look.classes.push_back(class_of_json(name, one));
  const LookJson& endpoints = at(json, "endpoints");
  for (const LookJson& one : at(endpoints, "items")) look.endpoints.push_back(endpoint_of(one, look.at));
  look.open = number(at(endpoints, "open"));
  look.failing = number(at(endpoints, "failing"));
  look.in_flight = number(at(json, "in_flight"));
  look.covered = static_cast<std::int64_t>(number(at(at(json, "partitions"), "covered")));
  look.partitions = static_cast<std::int64_t>(number(at(at(json, "partitions"), "all")));
  return look;
}

TopRates rates_between(const TopLook& before, const TopLook& now) {
  TopRates rates;
  if (now.at <= before.at) return rates;
  rates.seconds = static_cast<double>(now.at - before.at) / 1000;
  const TopCounters counted = between(before, now);
  for (std::size_t i = 0; i < kTopCounts; ++i) rates.counts[i] = static_cast<double>(counted.counts[i]) / rates.seconds;
  for (std::size_t i = 0; i < kTopDurations; ++i)
    rates.durations[i] = {quantile(counted.durations[i], now.bounds, 0.5),
                          quantile(counted.durations[i], now.bounds, 0.99)};
  for (const TopEndpoint& endpoint : now.endpoints) {
    const auto known = std::ranges::find_if(before.endpoints, [&endpoint](const TopEndpoint& one) {
      return one.id == endpoint.id && one.tenant == endpoint.tenant;
    });
    if (known == before.endpoints.end()) continue;
    rates.endpoints[endpoint.tenant + "/" + endpoint.id] = {
        static_cast<double>(more_than(endpoint.delivered, known->delivered)) / rates.seconds,
        static_cast<double>(more_than(endpoint.failed, known->failed)) / rates.seconds};
  }
  return rates;
}

std::optional<double> quantile(const std::vector<std::uint64_t>& counts, const std::vector<double>& bounds,
                               double part) {
  const auto all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (all == 0 || bounds.empty()) return std::nullopt;
  const double wanted = part * static_cast<double>(all);
  double below = 0;
  for (std::size_t i = 0; i < bounds.size() && i < counts.size(); ++i) {
    const auto here = static_cast<double>(counts[i]);
    if (here > 0 && below + here >= wanted) {
      const double from = i == 0 ? 0 : bounds[i - 1];
      return from + (bounds[i] - from) * (wanted - below) / here;
    }
    below += here;
  }
  return bounds.back();  // as long, or longer
}

}  // namespace certes::command
