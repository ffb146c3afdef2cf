#include "common/registry/proposal.hpp"

#include "common/registry/kinds.hpp"

namespace certes::registry {
namespace {

Envelope in_tenant(const Meta& resource) {
  Envelope envelope;
  if (resource.tenant != kDefaultTenant)
    envelope.needs.push_back(registry_key(kDefaultTenant, Kind<Tenant>::name, resource.tenant));
  return envelope;
}

template <class T>
void add_need(Envelope& envelope, const Meta& of, const std::string& id) {
  if (!id.empty()) envelope.needs.push_back(registry_key(of.tenant, Kind<T>::name, id));
}

}  // namespace

Envelope envelope_of(const Tenant&) { return {}; }
Envelope envelope_of(const Installation&) { return {}; }
Envelope envelope_of(const Job& job) { return in_tenant(job); }
Envelope envelope_of(const BackoffPolicy& policy) { return in_tenant(policy); }

Envelope envelope_of(const Source& source) {
  Envelope envelope = in_tenant(source);
  add_need<BackoffPolicy>(envelope, source, source.backoff_policy);
  add_need<BackoffPolicy>(envelope, source, source.producer_backoff_policy);
  return envelope;
}

Envelope envelope_of(const Endpoint& endpoint) {
  Envelope envelope = in_tenant(endpoint);
  add_need<BackoffPolicy>(envelope, endpoint, endpoint.backoff_policy);
  envelope.state = to_string(endpoint.state);
  envelope.purge = endpoint.asked_purge;
  envelope.retry = endpoint.asked_retry;
  return envelope;
}

Envelope envelope_of(const Subscription& subscription) {
  Envelope envelope = in_tenant(subscription);
  add_need<Endpoint>(envelope, subscription, subscription.endpoint);
  add_need<BackoffPolicy>(envelope, subscription, subscription.backoff_policy);
  if (subscription.kind == EventKind::command) envelope.claims.push_back(subscription.pattern);
  return envelope;
}

Envelope envelope_of(const EventType& type) {
  Envelope envelope = in_tenant(type);
  add_need<BackoffPolicy>(envelope, type, type.backoff_policy);
  add_need<BackoffPolicy>(envelope, type, type.producer_backoff_policy);
  return envelope;
}

Envelope envelope_of(const Key& key) {
  Envelope envelope = in_tenant(key);
  for (const std::string& source : key.sources) add_need<Source>(envelope, key, source);
  return envelope;
}

}  // namespace certes::registry
