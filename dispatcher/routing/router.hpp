#pragma once
// Router: who gets an event, command or result, as the registry stands in one State: the tenant's own endpoints, and of
// events about Certes those of the default tenant whose subscriptions say so. An endpoint with several matching
// subscriptions is matched once, at the highest of their priorities, with that subscription's back-off policy, else the
// nearest: endpoint, event type, source, global. In what state the endpoint is makes no difference here (fate.hpp), and
// what filters say of an event is asked behind it (sieve.hpp).
// It follows from State to State by what has changed between them, however much stands there. What types match is
// remembered, as types come from producers within a bound of bytes; what is remembered of a type is found anew only
// where a change since may concern it. Who: core. Pure but for what it remembers; confined to one thread.

#include <array>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/hash.hpp"
#include "common/registry/transforming.hpp"
#include "dispatcher/routing/topic_trie.hpp"

namespace certes::dispatcher {

using PolicyPtr = std::shared_ptr<const registry::BackoffPolicy>;

// One of the subscriptions by which an endpoint may get an event, where what is in the event decides.
struct Choice {
  std::string subscription;                       // its id
  std::shared_ptr<const filter::Program> filter;  // null: it takes all
  registry::OnFilterError on_filter_error = registry::OnFilterError::skip;
  registry::Priority priority = registry::Priority::normal;
  PolicyPtr policy;
  registry::TransformPtr transform;  // the subscription's; null: the endpoint's
};

struct Match {
  std::string key;  // "tenant/id" of the endpoint
  std::shared_ptr<const registry::Endpoint> endpoint;
  registry::Priority priority = registry::Priority::normal;
  PolicyPtr policy;  // never empty
  // By type alone: the first of these that takes the event decides (sieve.hpp), with its priority and policy. Null:
  // every event of the type is taken.
  std::shared_ptr<const std::vector<Choice>> choices = {};
  registry::TransformPtr transform = {};  // of the subscription by which it goes; null: the endpoint's
  std::string filter_failure = {};        // behind the sieve: why it is a dead letter at once; empty: it is none
};

struct RouterOptions {
  std::string global_policy;                // id; of the event's tenant, else of the default one
  PolicyPtr fallback;                       // where no policy is named, or it is gone
  std::size_t remembered_bytes = 8u << 20;  // of what types match, but for the last that was asked
};

class Router {
 public:
  Router(registry::StatePtr state, RouterOptions options);

  // Goes on to a newer State. Costs what has changed since the one before.
  void follow(registry::StatePtr state);

  // In the order of the endpoints' ids, and of their tenants. Valid until the next call.
  const std::vector<Match>& route(std::string_view tenant, std::string_view type,
                                  registry::EventKind kind = registry::EventKind::event);
  // Whether anybody gets it: as route(), but nothing is remembered, and what route() gave stays valid.
  bool anybody(std::string_view tenant, std::string_view type);
  // For a replay to one endpoint of that tenant: as its subscriptions to that type say, else at normal
  // priority. Nothing: there is no such endpoint.
  std::optional<Match> only(std::string_view tenant, std::string_view type, std::string_view endpoint,
                            registry::EventKind kind = registry::EventKind::event);
  // For an endpoint that is no resource: at normal priority, with the global policy.
  Match apart(std::string_view tenant, std::shared_ptr<const registry::Endpoint> endpoint) const;
  registry::Priority highest_of(std::string_view tenant) const;  // that its deliveries may have
  // As route() says of one endpoint; null: nothing. `home`: the endpoint's tenant. Valid as long.
  const Match* find(std::string_view tenant, std::string_view type, std::string_view home, std::string_view endpoint,
                    registry::EventKind kind);
  // The number of the State in which anything that matches of this tenant's endpoints depend on changed last, or a
  // later one.
  std::uint64_t changed_in(std::string_view tenant) const;
  const registry::StatePtr& state() const { return state_; }
  std::size_t remembered_bytes() const { return bytes_; }

 private:
  // What may change matches of a tenant: a subscription to this pattern; without a pattern, an endpoint.
  struct Change {
    std::uint64_t number;
    registry::EventKind kind;
    std::string pattern, endpoint;
  };
  using Bus = TopicTrie<const registry::Subscription*>;  // of state_
  struct Tenant {
    std::array<Bus, registry::kEventKinds> buses;  // by kind
    std::deque<Change> changes;                    // the last ones
    std::uint64_t all_before = 0;                  // what was found before this change is void
    std::uint64_t changed = 0;                     // the last change
    std::uint64_t changed_in = 0;                  // the State it came with
  };
  struct Remembered {
    std::string key;  // kind, tenant, NUL, type
    std::vector<Match> matches;
    bool lacks = false;       // an endpoint of a subscription that matches: it is not there
    std::uint64_t found = 0;  // the last change when it was found, or found still to hold
    std::size_t bytes = 0;
  };
  struct Asked {
    std::string_view tenant, type;
    registry::EventKind kind;
  };

  void follow_subscriptions(const registry::State& before);
  void follow_endpoints(const registry::State& before);
  void follow_policies(const registry::State& before);
  void follow_tenants(const registry::State& before);
  void begin_change(Tenant& tenant);
  void note(Tenant& tenant, Change change);
  void note_all(std::string_view tenant);
  void forget(std::string_view tenant);
  void void_all();

  const Tenant* find(std::string_view tenant) const;
  bool holds(Remembered& remembered, const Asked& asked) const;
  bool concerned(const Remembered& remembered, const Asked& asked, std::string_view home) const;
  void find_anew(Remembered& remembered, const Asked& asked);
  void bound();
  void match(const Asked& asked, Remembered& into);
  void match_in(std::string_view home, const Asked& asked, Remembered& into);
  std::vector<const registry::Subscription*> subscriptions(std::string_view home, const Asked& asked);
  // Of one endpoint: `matching` in their order.
  std::shared_ptr<const std::vector<Choice>> choices(const Asked& asked, const registry::Endpoint& endpoint,
                                                     std::span<const registry::Subscription* const> matching) const;
  // Of the endpoint's tenant.
  PolicyPtr policy(const Asked& asked, const registry::Subscription* subscription,
                   const registry::Endpoint& endpoint) const;
  PolicyPtr global_policy(std::string_view tenant) const;

  registry::StatePtr state_;
  const RouterOptions options_;
  // Those that have had a subscription: without one, nothing matches.
  std::unordered_map<std::string, Tenant, StringHash, std::equal_to<>> tenants_;
  std::uint64_t changes_ = 0;     // so many there were, of all tenants
  std::uint64_t all_before_ = 0;  // as a Tenant's, of all tenants
  std::uint64_t all_changed_in_ = 0;
  std::list<Remembered> remembered_;  // the last asked first
  std::unordered_map<std::string_view, std::list<Remembered>::iterator> by_key_;
  std::size_t bytes_ = 0;
  std::string asked_key_;
};

}  // namespace certes::dispatcher
