#pragma once
// NameWaits: transfers that wait for their host to be looked up; no handle or socket is taken yet. They are bounded, as
// their caller counts them among what is in flight: names that are not answered must not hold all of that. Of too many
// the tenant with the most gives way, by the name that it has waited for the longest. Who: SenderThread. Confined to
// it; the time is passed in.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

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
    std::vector<Transfer> transfers;  // in the order in which they came
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
  using Names = std::map<Name, Waits>;
  Ended end(Names::iterator name);
  void drop_ended();
  void give(const std::string& tenant, std::size_t count);

  const std::size_t most_;
  Names names_;
  std::deque<std::pair<SteadyTime, Name>> order_;  // the longest waiting first; some have ended, the first has not
  std::map<std::string, std::size_t> held_;        // by tenant
  std::size_t waiting_ = 0;
};

}  // namespace certes::http
