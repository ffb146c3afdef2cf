#include "dispatcher/routing/router.hpp"

#include <algorithm>
#include <tuple>

#include "common/event/own_names.hpp"
#include "common/event/pattern.hpp"
#include "common/registry/nearest_policy.hpp"

namespace certes::dispatcher {
namespace {

using registry::EventKind;
using registry::Subscription;

// What one that is remembered takes beside its matches and twice its key: nodes of the list and the table.
constexpr std::size_t kBesideMatches = 160;

std::string joined(std::string_view tenant, std::string_view id) {
  std::string key;
  key.reserve(tenant.size() + 1 + id.size());
  return key.append(tenant).append(1, '/').append(id);
}

std::size_t bytes_of(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

// Two at most have one id: the tenant's own, and one of the default tenant's.
const Match* find_match(const std::vector<Match>& matches, std::string_view home, std::string_view endpoint) {
  auto found = std::ranges::lower_bound(matches, endpoint, std::less<>(),
                                        [](const Match& one) -> std::string_view { return one.endpoint->id; });
  for (; found != matches.end() && found->endpoint->id == endpoint; ++found)
    if (found->endpoint->tenant == home) return &*found;
  return nullptr;
}

// Whether the default tenant's subscriptions may be for it, too.
bool is_everybodys(std::string_view tenant, std::string_view type, EventKind kind) {
  return tenant != registry::kDefaultTenant && kind == EventKind::event && event::is_own_type(type);
}

}  // namespace

const Router::Tenant* Router::find(std::string_view tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : &found->second;
}

std::uint64_t Router::changed_in(std::string_view tenant) const {
  const Tenant* found = find(tenant);
  return found ? std::max(found->changed_in, all_changed_in_) : all_changed_in_;
}

const std::vector<Match>& Router::route(std::string_view tenant, std::string_view type, EventKind kind) {
  const Asked asked{tenant, type, kind};
  asked_key_.assign(1, static_cast<char>('0' + static_cast<int>(kind))).append(tenant).append(1, '\0').append(type);
  const auto found = by_key_.find(asked_key_);
  if (found == by_key_.end()) {
    remembered_.push_front({asked_key_, {}, false, 0, 0});
    by_key_.emplace(remembered_.front().key, remembered_.begin());
    find_anew(remembered_.front(), asked);
    bound();
  } else {
    remembered_.splice(remembered_.begin(), remembered_, found->second);
    if (!holds(remembered_.front(), asked)) {
      find_anew(remembered_.front(), asked);
      bound();
    }
  }
  return remembered_.front().matches;
}

bool Router::holds(Remembered& remembered, const Asked& asked) const {
  if (remembered.found == changes_) return true;
  if (remembered.found < all_before_) return false;
  if (concerned(remembered, asked, asked.tenant)) return false;
  if (is_everybodys(asked.tenant, asked.type, asked.kind) && concerned(remembered, asked, registry::kDefaultTenant))
    return false;
  remembered.found = changes_;
  return true;
}

// By a change of that tenant's since.
bool Router::concerned(const Remembered& remembered, const Asked& asked, std::string_view home) const {
  const Tenant* const tenant = find(home);
  if (tenant == nullptr || tenant->changed <= remembered.found) return false;
  if (remembered.found < tenant->all_before) return true;
  for (auto at = tenant->changes.rbegin(); at != tenant->changes.rend() && at->number > remembered.found; ++at) {
    const bool concerns = at->pattern.empty()
                              ? remembered.lacks || find_match(remembered.matches, home, at->endpoint) != nullptr
                              : at->kind == asked.kind && event::matches(at->pattern, asked.type);
    if (concerns) return true;
  }
  return false;
}

void Router::find_anew(Remembered& remembered, const Asked& asked) {
  match(asked, remembered);
  remembered.found = changes_;
  bytes_ -= remembered.bytes;
  remembered.bytes =
      sizeof(Remembered) + kBesideMatches + bytes_of(remembered.key) + remembered.matches.capacity() * sizeof(Match);
  for (const Match& one : remembered.matches) {
    remembered.bytes += bytes_of(one.key);
    if (!one.choices) continue;
    remembered.bytes += sizeof(std::vector<Choice>) + one.choices->capacity() * sizeof(Choice);
    for (const Choice& choice : *one.choices) remembered.bytes += bytes_of(choice.subscription);
  }
  bytes_ += remembered.bytes;
}

void Router::bound() {
  while (bytes_ > options_.remembered_bytes && remembered_.size() > 1) {
    const Remembered& last = remembered_.back();
    bytes_ -= last.bytes;
    by_key_.erase(last.key);
    remembered_.pop_back();
  }
}

void Router::match(const Asked& asked, Remembered& into) {
  into.matches.clear();
  into.lacks = false;
  match_in(asked.tenant, asked, into);
  if (!is_everybodys(asked.tenant, asked.type, asked.kind)) return;
  const auto own = static_cast<std::ptrdiff_t>(into.matches.size());
  match_in(registry::kDefaultTenant, asked, into);
  const auto key = [](const Match& one) { return std::tie(one.endpoint->id, one.endpoint->tenant); };
  std::ranges::inplace_merge(into.matches, into.matches.begin() + own, {}, key);
}

std::vector<const Subscription*> Router::subscriptions(std::string_view home, const Asked& asked) {
  const auto subscribed = tenants_.find(home);
  if (subscribed == tenants_.end()) return {};
  std::vector<const Subscription*> matching =
      subscribed->second.buses[static_cast<std::size_t>(asked.kind)].match(asked.type);
  std::erase_if(matching, [&](const Subscription* one) { return !one->takes_of(asked.tenant); });
  return matching;
}

bool Router::anybody(std::string_view tenant, std::string_view type) {
  const Asked asked{tenant, type, EventKind::event};
  const auto takes = [&](std::string_view home) {
    return std::ranges::any_of(subscriptions(home, asked), [&](const Subscription* one) {
      return state_->endpoint(home, one->endpoint) != nullptr;
    });
  };
  return takes(tenant) || (is_everybodys(tenant, type, asked.kind) && takes(registry::kDefaultTenant));
}

// Those of one tenant's endpoints.
void Router::match_in(std::string_view home, const Asked& asked, Remembered& into) {
  std::vector<const Subscription*> matching = subscriptions(home, asked);
  // Per endpoint the highest priority first, and of equal ones the first id: the same in every process.
  std::sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
    return std::tie(a->endpoint, a->priority, a->id) < std::tie(b->endpoint, b->priority, b->id);
  });
  const registry::Priority highest = highest_of(home);
  for (auto first = matching.begin(), last = first; first != matching.end(); first = last) {
    const Subscription* const subscription = *first;
    last =
        std::find_if(first, matching.end(), [&](const auto* one) { return one->endpoint != subscription->endpoint; });
    auto endpoint = state_->endpoint(home, subscription->endpoint);
    into.lacks |= endpoint == nullptr;
    if (!endpoint) continue;
    PolicyPtr chosen = policy(asked, subscription, *endpoint);
    auto by_filter = choices(asked, *endpoint, {first, last});
    into.matches.push_back({joined(home, subscription->endpoint), std::move(endpoint),
                            std::max(subscription->priority, highest), std::move(chosen), std::move(by_filter),
                            subscription->transform});
  }
}

