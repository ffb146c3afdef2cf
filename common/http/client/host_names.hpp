#pragma once
// HostNames: what a resolver knows of names, which of them wait to be looked up, and whose turn it is. Fair by tenant:
// a tenant that goes on inventing names takes threads and places from nobody. Who: Resolver. Confined to its owner,
// which holds a mutex.
// - Each tenant that asks for a name has a place of its own for it. What is known of the name is shared, and stays as
//   long as one of them has its place. Where none is free, whoever holds most gives way: by what it has not asked for
//   for the longest, else by the newest that waits. What is forgotten is asked for anew, so this is no case for Shares,
//   where nobody gives way below a quarter.
// - Each of them waits in its own lane for the name. Lanes have their turns one after the other, and the first whose
//   turn it is has the name looked up for all, on its own account: nobody waits longer because others want it too.
// - Threads go by ThreadShares. Names of which nothing was heard the last time (silent) come after the tenant's others,
//   and take at most half of the threads, by the same shares.
// Every step costs a logarithm of how many names, tenants and places there are, and a look at those who have threads.

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/hash.hpp"
#include "common/base/thread_shares.hpp"
#include "common/http/client/resolver.hpp"

namespace certes::http {

class HostNames {
 public:
  struct Tenant;
  struct Place;
  using Places = std::list<Place>;
  using Tells = std::vector<std::function<void()>>;
  enum class Stage : std::uint8_t { idle, waiting, at_work };

  struct Name {
    std::string_view host;
    Stage stage = Stage::idle;
    ResolutionPtr last;   // nothing: never looked up
    ResolutionPtr found;  // the last that was; a failure of the name's own ends it
    SteadyTime found_at{}, failed_until{}, asked_at{};
    bool silent = false;        // the last time nothing was heard of it
    SteadyTime silent_since{};  // when that began
    Tells telling;
    std::size_t places = 0;
    std::unordered_set<Place*> waiting;  // in their lanes
  };
  struct Place {
    Name* name = nullptr;
    Tenant* tenant = nullptr;
    Places* in = nullptr;  // of the tenant's lists
    Places::iterator at{};
  };
  // A name whose turn it is, on whose account.
  struct Turn {
    Name* name = nullptr;
    Tenant* tenant = nullptr;
    std::string host;
    bool silent = false;
  };

  HostNames(std::size_t threads, std::size_t most);
  ~HostNames();
  HostNames(const HostNames&) = delete;
  HostNames& operator=(const HostNames&) = delete;

  // The tenant's place for the name, which it asks for now; valid until the next call. Nothing: it holds most, and all
  // that waits. `away`: to be told that their names do not wait any more.
  Place* place(std::string_view tenant, const std::string& host, Tells& away);
  // False: it waits already, or is looked up.
  bool wait(Place& place);
  // For nobody any more.
  void stop_waiting(Name& name);
  bool may_begin() const { return whose_turn() != nullptr; }
  // Whose turn it is: it is looked up until done(). Nothing: nothing waits, or none of it may have a thread now.
  std::optional<Turn> next();
  void done(const Turn& turn);
  std::size_t waiting() const { return waiting_; }  // names

 private:
  using Ring = std::map<std::uint64_t, Tenant*>;  // tenants, by their turns

  Tenant& tenant_of(std::string_view name);
  bool make_room(Tenant& asking, Tells& away);
  void remove(Place& place, Tells& away);
  void hold(Tenant& tenant, Name& name, Places::iterator place);
  void let_go(Tenant& tenant, Name& name);
  Tenant* whose_turn() const;
  template <class May>
  Tenant* first_in_ring(const May& may) const;
  void keep_in_ring(Tenant& tenant);
  void leave_ring(Tenant& tenant);
  void drop_if_unused(Name& name);
  void drop_if_unused(Tenant& tenant);

  const std::size_t most_;
  const ThreadShares threads_, half_;
  std::unordered_map<std::string, Name> names_;
  std::unordered_map<std::string, std::unique_ptr<Tenant>, StringHash, std::equal_to<>> tenants_;
  std::set<std::pair<std::size_t, Tenant*>> holders_;  // by how many places
  Ring first_, again_;  // of tenants that have something waiting; again: silent names alone
  std::uint64_t turns_ = 0;
  std::size_t held_ = 0, waiting_ = 0;
  int at_work_ = 0, silent_at_work_ = 0;
};

}  // namespace certes::http
