#pragma once
// NameWaits: transfers that wait for their host to be looked up; no handle or socket is taken yet. They are bounded, as
// their caller counts them among what is in flight: names that are not answered must not hold all of that. Of too many
// the tenant with the most gives way, by the name that it has waited for the longest. Every step costs the same, or a
// logarithm, however many names, tenants and transfers wait. Who: SenderThread. Confined to it; the time is passed in.

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "common/http/client/sender.hpp"

namespace certes::http {

class NameWaits {
 public:
  // Tenants wait apart: one's place for the name is not the other's (host_names.hpp).
  struct Name {
    std::string tenant, host;
    bool operator==(const Name&) const = default;
    bool operator<(const Name& other) const { return std::tie(tenant, host) < std::tie(other.tenant, other.host); }
  };
  struct Waits {
    std::list<Transfer> transfers;  // in the order in which they came
    SteadyTime until{};
  };
  using Ended = std::pair<Name, Waits>;

  explicit NameWaits(std::size_t most) : most_(most) {}

  bool contains(const Name& name) const { return names_.contains(name); }
  // `until`: how long the first waits, and the others with it. Never before that of another name.
  void add(const Name& name, Transfer&& transfer, SteadyTime until);
  // Nothing: none wait for it (any more).
  std::optional<Ended> take(const Name& name);
  std::optional<Ended> take_overdue(SteadyTime now);
  std::optional<Ended> take_surplus();  // nothing: they are not too many
  // False: it is not among them.
  bool forget(std::uint64_t id);
  std::optional<SteadyTime> next_at() const;

 private:
  using Order = std::list<const Name*>;  // keys of names_, the longest waiting first
  struct Tenant {
    std::size_t held = 0;  // transfers
    Order order;
  };
  using Tenants = std::map<std::string, Tenant, std::less<>>;
  struct Waiting {
    Waits waits;
    Tenants::iterator tenant;
    Order::iterator in_all, in_tenant;
  };
  using Names = std::map<Name, Waiting>;
  struct Held {
    Names::iterator name;
    std::list<Transfer>::iterator transfer;
  };

  Names::iterator begin(const Name& name, SteadyTime until);
  Ended end(Names::iterator name);
  void hold(Tenants::iterator tenant, std::size_t count);
  void let_go(Tenants::iterator tenant, std::size_t count);

  const std::size_t most_;
  Names names_;
  Order order_;
  Tenants tenants_;
  std::set<std::pair<std::size_t, std::string_view>> holders_;  // tenants, by how many transfers
  std::unordered_map<std::uint64_t, Held> transfers_;           // by id
};

}  // namespace certes::http
