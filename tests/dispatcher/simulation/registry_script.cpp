#include "tests/dispatcher/simulation/registry_script.hpp"

#include <algorithm>

namespace certes::dispatcher::simulation {

using registry::EndpointState;

RegistryScript::RegistryScript(const ManualClock& clock) : clock_(clock) {
  for (const std::string& id : kEndpoints) {
    builder_.endpoint(id, [](auto& endpoint) { endpoint.concurrency = 2; });
    subscribe(id, id == "c" ? "invoice.#" : "#");
  }
  publish();
}

void RegistryScript::subscribe(const std::string& endpoint, const std::string& pattern) {
  builder_.subscription("s-" + endpoint, endpoint, pattern);
  patterns_[endpoint] = pattern;
}

std::shared_ptr<const registry::Endpoint> RegistryScript::endpoint(const std::string& id) const {
  return now_->endpoint("default", id);
}

std::string RegistryScript::change(Random& random) {
  const std::string& id = kEndpoints[random.bits() % kEndpoints.size()];
  const double what = random.unit();
  const bool there = endpoint(id) != nullptr;
  std::string said;
  if (!there) {
    builder_.endpoint(id, [&](auto& made) {
      made.concurrency = 2;
      made.created_at = clock_.unix_millis();
    });
    subscribe(id, "#");
    said = "made";
  } else if (what < 0.3) {
    builder_.in_state(id, EndpointState::disabled, clock_.unix_millis());
    said = "disabled";
  } else if (what < 0.45) {
    builder_.in_state(id, EndpointState::paused, clock_.unix_millis());
    said = "paused";
  } else if (what < 0.75) {
    builder_.in_state(id, EndpointState::active, clock_.unix_millis());
    said = "active";
  } else if (what < 0.83) {
    builder_.remove_subscription("s-" + id);
    patterns_.erase(id);
    said = "unsubscribed";
  } else if (what < 0.95) {
    subscribe(id, std::vector<std::string>{"#", "order.#", "invoice.#"}[random.bits() % 3]);
    said = "subscribed to " + patterns_[id];
  } else {
    builder_.remove_subscription("s-" + id).remove_endpoint(id);
    patterns_.erase(id);
    said = "deleted";
  }
  publish();
  return "endpoint " + id + " is " + said;
}

bool RegistryScript::disable_gone(const registry::Endpoint& from) {
  const auto stands = endpoint(from.id);
  if (!stands || stands->version != from.version) return false;
  builder_.in_state(from.id, EndpointState::disabled, clock_.unix_millis(), std::string(registry::kByCertes));
  publish();
  return true;
}

void RegistryScript::all_active() {
  for (const std::string& id : kEndpoints)
    if (const auto stands = endpoint(id); stands && stands->state != EndpointState::active)
      builder_.in_state(id, EndpointState::active, clock_.unix_millis());
  publish();
}

void RegistryScript::publish() {
  now_ = builder_.build();
  for (const std::string& id : kEndpoints) {
    for (const std::string& type : kTypes) {
      const auto pattern = patterns_.find(id);
      const bool covers =
          pattern != patterns_.end() && (pattern->second == "#" || type.starts_with(pattern->second.substr(0, 5)));
      auto& spans = covered_[{id, type}];
      const bool covered = !spans.empty() && spans.back().to == 0;
      if (covers && !covered) spans.push_back({now_->number, 0});
      if (!covers && covered) spans.back().to = now_->number;
    }
  }
}

bool RegistryScript::ever_covered(const std::string& endpoint, const std::string& type, std::uint64_t from) const {
  const auto& spans = covered_.at({endpoint, type});
  return std::any_of(spans.begin(), spans.end(), [&](const Span& one) { return one.to == 0 || one.to > from; });
}

bool RegistryScript::always_covered(const std::string& endpoint, const std::string& type, std::uint64_t from) const {
  const auto& spans = covered_.at({endpoint, type});
  return !spans.empty() && spans.back().to == 0 && spans.back().from <= from;
}

}  // namespace certes::dispatcher::simulation
