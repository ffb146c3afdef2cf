#include "api/endpoint_stats.hpp"

#include <algorithm>

#include "api/change.hpp"
#include "api/steps.hpp"
#include "api/waiting_json.hpp"
#include "common/questions/asker.hpp"
#include "common/questions/endpoint_stats.hpp"

namespace certes::api {
namespace {

using questions::EndpointStats;
using questions::Standing;
using registry::OrderedJson;

constexpr std::size_t kHeldBytes = 64u << 10;  // of answers, usually

// What a process has answered.
struct Told {
  std::string process;
  std::size_t partitions = 0;
  EndpointStats stats;
};

struct Gathered {
  std::int32_t covered = 0, all = 0;
  std::vector<Told> told;
};

OrderedJson attempts_json(const questions::Attempts& attempts) {
  return {{"since", time_json(attempts.since)},
          {"delivered", attempts.delivered},
          {"retry", attempts.retry},
          {"awaiting", attempts.awaiting},
          {"dead_lettered", attempts.dead_lettered},
          {"cancelled", attempts.cancelled}};
}

OrderedJson ordering_json(registry::Ordering ordering, const questions::OrderedKeys& keys) {
  return {{"mode", to_string(ordering)},
          {"keys", keys.open},
          {"blocked", keys.blocked},
          {"blocked_since", time_json(keys.blocked_since)}};
}

OrderedJson limits_json(std::uint64_t concurrency, double rate_per_second) {
  OrderedJson json = {{"concurrency", concurrency}, {"rate_per_second", nullptr}};
  if (rate_per_second > 0) json["rate_per_second"] = rate_per_second;
  return json;
}

OrderedJson told_json(const Told& told) {
  const EndpointStats& stats = told.stats;
  OrderedJson json = {{"process", told.process},
                      {"partitions", told.partitions},
                      {"standing", to_string(stats.standing)},
                      {"in_flight", stats.in_flight},
                      {"limits", nullptr}};
  if (stats.resting_until != 0) json["resting_until"] = time_json(stats.resting_until);
  if (stats.concurrency > 0) json["limits"] = limits_json(stats.concurrency, stats.rate_per_second);
  return json;
}

// Of all processes together that go by this version of it; nothing where it has one URL.
OrderedJson workers_json(const registry::Endpoint& endpoint, const std::vector<Told>& told) {
  OrderedJson workers = OrderedJson::array();
  for (std::size_t i = 0; i < endpoint.urls.size(); ++i) {
    questions::WorkerStats all;
    for (const Told& one : told) {
      if (one.stats.version != endpoint.version || i >= one.stats.workers.size()) continue;
      const questions::WorkerStats& worker = one.stats.workers[i];
      all.in_flight += worker.in_flight;
      all.tripped = all.tripped || worker.tripped;
      if (all.probe_at == 0 || (worker.probe_at != 0 && worker.probe_at < all.probe_at)) all.probe_at = worker.probe_at;
    }
    workers.push_back({{"url", endpoint.urls[i]},
                       {"standing", to_string(all.tripped ? Standing::tripped : Standing::open)},
                       {"in_flight", all.in_flight}});
    if (all.probe_at != 0) workers.back()["resting_until"] = time_json(all.probe_at);
  }
  return workers;
}

// As its owner says; of what is active, the worst that a process says.
Standing standing_of(const registry::Endpoint& endpoint, const std::vector<Told>& told) {
  if (endpoint.state == registry::EndpointState::paused) return Standing::paused;
  if (endpoint.state == registry::EndpointState::disabled) return Standing::disabled;
  for (const Standing bad : {Standing::gone, Standing::broken, Standing::tripped, Standing::resting})
    if (std::ranges::any_of(told, [bad](const Told& one) { return one.stats.standing == bad; })) return bad;
  return Standing::open;
}

OrderedJson state_json(const registry::Endpoint& endpoint, const std::vector<Told>& told) {
  OrderedJson json = {{"endpoint", endpoint.id}, {"state", to_string(endpoint.state)}};
  if (endpoint.state == registry::EndpointState::disabled) {
    if (!endpoint.disabled_reason.empty()) json["disabled_reason"] = endpoint.disabled_reason;
    if (!endpoint.intervals.empty()) {
      json["disabled_at"] = time_json(endpoint.intervals.back().from);
      json["disabled_by"] = endpoint.intervals.back().by;
    }
  }
  json["standing"] = to_string(standing_of(endpoint, told));
  return json;
}

http::Response answer_of(const registry::Endpoint& endpoint, const Gathered& gathered, UnixMillis now) {
  EndpointStats all;
  for (const Told& told : gathered.told) all.add(told.stats);
  OrderedJson json = state_json(endpoint, gathered.told);
  json["at"] = format_rfc3339(now);
  json["waiting"] = waiting_json(all.classes, now);
  json["in_flight"] = all.in_flight;
  json["next_retry_at"] = time_json(all.next_retry);
  json["failing_since"] = time_json(all.attempts.failing_since);
  json["last_success"] = time_json(all.attempts.last_success);
  json["last_failure"] = time_json(all.attempts.last_failure);
  json["attempts"] = attempts_json(all.attempts);
  json["ordering"] = ordering_json(endpoint.ordering, all.keys);
  json["limits"] = limits_json(static_cast<std::uint64_t>(endpoint.concurrency), endpoint.rate_per_second);
  if (endpoint.urls.size() > 1) json["workers"] = workers_json(endpoint, gathered.told);
  json["partitions"] = {{"covered", gathered.covered}, {"all", gathered.all}};
  json["answered_by"] = OrderedJson::array();
  for (const Told& told : gathered.told) json["answered_by"].push_back(told_json(told));
  return json_response(200, json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

// An answer that is none covers nothing.
Gathered gathered_of(const questions::Gathering& gathering) {
  Gathered gathered{gathering.covered(), gathering.all(), {}};
  for (const questions::Answer& answer : gathering.answers()) {
    if (auto stats = questions::endpoint_stats_of(answer.value))
      gathered.told.push_back({answer.from, answer.partitions.size(), *stats});
    else
      gathered.covered -= static_cast<std::int32_t>(answer.partitions.size());
  }
  std::ranges::sort(gathered.told, {}, &Told::process);
  return gathered;
}

class StatsSteps final : public LongSteps {
 public:
  StatsSteps(Services& services, std::shared_ptr<const registry::Endpoint> endpoint,
             std::unique_ptr<questions::Asker::Open> question)
      : services_(services), endpoint_(std::move(endpoint)), question_(std::move(question)) {}
  std::size_t held() const override { return kHeldBytes; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    if (!question_->wait(until)) return std::optional<http::Response>();
    const Gathered gathered = gathered_of(question_->gathered());
    (gathered.covered == gathered.all ? services_.asked_whole : services_.asked_partial).add();
    return std::optional(answer_of(*endpoint_, gathered, services_.deps.clock.unix_millis()));
  }

  Services& services_;
  const std::shared_ptr<const registry::Endpoint> endpoint_;
  const std::unique_ptr<questions::Asker::Open> question_;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> endpoint_stats(const Call& call, Services& services) {
  const std::string id = call.path("id").value_or("");
  auto endpoint = find<registry::Endpoint>(*call.state, call.tenant, id);
  if (!endpoint) return fail(not_found<registry::Endpoint>(id));
  auto question = services.asker.ask(questions::kEndpointStats, call.tenant, id);
  if (!question) {
    services.asked_refused.add();
    return fail(std::move(question.error()));
  }
  return std::unique_ptr<http::Steps>(
      std::make_unique<StatsSteps>(services, std::move(endpoint), std::move(*question)));
}

}  // namespace certes::api
