#pragma once
// RegistryScript: the registry of a simulation, changed by its schedule: what stands now, and since when who was there
// and subscribed to what, for the judge. Two tenants; one endpoint takes commands, another the results of them, all
// take events. Confined to the test's thread.

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tests/dispatcher/resources.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/simulation/dice.hpp"

namespace certes::dispatcher::simulation {

using certes::simulation::Dice;
using registry::EventKind;
using tests::ManualClock;

inline const std::vector<std::string> kTenants = {"default", "other"};
// "tenant/id". Two have the same id.
inline const std::vector<std::string> kEndpoints = {"default/a", "default/b", "default/c", "default/d", "other/a"};
inline const std::vector<std::string> kTypes = {"order.created", "invoice.paid"};
inline const std::string kDeadLettered = "certes.delivery.dead_lettered";  // of Certes' own making
inline const std::string kCommand = "Billing.Charge";

// What all deliveries follow but those of "default/b", which may take as many attempts as they have time for.
inline constexpr Millis kRetryDelay{1'000};
inline constexpr std::uint32_t kMaxAttempts = 3;
inline constexpr Millis kMaxTime{6'000};
bool is_timed(std::string_view endpoint);

std::string tenant_of(std::string_view endpoint);
std::string id_of(std::string_view endpoint);

class RegistryScript {
 public:
  // `timed`: whether there is one whose deliveries end by time. `concurrency`, `workers`, `ordering`: of endpoints.
  // `ahead`: the clock of the registry's broker, of all others.
  RegistryScript(const ManualClock& clock, bool timed, int concurrency, int workers, registry::Ordering ordering,
                 Millis ahead);

  // One endpoint takes what is published of dead letters, and nothing else.
  void watch_dead_letters();

  const registry::StatePtr& now() const { return now_; }
  // A random change of one endpoint or subscription; says which.
  std::string change(Dice& dice);
  // After a 410; false: it was changed since.
  bool disable_gone(const registry::Endpoint& endpoint);
  void all_active();

  // Whether a subscription of the endpoint has covered the type in any State from that one on, and in all of them.
  bool ever_covered(const std::string& endpoint, EventKind kind, const std::string& type, std::uint64_t from) const;
  bool always_covered(const std::string& endpoint, EventKind kind, const std::string& type, std::uint64_t from) const;
  // The same of the endpoint itself.
  bool ever_there(const std::string& endpoint, std::uint64_t from) const;
  bool always_there(const std::string& endpoint, std::uint64_t from) const;
  // Null: there is no such endpoint.
  std::shared_ptr<const registry::Endpoint> endpoint(const std::string& key) const;

 private:
  using Bound = std::pair<std::string, EventKind>;                  // endpoint, and of which kind its subscription is
  using Covered = std::tuple<std::string, EventKind, std::string>;  // with the type; empty: the endpoint is there
  struct Span {
    std::uint64_t from, to;  // numbers of States; to: the first without it, 0: it lasts
  };
  using Spans = std::map<Covered, std::vector<Span>>;

  UnixMillis append_time() const { return clock_.unix_millis() + ahead_.count(); }
  void make(const std::string& endpoint);
  void set_state(const std::string& endpoint, registry::EndpointState state, const std::string& by = "admin");
  void subscribe(const Bound& bound, const std::string& pattern, registry::Priority priority);
  void unsubscribe(const Bound& bound);
  std::string purge(const std::string& endpoint, Dice& dice);
  std::string change_subscription(const std::string& endpoint, Dice& dice, bool away);
  void publish();
  void note(const Covered& what, bool covers);
  static bool ever(const std::vector<Span>& spans, std::uint64_t from);
  static bool always(const std::vector<Span>& spans, std::uint64_t from);

  const ManualClock& clock_;
  const bool timed_;
  const int concurrency_, workers_;
  const registry::Ordering ordering_;
  const Millis ahead_;
  tests::StateBuilder builder_;
  std::map<Bound, std::string> patterns_;  // of who is subscribed
  registry::StatePtr now_;
  Spans spans_;
};

}  // namespace certes::dispatcher::simulation