// Behind the first that takes all, none is asked. A command goes to the one that is bound to it.
std::shared_ptr<const std::vector<Choice>> Router::choices(const Asked& asked, const registry::Endpoint& endpoint,
                                                           std::span<const Subscription* const> matching) const {
  if (!matching.front()->filter || asked.kind == EventKind::command) return nullptr;
  const registry::Priority highest = highest_of(endpoint.tenant);
  auto made = std::make_shared<std::vector<Choice>>();
  for (const Subscription* const one : matching) {
    made->push_back({one->id, one->filter, one->on_filter_error, std::max(one->priority, highest),
                     policy(asked, one, endpoint), one->transform});
    if (!one->filter) break;
  }
  return made;
}

const Match* Router::find(std::string_view tenant, std::string_view type, std::string_view home,
                          std::string_view endpoint, EventKind kind) {
  return find_match(route(tenant, type, kind), home, endpoint);
}

std::optional<Match> Router::only(std::string_view tenant, std::string_view type, std::string_view endpoint_id,
                                  EventKind kind) {
  if (const Match* found = find(tenant, type, tenant, endpoint_id, kind)) return *found;
  auto endpoint = state_->endpoint(tenant, endpoint_id);
  if (!endpoint) return std::nullopt;
  PolicyPtr chosen = policy({tenant, type, kind}, nullptr, *endpoint);
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

PolicyPtr Router::policy(const Asked& asked, const Subscription* subscription,
                         const registry::Endpoint& endpoint) const {
  const auto nearest = nearest_policy(*state_, endpoint, subscription, asked.type, asked.kind, options_.global_policy);
  return nearest.policy ? nearest.policy : options_.fallback;
}

PolicyPtr Router::global_policy(std::string_view tenant) const {
  const auto global = registry::global_policy(*state_, tenant, options_.global_policy);
  return global.policy ? global.policy : options_.fallback;
}

}  // namespace certes::dispatcher
