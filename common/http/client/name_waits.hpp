#pragma once
// NameWaits: transfers that wait for their host to be looked up; no handle or socket is taken yet. Who: SenderThread.
// Confined to it; the time is passed in.

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

  bool contains(const Name& name) const { return names_.contains(name); }
  // `until`: how long the first waits, and the others with it. Never before that of another name.
  void add(const Name& name, Transfer&& transfer, SteadyTime until);
  // Nothing: none wait for it (any more).
  std::optional<Ended> take(const Name& name);
  std::optional<Ended> take_overdue(SteadyTime now);
  // False: it is not among them.
  bool forget(std::uint64_t id);
  std::optional<SteadyTime> next_at() const;

 private:
  using Names = std::map<Name, Waits>;
  Ended end(Names::iterator name);
  void drop_ended();

  Names names_;
  std::deque<std::pair<SteadyTime, Name>> order_;  // the longest waiting first; some have ended, the first has not
};

}  // namespace certes::http
