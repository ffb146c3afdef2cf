#pragma once
// Catalogue: the ledger's bodies read into the resources that the services use. What it cannot read it shows as
// unusable and keeps; it decides nothing. Who: Replica. Pure; confined to one thread.

#include <map>
#include <set>
#include <string>

#include "common/registry/ledger.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

class Catalogue {
 public:
  Catalogue();  // what is built in is there from the beginning
  // What stands under this key now; null: nothing. Kinds that this version does not know are passed over.
  void update(const std::string& key, const EntryPtr& entry);
  const State& state() const { return state_; }

 private:
  template <class T>
  void take_out(const std::string& key, const std::string& name);
  template <class T>
  void put_in(const std::string& name, const Entry& entry);
  void index(const std::string& name, const Key& key, bool present);

  State state_;
  std::map<std::string, std::set<std::string>, std::less<>> holders_;  // names of the keys with a text, by its hash
};

}  // namespace certes::registry
