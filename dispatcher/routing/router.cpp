#include "dispatcher/routing/router.hpp"

#include <algorithm>
#include <tuple>

namespace certes::dispatcher {
namespace {

// Types come from outside: the cache of what they match has an end.
constexpr std::size_t kMostCachedTypes = 20'000;

std::string joined(std::string_view tenant, std::string_view id) {
  std::string key;
  key.reserve(tenant.size() + 1 + id.size());
  return key.append(tenant).append(1, '/').append(id);
}

template <class Map>
typename Map::mapped_type lookup(const Map& map, std::string_view tenant, std::string_view id) {
  if (id.empty()) return nullptr;
  const auto found = map.find(joined(tenant, id));
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

Router::Router(registry::StatePtr state, RouterOptions options)
    : state_(std::move(state)), options_(std::move(options)) {
  for (const auto& [key, subscription] : state_->subscriptions) {
    PerTenant& tenant = tenants_[subscription->tenant];
    tenant.trie.add(subscription->pattern, static_cast<TopicTrie::Value>(tenant.subscriptions.size()));
    tenant.subscriptions.push_back(subscription);
  }
}

const std::vector<Match>& Router::route(std::string_view tenant, std::string_view type) {
  cache_key_.assign(tenant).append(1, '\0').append(type);
  if (const auto found = cache_.find(cache_key_); found != cache_.end()) return found->second;
  if (cache_.size() >= kMostCachedTypes) cache_.clear();
  return cache_.emplace(cache_key_, match(tenant, type)).first->second;
}

std::vector<Match> Router::match(std::string_view tenant, std::string_view type) const {
  std::vector<Match> matches;
  const auto subscribed = tenants_.find(tenant);
  if (subscribed == tenants_.end()) return matches;
  std::vector<const registry::Subscription*> matching;
  for (const TopicTrie::Value at : subscribed->second.trie.match(type))
    matching.push_back(subscribed->second.subscriptions[at].get());
  // Per endpoint the highest priority first, and of equal ones the first id: the same in every process.
  std::sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
    return std::tie(a->endpoint, a->priority, a->id) < std::tie(b->endpoint, b->priority, b->id);
  });
  const registry::Priority highest = highest_of(tenant);
  std::string_view last;
  for (const registry::Subscription* subscription : matching) {
    if (!matches.empty() && subscription->endpoint == last) continue;
    auto endpoint = lookup(state_->endpoints, tenant, subscription->endpoint);
    if (!endpoint || endpoint->state == registry::EndpointState::disabled) continue;
    last = subscription->endpoint;
    PolicyPtr chosen = policy(tenant, type, subscription, *endpoint);
    matches.push_back({joined(tenant, subscription->endpoint), std::move(endpoint),
                       std::max(subscription->priority, highest), std::move(chosen)});
  }
  return matches;
}

std::optional<Match> Router::only(std::string_view tenant, std::string_view type, std::string_view endpoint_id) const {
  for (Match& found : match(tenant, type))
    if (found.endpoint->id == endpoint_id) return std::move(found);
  auto endpoint = lookup(state_->endpoints, tenant, endpoint_id);
  if (!endpoint) return std::nullopt;
  PolicyPtr chosen = policy(tenant, type, nullptr, *endpoint);
  const auto priority = std::max(registry::Priority::normal, highest_of(tenant));
  return Match{joined(tenant, endpoint_id), std::move(endpoint), priority, std::move(chosen)};
}

registry::Priority Router::highest_of(std::string_view tenant) const {
  const auto owner = state_->tenant(tenant);
  return owner ? owner->max_priority : registry::Priority::critical;
}

PolicyPtr Router::policy(std::string_view tenant, std::string_view type, const registry::Subscription* subscription,
                         const registry::Endpoint& endpoint) const {
  if (subscription)
    if (auto own = named(tenant, subscription->backoff_policy)) return own;
  if (auto own = named(tenant, endpoint.backoff_policy)) return own;
  // A type from a source begins with the source's id.
  if (const auto source = lookup(state_->sources, tenant, type.substr(0, type.find('.'))))
    if (auto own = named(tenant, source->backoff_policy)) return own;
  if (auto own = named(tenant, options_.global_policy)) return own;
  if (auto own = named("default", options_.global_policy)) return own;
  return options_.fallback;
}

PolicyPtr Router::named(std::string_view tenant, std::string_view id) const {
  return lookup(state_->backoff_policies, tenant, id);
}

}  // namespace certes::dispatcher
