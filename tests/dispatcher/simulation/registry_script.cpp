#include "tests/dispatcher/simulation/registry_script.hpp"

#include <algorithm>

#include "common/event/command.hpp"
#include "common/event/pattern.hpp"

namespace certes::dispatcher::simulation {
namespace {

using registry::EndpointState;
using registry::Priority;

const std::string kTimed = "default/b", kTakesCommands = "default/d";
constexpr EventKind kKinds[] = {EventKind::event, EventKind::command, EventKind::result};

std::vector<std::string> types_of(EventKind kind) {
  if (kind == EventKind::event) return {kTypes[0], kTypes[1], kDeadLettered};
  return {kind == EventKind::command ? kCommand : kCommand + std::string(event::kResultSuffix)};
}

std::vector<std::string> patterns_of(EventKind kind) {
  if (kind == EventKind::event) return {"#", "order.#", "invoice.#"};
  return kind == EventKind::command ? std::vector<std::string>{"Billing.*", "Shipping.*"}
                                    : std::vector<std::string>{"#", "Billing.#"};
}

// Of which kinds it has a subscription, unless it has lost it.
std::vector<EventKind> kinds_of(const std::string& endpoint) {
  if (endpoint == kTakesCommands) return {EventKind::event, EventKind::command};
  if (endpoint == kTimed) return {EventKind::event, EventKind::result};
  return {EventKind::event};
}

}  // namespace

std::string tenant_of(std::string_view endpoint) { return std::string(endpoint.substr(0, endpoint.find('/'))); }
std::string id_of(std::string_view endpoint) { return std::string(endpoint.substr(endpoint.find('/') + 1)); }
bool is_timed(std::string_view endpoint) { return endpoint == kTimed; }

RegistryScript::RegistryScript(const ManualClock& clock, bool timed, int concurrency, int workers,
                               registry::Ordering ordering, Millis ahead)
    : clock_(clock), timed_(timed), concurrency_(concurrency), workers_(workers), ordering_(ordering), ahead_(ahead) {
  builder_.policy("in-time", [](registry::BackoffPolicy& policy) {
    policy.strategy = registry::BackoffPolicy::Strategy::constant;
    policy.base_seconds = 1;
    policy.jitter = registry::BackoffPolicy::Jitter::none;
    policy.max_seconds = 6;
  });
  for (const std::string& endpoint : kEndpoints) {
    make(endpoint);
    for (const EventKind kind : kinds_of(endpoint))
      subscribe({endpoint, kind}, patterns_of(kind)[endpoint == "default/c" ? 2 : 0], Priority::normal);
  }
  publish();
}

void RegistryScript::watch_dead_letters() {
  const Bound watcher{"default/c", EventKind::event};
  unsubscribe(watcher);
  subscribe(watcher, kDeadLettered, Priority::normal);
  publish();
}

void RegistryScript::make(const std::string& endpoint) {
  builder_.endpoint(id_of(endpoint), [&](registry::Endpoint& made) {
    made.tenant = tenant_of(endpoint);
    made.url = workers_ > 1 ? "" : "http://127.0.0.1/" + endpoint;
    for (int i = 0; workers_ > 1 && i < workers_; ++i)
      made.urls.push_back("http://127.0.0.1/w" + std::to_string(i) + "/" + endpoint);
    made.concurrency = concurrency_;
    made.ordering = ordering_;
    // Of those whose policy has a time, whether that is kept can be seen only where nothing holds up their attempts.
    if (!timed_) made.breaker = registry::BreakerSettings{3, 0.8, 5, 10, 0.5, 2};
    made.created_at = clock_.unix_millis();
    if (timed_ && is_timed(endpoint)) made.backoff_policy = "in-time";
  });
}

void RegistryScript::set_state(const std::string& endpoint, EndpointState state, const std::string& by) {
  builder_.in_state(id_of(endpoint), state, append_time(), by, tenant_of(endpoint));
}

void RegistryScript::subscribe(const Bound& bound, const std::string& pattern, Priority priority) {
  const auto& [endpoint, kind] = bound;
  const std::string id = "s-" + id_of(endpoint) + "-" + std::string(registry::to_string(kind));
  builder_.subscription(id, id_of(endpoint), pattern, priority, {}, tenant_of(endpoint));
  if (kind != EventKind::event) builder_.kind(id, kind);
  patterns_[bound] = pattern;
}

void RegistryScript::unsubscribe(const Bound& bound) {
  const auto& [endpoint, kind] = bound;
  builder_.remove_subscription("s-" + id_of(endpoint) + "-" + std::string(registry::to_string(kind)),
                               tenant_of(endpoint));
  patterns_.erase(bound);
}

std::shared_ptr<const registry::Endpoint> RegistryScript::endpoint(const std::string& key) const {
  return now_->endpoint(tenant_of(key), id_of(key));
}

std::string RegistryScript::change_subscription(const std::string& endpoint, Dice& dice, bool away) {
  const EventKind kind = dice.of(kinds_of(endpoint));
  const std::string of = " of " + std::string(registry::to_string(kind)) + "s";
  if (away) {
    unsubscribe({endpoint, kind});
    return "unsubscribed" + of;
  }
  const std::string pattern = dice.of(patterns_of(kind));
  const auto priority = static_cast<Priority>(dice.pick(registry::kPriorities));
  subscribe({endpoint, kind}, pattern, priority);
  return "subscribed to " + pattern + of + " as " + std::string(registry::to_string(priority));
}

std::string RegistryScript::purge(const std::string& endpoint, Dice& dice) {
  registry::Purge asked;
  if (dice.chance(0.3)) asked.pattern = "order.#";
  if (dice.chance(0.2)) asked.classes = {"normal", "low"};
  if (dice.chance(0.2)) asked.before = clock_.unix_millis() - 500;
  const std::string said = "purged of " + (asked.pattern.empty() ? "all" : asked.pattern) +
                           (asked.classes.empty() ? "" : " in some classes") +
                           (asked.before == 0 ? "" : " before " + std::to_string(asked.before % 1'000'000'000));
  builder_.purge(id_of(endpoint), append_time(), std::move(asked), tenant_of(endpoint));
  return said;
}

std::string RegistryScript::change(Dice& dice) {
  const std::string& key = dice.of(kEndpoints);
  const double what = dice.unit();
  std::string said;
  if (!endpoint(key)) {
    make(key);
    for (const EventKind kind : kinds_of(key)) subscribe({key, kind}, patterns_of(kind)[0], Priority::high);
    said = "made";
  } else if (what < 0.2) {
    set_state(key, EndpointState::disabled);
    said = "disabled";
  } else if (what < 0.28) {
    said = purge(key, dice);
  } else if (what < 0.33) {
    builder_.retry(id_of(key), clock_.unix_millis(), 0, tenant_of(key));
    said = "to try what has failed";
  } else if (what < 0.48) {
    set_state(key, EndpointState::paused);
    said = "paused";
  } else if (what < 0.75) {
    set_state(key, EndpointState::active);
    said = "active";
  } else if (what < 0.95) {
    said = change_subscription(key, dice, what < 0.83);
  } else {
    for (const EventKind kind : kinds_of(key)) unsubscribe({key, kind});
    builder_.remove_endpoint(id_of(key), tenant_of(key));
    said = "deleted";
  }
  publish();
  return "endpoint " + key + " is " + said;
}

bool RegistryScript::disable_gone(const registry::Endpoint& from) {
  const std::string key = from.tenant + "/" + from.id;
  const auto stands = endpoint(key);
  if (!stands || stands->version != from.version) return false;
  set_state(key, EndpointState::disabled, std::string(registry::kByCertes));
  publish();
  return true;
}

void RegistryScript::all_active() {
  for (const std::string& key : kEndpoints)
    if (const auto stands = endpoint(key); stands && stands->state != EndpointState::active)
      set_state(key, EndpointState::active);
  publish();
}

void RegistryScript::publish() {
  now_ = builder_.build();
  for (const std::string& key : kEndpoints) {
    note({key, EventKind::event, {}}, endpoint(key) != nullptr);
    for (const EventKind kind : kKinds) {
      const auto pattern = patterns_.find({key, kind});
      for (const std::string& type : types_of(kind))
        note({key, kind, type}, pattern != patterns_.end() && event::matches(pattern->second, type));
    }
  }
}

void RegistryScript::note(const Covered& what, bool covers) {
  auto& spans = spans_[what];
  const bool covered = !spans.empty() && spans.back().to == 0;
  if (covers && !covered) spans.push_back({now_->number, 0});
  if (!covers && covered) spans.back().to = now_->number;
}

bool RegistryScript::ever(const std::vector<Span>& spans, std::uint64_t from) {
  return std::ranges::any_of(spans, [&](const Span& one) { return one.to == 0 || one.to > from; });
}

bool RegistryScript::always(const std::vector<Span>& spans, std::uint64_t from) {
  return !spans.empty() && spans.back().to == 0 && spans.back().from <= from;
}

bool RegistryScript::ever_covered(const std::string& endpoint, EventKind kind, const std::string& type,
                                  std::uint64_t from) const {
  return ever(spans_.at({endpoint, kind, type}), from);
}

bool RegistryScript::always_covered(const std::string& endpoint, EventKind kind, const std::string& type,
                                    std::uint64_t from) const {
  return always(spans_.at({endpoint, kind, type}), from);
}

bool RegistryScript::ever_there(const std::string& endpoint, std::uint64_t from) const {
  return ever(spans_.at({endpoint, EventKind::event, {}}), from);
}

bool RegistryScript::always_there(const std::string& endpoint, std::uint64_t from) const {
  return always(spans_.at({endpoint, EventKind::event, {}}), from);
}

}  // namespace certes::dispatcher::simulation
