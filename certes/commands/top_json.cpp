// What certes top says to a program.
#include "certes/commands/top_frame.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using FrameJson = nlohmann::ordered_json;

FrameJson or_null(std::optional<double> value) { return value ? FrameJson(*value) : FrameJson(); }

FrameJson rates_json(const TopRates& rates) {
  FrameJson json = FrameJson::object();
  for (std::size_t i = 0; i < kTopCounts; ++i) json[to_string(static_cast<TopCount>(i))] = rates.counts[i];
  return json;
}

FrameJson latency_json(const TopRates& rates) {
  FrameJson json = FrameJson::object();
  for (std::size_t i = 0; i < kTopDurations; ++i)
    json[to_string(static_cast<TopDuration>(i))] = {{"p50_seconds", or_null(rates.durations[i].p50)},
                                                    {"p99_seconds", or_null(rates.durations[i].p99)}};
  return json;
}

FrameJson class_json(const TopClass& one) {
  return {{"waiting", one.waiting()},
          {"memory", one.memory},
          {"log", one.log},
          {"retry", one.retry},
          {"oldest_seconds", or_null(one.oldest_seconds)}};
}

FrameJson endpoint_json(const TopEndpoint& endpoint, const TopRates& rates) {
  const auto found = rates.endpoints.find(endpoint.tenant + "/" + endpoint.id);
  const TopRates::Endpoint of = found == rates.endpoints.end() ? TopRates::Endpoint{} : found->second;
  return {{"tenant", endpoint.tenant},
          {"endpoint", endpoint.id},
          {"standing", endpoint.standing},
          {"waiting", endpoint.waiting},
          {"retrying", endpoint.retrying},
          {"in_flight", endpoint.in_flight},
          {"oldest_seconds", or_null(endpoint.oldest_seconds)},
          {"failing_seconds", or_null(endpoint.failing_seconds)},
          {"error", endpoint.error},
          {"delivered_per_second", of.delivered},
          {"failed_per_second", of.failed}};
}

}  // namespace

std::string top_json(const TopState& state) {
  const TopLook& now = *state.now;
  const TopRates rates = rates_between(*state.before, now);
  FrameJson json = {{"at", format_rfc3339(now.at)},
                    {"tenant", now.tenant},
                    {"seconds", rates.seconds},
                    {"per_second", rates_json(rates)},
                    {"latency", latency_json(rates)},
                    {"in_flight", now.in_flight},
                    {"classes", FrameJson::object()},
                    {"endpoints", FrameJson::array()},
                    {"open", now.open},
                    {"failing", now.failing},
                    {"partitions", {{"covered", now.covered}, {"all", now.partitions}}},
                    {"processes", FrameJson::array()},
                    {"missing", now.missing}};
  for (const TopClass& one : now.classes) json["classes"][one.name] = class_json(one);
  for (const TopEndpoint& one : now.endpoints) json["endpoints"].push_back(endpoint_json(one, rates));
  for (const TopProcess& one : now.processes)
    json["processes"].push_back({{"process", one.name},
                                 {"started_at", format_rfc3339(one.started)},
                                 {"log_away", one.log_away},
                                 {"reading_stopped", one.reading_stopped}});
  return json.dump(-1, ' ', false, FrameJson::error_handler_t::replace);
}

}  // namespace certes::command
