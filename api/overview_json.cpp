#include "api/overview_json.hpp"

#include <algorithm>

#include "api/waiting_json.hpp"

namespace certes::api {
namespace {

using questions::Accepting;
using questions::Delivering;
using questions::EndpointLine;
using questions::ProcessOverview;
using registry::OrderedJson;

OrderedJson bounds_json() {
  OrderedJson bounds = OrderedJson::array();
  for (const std::uint32_t ms : questions::kDurationBoundsMs) bounds.push_back(static_cast<double>(ms) / 1000);
  return bounds;
}

OrderedJson durations_json(const questions::Durations& durations) {
  return {{"count", durations.all()},
          {"sum_seconds", static_cast<double>(durations.sum_us) / 1e6},
          {"counts", durations.counts}};
}

// What only grows, of a process or of all.
OrderedJson counters_json(const Accepting& accepting, const Delivering& delivering) {
  const auto& [event, command, result] = accepting.accepted;
  const questions::Attempts& attempts = delivering.attempts;
  return {{"accepted", {{"event", event}, {"command", command}, {"result", result}}},
          {"duplicates", accepting.duplicates},
          {"refused", accepting.refused},
          {"unmatched", delivering.unmatched},
          {"deliveries",
           {{"delivered", delivering.delivered},
            {"dead_lettered", delivering.dead_lettered},
            {"cancelled", delivering.cancelled}}},
          {"attempts",
           {{"delivered", attempts.delivered},
            {"retry", attempts.retry},
            {"awaiting", attempts.awaiting},
            {"dead_lettered", attempts.dead_lettered},
            {"cancelled", attempts.cancelled}}},
          {"durations",
           {{"append", durations_json(accepting.append)},
            {"attempt", durations_json(delivering.attempt)},
            {"age", durations_json(delivering.age)}}}};
}

OrderedJson line_json(const EndpointLine& line, UnixMillis now) {
  const questions::Attempts& attempts = line.attempts;
  return {{"tenant", line.tenant},
          {"endpoint", line.endpoint},
          {"standing", to_string(line.standing)},
          {"waiting", line.waiting},
          {"retrying", line.retrying},
          {"in_flight", line.in_flight},
          {"oldest", oldest_json(line.oldest, now)},
          {"failing_since", time_json(attempts.failing_since)},
          {"last_error", line.fails() ? OrderedJson(line.error) : OrderedJson()},
          {"last_success", time_json(attempts.last_success)},
          {"last_failure", time_json(attempts.last_failure)},
          {"attempts",
           {{"delivered", attempts.delivered},
            {"failed", attempts.retry + attempts.dead_lettered},
            {"since", time_json(attempts.since)}}}};
}

// Where several dispatchers have an endpoint, each counts it, and not every one may name it: the largest number that is
// surely no more than there are.
OrderedJson endpoints_json(ProcessOverview& all, std::size_t limit, UnixMillis now) {
  fold(all.endpoints);
  const auto named_failing = static_cast<std::uint64_t>(std::ranges::count_if(all.endpoints, &EndpointLine::fails));
  const std::uint64_t open = std::max<std::uint64_t>(all.open, all.endpoints.size());
  choose(all.endpoints, limit);
  OrderedJson json = {{"open", open},
                      {"failing", std::max(all.failing, named_failing)},
                      {"more", open > all.endpoints.size()},
                      {"items", OrderedJson::array()}};
  for (const EndpointLine& line : all.endpoints) json["items"].push_back(line_json(line, now));
  return json;
}

OrderedJson roles_json(const ProcessOverview& overview) {
  OrderedJson roles = OrderedJson::array();
  if (overview.gateway) roles.push_back("gateway");
  if (overview.dispatcher) roles.push_back("dispatcher");
  return roles;
}

OrderedJson process_json(const ToldOverview& told) {
  const ProcessOverview& overview = told.overview;
  return {{"process", told.process},
          {"roles", roles_json(overview)},
          {"started_at", time_json(overview.started)},
          {"partitions", told.partitions},
          {"log", overview.log_away ? "away" : "reached"},
          {"reading", overview.reading_stopped ? "stopped" : "goes_on"},
          {"in_flight", overview.in_flight},
          {"counters", counters_json(overview.accepting, overview.delivering)}};
}

}  // namespace

std::string overview_json(const GatheredOverview& gathered, const std::string& tenant, std::size_t limit,
                          UnixMillis now) {
  ProcessOverview all;
  for (const ToldOverview& told : gathered.told) all.add(told.overview);
  OrderedJson json = {{"at", format_rfc3339(now)}, {"tenant", tenant}, {"bounds_seconds", bounds_json()}};
  json["counters"] = counters_json(all.accepting, all.delivering);
  json["waiting"] = waiting_json(all.classes, now);
  json["in_flight"] = all.in_flight;
  json["endpoints"] = endpoints_json(all, limit, now);
  json["partitions"] = {{"covered", gathered.covered}, {"all", gathered.all}};
  json["processes"] = OrderedJson::array();
  for (const ToldOverview& told : gathered.told) json["processes"].push_back(process_json(told));
  json["missing"] = OrderedJson::array();
  for (const auto& [name, at] : gathered.missing)
    json["missing"].push_back({{"process", name}, {"last_answer", time_json(at)}});
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace certes::api
