#pragma once
// Router: who gets an event, command or result, as the registry stands in one State. An endpoint with several matching
// subscriptions is matched once, at the highest of their priorities, with that subscription's back-off policy, else the
// nearest: endpoint, event type, source, global. In what state the endpoint is makes no difference here (fate.hpp).
// Who: core, one router per State. Pure but for its cache; confined to one thread.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/hash.hpp"
#include "common/registry/resources.hpp"
#include "dispatcher/routing/topic_trie.hpp"

namespace certes::dispatcher {

using PolicyPtr = std::shared_ptr<const registry::BackoffPolicy>;

struct Match {
  std::string key;  // "tenant/id" of the endpoint
  std::shared_ptr<const registry::Endpoint> endpoint;
  registry::Priority priority = registry::Priority::normal;
  PolicyPtr policy;  // never empty
};

struct RouterOptions {
  std::string global_policy;  // id; of the event's tenant, else of the default one
  PolicyPtr fallback;         // where no policy is named, or it is gone
};

class Router {
 public:
  Router(registry::StatePtr state, RouterOptions options);

  // Valid until the next call.
  const std::vector<Match>& route(std::string_view tenant, std::string_view type,
                                  registry::EventKind kind = registry::EventKind::event);
  // For a replay to one endpoint: as its subscriptions to that type say, else at normal
  // priority. Nothing: there is no such endpoint.
  std::optional<Match> only(std::string_view tenant, std::string_view type, std::string_view endpoint,
                            registry::EventKind kind = registry::EventKind::event) const;
  // For an endpoint that is no resource: at normal priority, with the global policy.
  Match apart(std::string_view tenant, std::shared_ptr<const registry::Endpoint> endpoint) const;
  const registry::StatePtr& state() const { return state_; }

 private:
  struct Bus {
    TopicTrie trie;
    std::vector<std::shared_ptr<const registry::Subscription>> subscriptions;
  };
  using PerTenant = std::array<Bus, registry::kEventKinds>;  // by kind

  registry::Priority highest_of(std::string_view tenant) const;  // that its deliveries may have
  std::vector<Match> match(std::string_view tenant, std::string_view type, registry::EventKind kind) const;
  PolicyPtr policy(std::string_view tenant, std::string_view type, registry::EventKind kind,
                   const registry::Subscription* subscription, const registry::Endpoint& endpoint) const;
  PolicyPtr global_policy(std::string_view tenant) const;
  PolicyPtr named(std::string_view tenant, std::string_view id) const;

  registry::StatePtr state_;
  RouterOptions options_;
  std::unordered_map<std::string, PerTenant, StringHash, std::equal_to<>> tenants_;
  std::unordered_map<std::string, std::vector<Match>, StringHash, std::equal_to<>>
      cache_;  // by kind, tenant, NUL, type
  std::string cache_key_;
};

}  // namespace certes::dispatcher
