// How the router goes on from State to State.

#include <algorithm>

#include "dispatcher/routing/router.hpp"

namespace certes::dispatcher {
namespace {

using registry::EventKind;
using registry::State;
using registry::Subscription;

// Of a tenant's changes so many are looked through before what is remembered of a type is found anew.
constexpr std::size_t kKeptChanges = 64;
// The table has places for as many as there may be about: it does not grow while events wait.
constexpr std::size_t kBytesAPlace = 256;

// Of a resource that names a policy: whether it names another one now.
template <class T>
bool same_policy(const std::shared_ptr<const T>* was, const std::shared_ptr<const T>* is) {
  static const std::string kNone;
  return (was ? (*was)->backoff_policy : kNone) == (is ? (*is)->backoff_policy : kNone);
}

}  // namespace

Router::Router(registry::StatePtr state, RouterOptions options)
    : state_(std::make_shared<const State>()), options_(std::move(options)) {
  by_key_.reserve(options_.remembered_bytes / kBytesAPlace);
  follow(std::move(state));
}

void Router::follow(registry::StatePtr state) {
  const registry::StatePtr before = std::exchange(state_, std::move(state));
  follow_subscriptions(*before);
  follow_endpoints(*before);
  follow_policies(*before);
  follow_tenants(*before);
}

void Router::follow_subscriptions(const State& before) {
  const auto changed = [this](const Subscription& subscription, auto change) {
    const auto found = tenants_.try_emplace(subscription.tenant).first;
    change(found->second.buses[static_cast<std::size_t>(subscription.kind)]);
    note(found->second, {0, subscription.kind, subscription.pattern, {}});
  };
  State::Map<Subscription>::difference(before.subscriptions, state_->subscriptions,
                                       [&](const std::string&, const auto* was, const auto* is) {
                                         if (was)
                                           changed(**was, [was](Bus& bus) { bus.remove((*was)->pattern, was->get()); });
                                         if (is) changed(**is, [is](Bus& bus) { bus.add((*is)->pattern, is->get()); });
                                       });
}

void Router::follow_endpoints(const State& before) {
  State::Map<registry::Endpoint>::difference(before.endpoints, state_->endpoints,
                                             [this](const std::string&, const auto* was, const auto* is) {
                                               const registry::Endpoint& endpoint = is ? **is : **was;
                                               const auto tenant = tenants_.find(endpoint.tenant);
                                               if (tenant != tenants_.end())
                                                 note(tenant->second, {0, EventKind::event, {}, endpoint.id});
                                             });
}

void Router::follow_policies(const State& before) {
  State::Map<registry::BackoffPolicy>::difference(
      before.backoff_policies, state_->backoff_policies, [this](const std::string&, const auto* was, const auto* is) {
        const registry::BackoffPolicy& policy = is ? **is : **was;
        note_all(policy.tenant);
        if (policy.tenant == registry::kDefaultTenant && policy.id == options_.global_policy) void_all();
      });
  const auto names = [this](const std::string&, const auto* was, const auto* is) {
    if (!same_policy(was, is)) note_all(is ? (*is)->tenant : (*was)->tenant);
  };
  State::Map<registry::Source>::difference(before.sources, state_->sources, names);
  State::Map<registry::EventType>::difference(before.event_types, state_->event_types, names);
}

void Router::follow_tenants(const State& before) {
  State::Map<registry::Tenant>::difference(before.tenants, state_->tenants,
                                           [this](const std::string&, const auto* was, const auto* is) {
                                             if (was && is && (*was)->max_priority == (*is)->max_priority) return;
                                             note_all(is ? (*is)->id : (*was)->id);
                                             if (!is) forget((*was)->id);
                                           });
}

void Router::begin_change(Tenant& tenant) {
  tenant.changed = ++changes_;
  tenant.changed_in = state_->number;
}

void Router::note(Tenant& tenant, Change change) {
  begin_change(tenant);
  change.number = tenant.changed;
  tenant.changes.push_back(std::move(change));
  if (tenant.changes.size() <= kKeptChanges) return;
  tenant.all_before = tenant.changes.front().number;
  tenant.changes.pop_front();
}

void Router::note_all(std::string_view name) {
  const auto found = tenants_.find(name);
  if (found == tenants_.end()) return;
  begin_change(found->second);
  found->second.all_before = found->second.changed;
  found->second.changes.clear();
}

// Of a tenant that is no more. Nothing tells then which types were its own.
void Router::forget(std::string_view name) {
  const auto found = tenants_.find(name);
  if (found == tenants_.end()) return;
  if (!std::ranges::all_of(found->second.buses, [](const Bus& bus) { return bus.empty(); })) return;
  tenants_.erase(found);
  void_all();
}

void Router::void_all() {
  all_before_ = ++changes_;
  all_changed_in_ = state_->number;
}

}  // namespace certes::dispatcher
