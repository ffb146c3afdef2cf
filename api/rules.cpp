#include "api/rules.hpp"

#include <algorithm>

#include "common/backoff/bound.hpp"
#include "common/registry/built_in.hpp"
#include "common/registry/kinds.hpp"
#include "common/registry/ledger.hpp"

namespace certes::api {
namespace {

using registry::Kind;
using registry::Quotas;
using registry::State;

std::optional<std::int64_t> quota_of(const Quotas& quotas, std::string_view kind) {
  const std::pair<std::string_view, std::optional<std::int64_t>> all[] = {{"sources", quotas.sources},
                                                                          {"endpoints", quotas.endpoints},
                                                                          {"subscriptions", quotas.subscriptions},
                                                                          {"keys", quotas.keys},
                                                                          {"event-types", quotas.event_types}};
  for (const auto& [name, quota] : all)
    if (name == kind) return quota;
  return std::nullopt;
}

template <class T>
Result<void> check_quota(const State& state, const std::string& tenant) {
  const auto owner = state.tenant(tenant);
  const auto quota = owner ? quota_of(owner->quotas, Kind<T>::name) : std::nullopt;
  if (!quota) return {};
  auto has = static_cast<std::int64_t>(Kind<T>::map(state).count_prefix(tenant + "/"));
  if constexpr (std::is_same_v<T, registry::EventType>)
    has -= std::ranges::count_if(registry::built_in_types(), [&](const auto& one) {
      return tenant == one->tenant && state.event_type(tenant, one->id) == one;
    });
  if (has < *quota) return {};
  const std::string kind(Kind<T>::name);
  return fail(Code::conflict, "the tenant \"" + tenant + "\" may have " + std::to_string(*quota) + " " + kind +
                                  " (quotas." + (kind == "event-types" ? "event_types" : kind) + "), and has " +
                                  std::to_string(has));
}

// The tenant is there, and may have one more.
template <class T>
Result<void> check_tenant(const State& state, const T& resource, bool is_new) {
  if (resource.tenant != registry::kDefaultTenant && !state.tenant(resource.tenant))
    return fail(Code::invalid, "there is no tenant \"" + resource.tenant + "\"", "/tenant");
  return is_new ? check_quota<T>(state, resource.tenant) : Result<void>();
}

Result<void> check_policy(const State& state, const registry::Meta& resource, const std::string& policy,
                          const char* pointer) {
  if (policy.empty() || state.backoff_policy(resource.tenant, policy)) return {};
  return fail(Code::invalid, "there is no back-off policy \"" + policy + "\"", pointer);
}

Result<void> check_priority(const State& state, const registry::Subscription& subscription) {
  const auto tenant = state.tenant(subscription.tenant);
  if (!tenant || subscription.priority >= tenant->max_priority) return {};
  return fail(Code::invalid,
              "the highest priority of the tenant \"" + tenant->id + "\" is " +
                  std::string(to_string(tenant->max_priority)) + " (max_priority)",
              "/priority");
}

template <class T>
Result<void> check_both_policies(const State& state, const T& resource) {
  if (auto ok = check_policy(state, resource, resource.backoff_policy, "/backoff_policy"); !ok) return ok;
  return check_policy(state, resource, resource.producer_backoff_policy, "/producer_backoff_policy");
}

}  // namespace

Result<void> check_beside(const State&, const registry::Tenant&, bool) { return {}; }

Result<void> check_beside(const State& state, const registry::Source& source, bool is_new) {
  if (auto ok = check_both_policies(state, source); !ok) return ok;
  return check_tenant(state, source, is_new);
}

Result<void> check_beside(const State& state, const registry::Endpoint& endpoint, bool is_new) {
  if (auto ok = check_policy(state, endpoint, endpoint.backoff_policy, "/backoff_policy"); !ok) return ok;
  return check_tenant(state, endpoint, is_new);
}

Result<void> check_beside(const State& state, const registry::Subscription& subscription, bool is_new) {
  if (!state.endpoint(subscription.tenant, subscription.endpoint))
    return fail(Code::invalid, "there is no endpoint \"" + subscription.endpoint + "\"", "/endpoint");
  if (auto ok = check_priority(state, subscription); !ok) return ok;
  if (auto ok = check_policy(state, subscription, subscription.backoff_policy, "/backoff_policy"); !ok) return ok;
  for (std::size_t i = 0; i < subscription.tenants.size(); ++i) {
    const std::string& of = subscription.tenants[i];
    if (of != registry::kAllTenants && of != registry::kDefaultTenant && !state.tenant(of))
      return fail(Code::invalid, "there is no tenant \"" + of + "\"", "/tenants/" + std::to_string(i));
  }
  return check_tenant(state, subscription, is_new);
}

Result<void> check_beside(const State& state, const registry::BackoffPolicy& policy, bool is_new) {
  return check_tenant(state, policy, is_new);
}

Result<void> check_beside(const State& state, const registry::EventType& type, bool is_new) {
  if (auto ok = check_both_policies(state, type); !ok) return ok;
  return check_tenant(state, type, is_new);
}

Result<void> check_beside(const State& state, const registry::Key& key, bool is_new) {
  for (std::size_t i = 0; i < key.sources.size(); ++i)
    if (!state.source(key.tenant, key.sources[i]))
      return fail(Code::invalid, "there is no source \"" + key.sources[i] + "\"", "/sources/" + std::to_string(i));
  return check_tenant(state, key, is_new);
}

namespace {

// What would be forgotten: what had become of the endpoint, the first of so many times that are kept, about what was
// accepted before.
struct Oldest {
  std::string_view was;
  std::size_t kept = 0;
  UnixMillis until = 0;
};

std::optional<Oldest> oldest_state(const registry::Endpoint& current, const registry::Endpoint& next) {
  if (next.state == current.state || next.state == registry::EndpointState::active) return std::nullopt;
  const auto same = [&](const registry::StateInterval& one) { return one.state == next.state; };
  if (static_cast<std::size_t>(std::ranges::count_if(current.intervals, same)) < registry::kKeptSpells)
    return std::nullopt;
  return Oldest{to_string(next.state), registry::kKeptSpells, std::ranges::find_if(current.intervals, same)->to};
}

std::optional<Oldest> oldest_purge(const registry::Endpoint& current, const registry::Endpoint& next) {
  if (!next.asked_purge) return std::nullopt;
  registry::Purge asked = *next.asked_purge;
  asked.at = INT64_MAX;  // later than all
  const auto disabled = std::ranges::find(current.intervals.rbegin(), current.intervals.rend(),
                                          registry::EndpointState::disabled, &registry::StateInterval::state);
  const std::int64_t disabled_by =
      disabled == current.intervals.rend() ? registry::kNeverDisabled : disabled->from_offset;
  const registry::Purge* const gone = purge_to_go(current.purges, asked, disabled_by);
  return gone == nullptr ? std::nullopt : std::optional(Oldest{"purged", registry::kKeptPurges, gone->until()});
}

}  // namespace

Result<void> check_kept(const registry::Endpoint* current, const registry::Endpoint& next,
                        const std::function<std::optional<bool>(UnixMillis)>& open_before) {
  if (current == nullptr || !open_before) return {};
  auto oldest = oldest_state(*current, next);
  if (!oldest) oldest = oldest_purge(*current, next);
  if (!oldest || !open_before(oldest->until).value_or(false)) return {};
  const std::string was(oldest->was), kept = std::to_string(oldest->kept);
  return fail(Code::conflict,
              "endpoints/" + next.id + " was " + was + " " + kept +
                  " times, and deliveries of what was accepted before the first of them was over are open, or may be: "
                  "what becomes of them goes by these times, of which " +
                  kept + " are kept. It can be " + was +
                  " again once they have ended, which a process knows some moments after its start");
}

namespace {

Result<void> check_named_bound(const State& state, const registry::Meta& resource, const std::string& policy,
                               const std::string* before, Millis max_wait) {
  if (policy.empty() || (before != nullptr && *before == policy)) return {};
  const auto named = state.backoff_policy(resource.tenant, policy);
  const auto why = named ? backoff::too_long(*named, max_wait) : std::nullopt;
  if (!why) return {};
  return fail(Code::invalid, "the back-off policy \"" + policy + "\" " + *why, "/backoff_policy");
}

// The member that makes it long.
const char* long_member(const registry::BackoffPolicy& policy) {
  if (policy.max_seconds > 0) return "/max_seconds";
  if (policy.max_attempts > 0) return "/max_attempts";
  return policy.strategy == registry::BackoffPolicy::Strategy::schedule ? "/schedule_seconds" : "/max_attempts";
}

}  // namespace

template <>
Result<void> check_bound(const State&, const registry::BackoffPolicy& next, const registry::BackoffPolicy*,
                         Millis max_wait) {
  const auto why = backoff::too_long(next, max_wait);
  return why ? fail(Code::invalid, "the policy " + *why, long_member(next)) : Result<void>();
}
template <>
Result<void> check_bound(const State& state, const registry::Endpoint& next, const registry::Endpoint* current,
                         Millis max_wait) {
  return check_named_bound(state, next, next.backoff_policy, current ? &current->backoff_policy : nullptr, max_wait);
}
template <>
Result<void> check_bound(const State& state, const registry::Subscription& next, const registry::Subscription* current,
                         Millis max_wait) {
  return check_named_bound(state, next, next.backoff_policy, current ? &current->backoff_policy : nullptr, max_wait);
}
template <>
Result<void> check_bound(const State& state, const registry::Source& next, const registry::Source* current,
                         Millis max_wait) {
  return check_named_bound(state, next, next.backoff_policy, current ? &current->backoff_policy : nullptr, max_wait);
}
template <>
Result<void> check_bound(const State& state, const registry::EventType& next, const registry::EventType* current,
                         Millis max_wait) {
  return check_named_bound(state, next, next.backoff_policy, current ? &current->backoff_policy : nullptr, max_wait);
}

}  // namespace certes::api
