#pragma once
// Endpoints: those that have, or had, deliveries, as the registry changes them: made when the first delivery comes,
// given new limits, paused, rested, and let go of once they are deleted and nothing of them is left. Who: core.
// Confined to the core loop.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/hash.hpp"
#include "dispatcher/endpoint/endpoint.hpp"
#include "dispatcher/endpoint/health.hpp"
#include "dispatcher/endpoint/share.hpp"
#include "dispatcher/endpoint/sweep.hpp"
#include "dispatcher/loading/backlogs.hpp"
#include "dispatcher/notices/notices.hpp"
#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

class Endpoints {
 public:
  // All outlive it. `first_in_flight`: of CoreOptions.
  Endpoints(Scheduler& scheduler, Sweep& sweep, Observer& observer, Notices& notices, const crypto::Sealer& sealer,
            const Clock& clock, int first_in_flight);

  // The match's, made where it has none. `state`: of the registry, none yet: nothing.
  Endpoint& of(const Match& match, const registry::State* state);
  const Endpoint* find(std::string_view key) const;
  Endpoint* find(std::string_view key);
  // Goes on to a newer State. Costs what has changed since the one before.
  void use(registry::StatePtr state);
  // Of the limits of each, from then on. Costs as much as there are endpoints, where it is another.
  void use(const Share& share);

  // Whom its next request is for, other than those that were tried with it; none: no other has room now. Where nothing
  // was tried there is one.
  Seat choose(Endpoint& endpoint, const Workers::Ids& tried);
  // A request of that seat has ended, and says this of who was to get it; then its seat is over.
  void answered(Endpoint& endpoint, const Seat& seat, Health health, Micros took);
  // What the name of its URL leads to, as far as it was looked up for that request (null: it was not). Before the
  // above.
  void learn(Endpoint& endpoint, const Seat& seat, const http::ResolutionPtr& resolution);
  void seat_is_over(Endpoint& endpoint) { allow(endpoint); }

  void given_up(Endpoint& endpoint);                // while the registry decides whether it is disabled
  void disable_failed(std::string_view key);        // the registry did not take it
  void rest(Endpoint& endpoint, SteadyTime until);  // nothing is sent to it until then
  // What it rested for has come: it wakes in this round or the next, unless its breakers are open.
  void end_wait(Endpoint& endpoint);
  // The next that has rested; nothing: none has.
  Endpoint* wake(SteadyTime now);
  std::optional<SteadyTime> next_wake() const;
  void drop_left();  // those that are deleted, once nothing of them is open
  // Those whose mode or limits have changed since the last call; some may stand there twice.
  std::vector<Endpoint*> take_changed() { return std::exchange(changed_, {}); }

 private:
  using Owned = std::unique_ptr<Endpoint>;

  void update(Endpoint& endpoint, std::shared_ptr<const registry::Endpoint> config);
  void apply(Endpoint& endpoint);  // mode and limits, to the scheduler
  void begin_anew(Endpoint& endpoint, const registry::Endpoint& config);
  void allow(Endpoint& endpoint);
  void begin_workers(Endpoint& endpoint, const registry::Endpoint& config,
                     const std::optional<registry::BreakerSettings>& breaker);
  struct Standing {  // of its workers
    bool closed = true;
    int tripped = 0;
  };
  static Standing standing_of(const Endpoint& endpoint);
  void tell(Endpoint& endpoint, const Standing& before, std::string_view worker);
  void wake_worker_at(Endpoint& endpoint, std::optional<SteadyTime> at);
  void wake_workers(SteadyTime now);
  void end_rest(Endpoint& endpoint, SteadyTime now);
  void wake_at(Endpoint& endpoint, SteadyTime at);
  void remove(Endpoint& endpoint);
  void use_endpoints(const registry::State& before);
  void use_tenants(const registry::State& before);

  Scheduler& scheduler_;
  Sweep& sweep_;
  Observer& observer_;
  Notices& notices_;
  const crypto::Sealer& sealer_;
  const Clock& clock_;
  const int first_in_flight_;
  registry::StatePtr state_ = std::make_shared<const registry::State>();  // that the others are of
  std::unordered_map<std::string, Owned, StringHash, std::equal_to<>> endpoints_;
  std::unordered_map<std::string, std::shared_ptr<TenantLimits>, StringHash, std::equal_to<>> tenants_;
  std::vector<Owned> leaving_;                                   // deleted, with deliveries
  std::set<std::pair<SteadyTime, Endpoint*>> resting_, waking_;  // waking_: by wakes_worker_at
  std::vector<Endpoint*> changed_;
  std::size_t next_affinity_ = 0;
  Share share_;
};

}  // namespace certes::dispatcher
