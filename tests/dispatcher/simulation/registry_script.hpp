#pragma once
// RegistryScript: the registry of a simulation, changed by its schedule: what stands now, and since when who was
// subscribed to what, for the judge. Endpoints are "a", "b" and "c". Confined to the test's thread.

#include <map>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "tests/common/log/owner/manual_clock.hpp"
#include "tests/dispatcher/resources.hpp"

namespace certes::dispatcher::simulation {

using log::testing::ManualClock;

inline const std::vector<std::string> kEndpoints = {"a", "b", "c"};
inline const std::vector<std::string> kTypes = {"order.created", "invoice.paid"};

class RegistryScript {
 public:
  explicit RegistryScript(const ManualClock& clock);

  const registry::StatePtr& now() const { return now_; }
  // A random change of one endpoint or subscription; says which.
  std::string change(Random& random);
  // After a 410; false: it was changed since.
  bool disable_gone(const registry::Endpoint& endpoint);
  void all_active();

  // Whether it has covered the type in any State from that one on, and in all of them.
  bool ever_covered(const std::string& endpoint, const std::string& type, std::uint64_t from) const;
  bool always_covered(const std::string& endpoint, const std::string& type, std::uint64_t from) const;
  // Null: there is no such endpoint.
  std::shared_ptr<const registry::Endpoint> endpoint(const std::string& id) const;

 private:
  void subscribe(const std::string& endpoint, const std::string& pattern);
  void publish();

  const ManualClock& clock_;
  tests::StateBuilder builder_;
  std::map<std::string, std::string> patterns_;  // of who is subscribed; an endpoint has one subscription at most
  registry::StatePtr now_;
  struct Span {
    std::uint64_t from, to;  // numbers of States; to: the first without it, 0: it lasts
  };
  std::map<std::pair<std::string, std::string>, std::vector<Span>> covered_;
};

}  // namespace certes::dispatcher::simulation
