#include "api/erase/open_events.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "common/questions/asker.hpp"
#include "common/questions/delivery_standing.hpp"

namespace certes::api {
namespace {

constexpr Millis kAnswerLimit{2'000};

// The tenant and the id of each.
using Endpoints = std::set<std::pair<std::string, std::string>>;

void add_subscribers(const registry::State& state, const std::string& tenant, Endpoints& endpoints) {
  const std::string prefix = tenant + "/";
  for (auto at = state.subscriptions.lower_bound(prefix);
       at != state.subscriptions.end() && at->first.starts_with(prefix); ++at)
    endpoints.emplace(tenant, at->second->endpoint);
}

Endpoints named(std::string_view list, const std::string& tenant) {
  Endpoints endpoints;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    endpoints.emplace(tenant, one);
  }
  return endpoints;
}

// The default tenant's may be for events about Certes of others.
Endpoints endpoints_of(const AskedEvent& event, const std::string& tenant, const registry::State& state) {
  if (!event.endpoints.empty()) return named(event.endpoints, tenant);
  Endpoints endpoints;
  add_subscribers(state, tenant, endpoints);
  add_subscribers(state, std::string(registry::kDefaultTenant), endpoints);
  return endpoints;
}

Result<void> ask(const questions::DeliverySubject& subject, const std::string& tenant, Services& services,
                 std::set<std::int64_t>& open) {
  const std::int32_t partition = subject.places.front().partition;
  auto question = services.asker.ask(questions::kDeliveryStanding, tenant, subject.text(), {partition});
  if (!question) return fail(std::move(question.error()));
  (*question)->wait(std::chrono::steady_clock::now() + kAnswerLimit);
  const questions::Gathering gathering = (*question)->gathered();
  if (!gathering.covers(partition))
    return fail(Code::unavailable,
                "no dispatcher has said how the deliveries of partition " + std::to_string(partition) + " stand");
  for (const questions::Answer& answer : gathering.answers()) {
    const auto standings = questions::delivery_standings_of(answer.value);
    if (!standings) return fail(Code::unavailable, "what a dispatcher says of deliveries is not understood");
    for (const questions::DeliveryStanding& one : *standings)
      if (one.stage != questions::Stage::closed) open.insert(one.place.offset);
  }
  return {};
}

}  // namespace

Result<std::vector<std::int64_t>> open_among(std::span<const AskedEvent> events, std::int32_t partition,
                                             const std::string& tenant, Services& services) {
  std::set<std::int64_t> open;
  if (events.empty()) return std::vector<std::int64_t>();
  const auto state = services.deps.registry.state();
  for (const auto& [owner, endpoint] : endpoints_of(events.front(), tenant, *state)) {
    questions::DeliverySubject subject{{}, endpoint};
    for (const AskedEvent& event : events) subject.places.push_back({partition, event.offset});
    if (auto asked = ask(subject, owner, services, open); !asked) return fail(std::move(asked.error()));
  }
  return std::vector<std::int64_t>(open.begin(), open.end());
}

}  // namespace certes::api
