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

template <class T>
std::shared_ptr<const T> lookup(const registry::PersistentMap<std::shared_ptr<const T>>& map, std::string_view tenant, std::string_view id) {
  if (id.empty()) return nullptr;
  const auto* found = map.find(joined(tenant, id));
  return found == nullptr ? nullptr : *found;
}

}  // namespace

Router::Router(registry::StatePtr state, RouterOptions options)
    : state_(std::move(state)), options_(std::move(options)) {
  for (const auto& [key, subscription] : state_->subscriptions) {
    Bus& bus = tenants_[subscription->tenant][static_cast<std::size_t>(subscription->kind)];
    bus.trie.add(subscription->pattern, static_cast<TopicTrie::Value>(bus.subscriptions.size()));
    bus.subscriptions.push_back(subscription);
  }
}

const std::vector<Match>& Router::route(std::string_view tenant, std::string_view type, registry::EventKind kind) {
  cache_key_.assign(1, static_cast<char>('0' + static_cast<int>(kind))).append(tenant).append(1, '\0').append(type);
  if (const auto found = cache_.find(cache_key_); found != cache_.end()) return found->second;
  if (cache_.size() >= kMostCachedTypes) cache_.clear();
  return cache_.emplace(cache_key_, match(tenant, type, kind)).first->second;
}

std::vector<Match> Router::match(std::string_view tenant, std::string_view type, registry::EventKind kind) const {
  std::vector<Match> matches;
  const auto subscribed = tenants_.find(tenant);
  if (subscribed == tenants_.end()) return matches;
  std::vector<const registry::Subscription*> matching;
  const Bus& bus = subscribed->second[static_cast<std::size_t>(kind)];
  for (const TopicTrie::Value at : bus.trie.match(type)) matching.push_back(bus.subscriptions[at].get());
  // Per endpoint the highest priority first, and of equal ones the first id: the same in every process.
  std::sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
    return std::tie(a->endpoint, a->priority, a->id) < std::tie(b->endpoint, b->priority, b->id);
  });
  const registry::Priority highest = highest_of(tenant);
  std::string_view last;
  for (const registry::Subscription* subscription : matching) {
    if (!matches.empty() && subscription->endpoint == last) continue;
    auto endpoint = lookup(state_->endpoints, tenant, subscription->endpoint);
    if (!endpoint) continue;
    last = subscription->endpoint;
    PolicyPtr chosen = policy(tenant, type, kind, subscription, *endpoint);
    matches.push_back({joined(tenant, subscription->endpoint), std::move(endpoint),
                       std::max(subscription->priority, highest), std::move(chosen)});
  }
  return matches;
}

std::optional<Match> Router::only(std::string_view tenant, std::string_view type, std::string_view endpoint_id,
                                  registry::EventKind kind) const {
  for (Match& found : match(tenant, type, kind))
    if (found.endpoint->id == endpoint_id) return std::move(found);
  auto endpoint = lookup(state_->endpoints, tenant, endpoint_id);
  if (!endpoint) return std::nullopt;
  PolicyPtr chosen = policy(tenant, type, kind, nullptr, *endpoint);
  const auto priority = std::max(registry::Priority::normal, highest_of(tenant));
  return Match{joined(tenant, endpoint_id), std::move(endpoint), priority, std::move(chosen)};
}

Match Router::apart(std::string_view tenant, std::shared_ptr<const registry::Endpoint> endpoint) const {
  std::string key = joined(tenant, endpoint->id);
  const auto priority = std::max(registry::Priority::normal, highest_of(tenant));
  return {std::move(key), std::move(endpoint), priority, global_policy(tenant)};
}

registry::Priority Router::highest_of(std::string_view tenant) const {
  const auto owner = state_->tenant(tenant);
  return owner ? owner->max_priority : registry::Priority::critical;
}

PolicyPtr Router::policy(std::string_view tenant, std::string_view type, registry::EventKind kind,
                         const registry::Subscription* subscription, const registry::Endpoint& endpoint) const {
  if (subscription)
    if (auto own = named(tenant, subscription->backoff_policy)) return own;
  if (auto own = named(tenant, endpoint.backoff_policy)) return own;
  // Event types are of events; a type from a source begins with the source's id, and sources make no commands.
  if (kind != registry::EventKind::event) return global_policy(tenant);
  if (const auto declared = lookup(state_->event_types, tenant, type))
    if (auto own = named(tenant, declared->backoff_policy)) return own;
  if (const auto source = lookup(state_->sources, tenant, type.substr(0, type.find('.'))))
    if (auto own = named(tenant, source->backoff_policy)) return own;
  return global_policy(tenant);
}

PolicyPtr Router::global_policy(std::string_view tenant) const {
  if (auto own = named(tenant, options_.global_policy)) return own;
  if (auto own = named("default", options_.global_policy)) return own;
  return options_.fallback;
}

PolicyPtr Router::named(std::string_view tenant, std::string_view id) const {
  return lookup(state_->backoff_policies, tenant, id);
}

}  // namespace certes::dispatcher
