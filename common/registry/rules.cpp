#include "common/registry/rules.hpp"

#include <algorithm>

#include "common/event/pattern.hpp"
#include "common/registry/kinds.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::registry {
namespace {

constexpr std::string_view kDefaultTenant = "default";

Result<void> check_tenant(const State& state, const Meta& resource) {
  if (resource.tenant == kDefaultTenant || state.tenants.contains(map_key(kDefaultTenant, resource.tenant))) return {};
  return fail(Code::invalid, "there is no tenant \"" + resource.tenant + "\"", "/tenant");
}

Result<void> check_priority(const State& state, const Subscription& subscription) {
  const auto tenant = state.tenant(subscription.tenant);
  if (!tenant || subscription.priority >= tenant->max_priority) return {};
  return fail(Code::invalid,
              "the highest priority of the tenant \"" + tenant->id + "\" is " +
                  std::string(to_string(tenant->max_priority)) + " (max_priority)",
              "/priority");
}

Result<void> check_policy(const State& state, const Meta& resource, const std::string& policy, const char* pointer) {
  if (policy.empty() || state.backoff_policy(resource.tenant, policy)) return {};
  return fail(Code::invalid, "there is no back-off policy \"" + policy + "\"", pointer);
}

template <class T>
Result<void> check_unused(const State::Map<T>& map, const BackoffPolicy& policy, const char* what) {
  const T* user = find_user(map, policy.tenant, [&](const T& r) {
    if constexpr (std::is_same_v<T, Source> || std::is_same_v<T, EventType>) {
      if (r.producer_backoff_policy == policy.id) return true;
    }
    return r.backoff_policy == policy.id;
  });
  if (user == nullptr) return {};
  std::string message("the ");
  message.append(what).append(" \"").append(user->id).append("\" uses this policy");
  return fail(Code::conflict, std::move(message));
}

// A command goes to exactly one endpoint: no two bindings may take the same.
Result<void> check_binding(const State& state, const Subscription& subscription) {
  if (subscription.kind != EventKind::command) return {};
  const auto* other = find_user(state.subscriptions, subscription.tenant, [&](const Subscription& s) {
    return s.kind == EventKind::command && s.id != subscription.id && event::overlap(s.pattern, subscription.pattern);
  });
  if (other == nullptr) return {};
  return fail(Code::conflict,
              "the subscription \"" + other->id + "\" takes commands of the pattern " + other->pattern +
                  ": a command goes to one endpoint",
              "/pattern");
}

}  // namespace

Result<void> check_put(const State& state, const Source& source) {
  if (!valid_source_id(source.id))
    return fail(Code::invalid, "an id of a source is 1 to 128 of A-Z a-z 0-9 _ -", "/id");
  if (auto ok = check_tenant(state, source); !ok) return ok;
  if (auto ok = check_policy(state, source, source.backoff_policy, "/backoff_policy"); !ok) return ok;
  return check_policy(state, source, source.producer_backoff_policy, "/producer_backoff_policy");
}

Result<void> check_put(const State& state, const Endpoint& endpoint) {
  if (auto ok = check_tenant(state, endpoint); !ok) return ok;
  return check_policy(state, endpoint, endpoint.backoff_policy, "/backoff_policy");
}

Result<void> check_put(const State& state, const Subscription& subscription) {
  if (auto ok = check_tenant(state, subscription); !ok) return ok;
  if (!state.endpoint(subscription.tenant, subscription.endpoint)) {
    return fail(Code::invalid, "there is no endpoint \"" + subscription.endpoint + "\"", "/endpoint");
  }
  if (auto ok = check_priority(state, subscription); !ok) return ok;
  if (auto ok = check_binding(state, subscription); !ok) return ok;
  return check_policy(state, subscription, subscription.backoff_policy, "/backoff_policy");
}

Result<void> check_put(const State& state, const BackoffPolicy& policy) { return check_tenant(state, policy); }

Result<void> check_put(const State& state, const EventType& type) {
  if (auto ok = check_tenant(state, type); !ok) return ok;
  if (auto ok = check_policy(state, type, type.backoff_policy, "/backoff_policy"); !ok) return ok;
  return check_policy(state, type, type.producer_backoff_policy, "/producer_backoff_policy");
}

Result<void> check_put(const State&, const Installation&) { return {}; }

Result<void> check_remove(const State& state, const Endpoint& endpoint, bool cascade) {
  if (cascade) return {};
  const auto* user =
      find_user(state.subscriptions, endpoint.tenant, [&](const Subscription& s) { return s.endpoint == endpoint.id; });
  if (user == nullptr) return {};
  return fail(Code::conflict,
              "the subscription \"" + user->id + "\" belongs to this endpoint; ?cascade=true deletes both");
}

Result<void> check_remove(const State& state, const BackoffPolicy& policy, bool) {
  if (auto ok = check_unused(state.sources, policy, "source"); !ok) return ok;
  if (auto ok = check_unused(state.event_types, policy, "event type"); !ok) return ok;
  if (auto ok = check_unused(state.endpoints, policy, "endpoint"); !ok) return ok;
  return check_unused(state.subscriptions, policy, "subscription");
}

std::vector<Dependent> remove_dependents(State& state, const Endpoint& endpoint) {
  std::vector<Dependent> removed;
  const std::string prefix = endpoint.tenant + "/";
  auto it = state.subscriptions.lower_bound(prefix);
  while (it != state.subscriptions.end() && it->first.starts_with(prefix)) {
    const bool goes = it->second->endpoint == endpoint.id;
    if (goes) removed.push_back({Kind<Subscription>::name, endpoint.tenant, it->second->id});
    it = goes ? state.subscriptions.erase(it) : std::next(it);
  }
  return removed;
}

}  // namespace certes::registry
