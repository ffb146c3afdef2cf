#pragma once
// Resources for tests of the dispatcher: a State built by hand.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "common/filter/compile.hpp"
#include "common/registry/resources.hpp"
#include "common/transform/compile.hpp"

namespace certes::tests {

class StateBuilder {
 public:
  template <class Edit>
  StateBuilder& endpoint(const std::string& id, Edit edit) {
    auto made = std::make_shared<registry::Endpoint>();
    made->id = id;
    made->version = ++version_;
    const auto* const before = state_.endpoints.find("default/" + id);
    made->created_at = before ? (*before)->created_at : version_;
    made->url = "http://127.0.0.1/" + id;
    edit(*made);
    const std::string name = made->tenant + "/" + id;
    state_.endpoints.set(name, std::move(made));
    return *this;
  }
  StateBuilder& endpoint(const std::string& id) {
    return endpoint(id, [](auto&) {});
  }
  // As after a change of its state that was appended at `at`: as the registry's ledger does it.
  StateBuilder& in_state(const std::string& id, registry::EndpointState state, UnixMillis at,
                         const std::string& by = "admin", const std::string& tenant = "default") {
    const std::string key = tenant + "/" + id;
    auto made = std::make_shared<registry::Endpoint>(*state_.endpoints.at(key));
    if (made->state == state) return *this;
    made->version = ++version_;
    if (!made->intervals.empty() && made->intervals.back().to == 0) {
      made->intervals.back().to = std::max(at, made->intervals.back().from + 1);
      made->intervals.back().to_offset = version_;
    }
    if (state != registry::EndpointState::active) made->intervals.push_back({state, at, 0, by, version_, 0});
    made->state = state;
    state_.endpoints.set(key, std::move(made));
    return *this;
  }
  // As after a change that was appended at `at` and asks for it: as the registry's ledger does it.
  StateBuilder& purge(const std::string& id, UnixMillis at, registry::Purge asked = {},
                      const std::string& tenant = "default") {
    return change(tenant + "/" + id, [&](registry::Endpoint& endpoint) {
      std::int64_t disabled_by = registry::kNeverDisabled;
      for (const auto& one : endpoint.intervals)
        if (one.state == registry::EndpointState::disabled) disabled_by = one.from_offset;
      asked.at = at;
      asked.offset = version_;
      add_purge(endpoint.purges, std::move(asked), disabled_by);
    });
  }
  StateBuilder& retry(const std::string& id, UnixMillis at, UnixMillis since = 0,
                      const std::string& tenant = "default") {
    return change(tenant + "/" + id, [&](registry::Endpoint& endpoint) {
      add_retry(endpoint.retries, {at, since, "admin"});
    });
  }
  StateBuilder& subscription(const std::string& id, const std::string& endpoint, const std::string& pattern,
                             registry::Priority priority = registry::Priority::normal, std::string policy = {},
                             const std::string& tenant = "default") {
    auto made = std::make_shared<registry::Subscription>();
    made->id = id;
    made->tenant = tenant;
    made->endpoint = endpoint;
    made->pattern = pattern;
    made->priority = priority;
    made->backoff_policy = std::move(policy);
    state_.subscriptions.set(tenant + "/" + id, std::move(made));
    return *this;
  }
  StateBuilder& kind(const std::string& subscription, registry::EventKind kind) {
    auto made = std::make_shared<registry::Subscription>(*state_.subscriptions.at("default/" + subscription));
    made->kind = kind;
    state_.subscriptions.set("default/" + subscription, std::move(made));
    return *this;
  }
  // `json`: as it is declared.
  StateBuilder& filter(const std::string& subscription, std::string_view json,
                       registry::OnFilterError on_error = registry::OnFilterError::skip) {
    auto made = std::make_shared<registry::Subscription>(*state_.subscriptions.at("default/" + subscription));
    made->filter = filter::compile(json).value();
    made->filter_json = json;
    made->on_filter_error = on_error;
    state_.subscriptions.set("default/" + subscription, std::move(made));
    return *this;
  }
  StateBuilder& transform(const std::string& subscription, std::string_view json) {
    auto made = std::make_shared<registry::Subscription>(*state_.subscriptions.at("default/" + subscription));
    made->transform = transform::compile(json).value();
    made->transform_json = json;
    state_.subscriptions.set("default/" + subscription, std::move(made));
    return *this;
  }
  StateBuilder& tenants(const std::string& subscription, std::vector<std::string> tenants) {
    auto made = std::make_shared<registry::Subscription>(*state_.subscriptions.at("default/" + subscription));
    made->tenants = std::move(tenants);
    state_.subscriptions.set("default/" + subscription, std::move(made));
    return *this;
  }
  template <class Edit>
  StateBuilder& policy(const std::string& id, Edit edit) {
    auto made = std::make_shared<registry::BackoffPolicy>();
    made->id = id;
    edit(*made);
    state_.backoff_policies.set("default/" + id, std::move(made));
    return *this;
  }
  StateBuilder& policy(const std::string& id) {
    return policy(id, [](auto&) {});
  }
  template <class Edit>
  StateBuilder& source(const std::string& id, Edit edit) {
    auto made = std::make_shared<registry::Source>();
    made->id = id;
    edit(*made);
    state_.sources.set("default/" + id, std::move(made));
    return *this;
  }
  template <class Edit>
  StateBuilder& event_type(const std::string& id, Edit edit) {
    auto made = std::make_shared<registry::EventType>();
    made->id = id;
    edit(*made);
    state_.event_types.set("default/" + id, std::move(made));
    return *this;
  }
  template <class Edit>
  StateBuilder& tenant(const std::string& id, Edit edit) {
    auto made = std::make_shared<registry::Tenant>();
    made->id = id;
    edit(*made);
    state_.tenants.set("default/" + id, std::move(made));
    return *this;
  }
  StateBuilder& remove_endpoint(const std::string& id, const std::string& tenant = "default") {
    state_.endpoints.erase(tenant + "/" + id);
    return *this;
  }
  StateBuilder& remove_subscription(const std::string& id, const std::string& tenant = "default") {
    state_.subscriptions.erase(tenant + "/" + id);
    return *this;
  }
  // As after a change; key: "tenant/id".
  template <class Edit>
  StateBuilder& change(const std::string& key, Edit edit) {
    auto made = std::make_shared<registry::Endpoint>(*state_.endpoints.at(key));
    made->version = ++version_;
    edit(*made);
    state_.endpoints.set(key, std::move(made));
    return *this;
  }

  // The next offset of the registry's topic, of which the last change takes the one before: what is stamped from now
  // on.
  std::int64_t position() const { return version_ + 1; }
  // Each is newer than the one before.
  registry::StatePtr build() const {
    auto made = std::make_shared<registry::State>(state_);
    made->number = ++number_;
    made->position = position();
    return made;
  }

 private:
  registry::State state_;
  std::int64_t version_ = 0;
  mutable std::uint64_t number_ = 0;
};

// The same with other endpoints: `edit` changes a copy of each.
template <class Edit>
registry::StatePtr with_endpoints(const registry::State& state, Edit edit) {
  auto made = std::make_shared<registry::State>(state);
  for (const auto& [key, endpoint] : state.endpoints) {
    auto copy = std::make_shared<registry::Endpoint>(*endpoint);
    edit(*copy);
    made->endpoints.set(key, std::move(copy));
  }
  return made;
}

// What most tests of the core begin with.
inline StateBuilder one_endpoint() {
  StateBuilder state;
  state.endpoint("billing").subscription("s1", "billing", "order.#");
  return state;
}

}  // namespace certes::tests
