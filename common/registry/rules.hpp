#pragma once
// What spans resources: the references that must hold. Internal to the registry; pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/registry/kinds.hpp"

namespace certes::registry {

// Whether the resource may stand in this state (its own earlier version is still in it).
Result<void> check_put(const State& state, const Tenant& tenant);
Result<void> check_put(const State& state, const Source& source);
Result<void> check_put(const State& state, const Endpoint& endpoint);
Result<void> check_put(const State& state, const Subscription& subscription);
Result<void> check_put(const State& state, const BackoffPolicy& policy);
Result<void> check_put(const State& state, const EventType& type);
Result<void> check_put(const State& state, const Key& key);
Result<void> check_put(const State& state, const Installation& installation);

// How many of that kind ("endpoints", …) the tenant may have; nothing: as many as it likes.
std::optional<std::int64_t> quota(const State& state, std::string_view kind, std::string_view tenant);
// Whether a tenant that has so many may have one more. Error: conflict.
Result<void> check_quota(std::int64_t quota, std::size_t has, std::string_view kind, std::string_view tenant);

// Whether it may go. With `cascade` what hangs on an endpoint, or belongs to a tenant, goes with it: remove_dependents.
Result<void> check_remove(const State& state, const Tenant& tenant, bool cascade);
Result<void> check_remove(const State& state, const Endpoint& endpoint, bool cascade);
Result<void> check_remove(const State& state, const BackoffPolicy& policy, bool cascade);
Result<void> check_remove(const State& state, const Source& source, bool cascade);
inline Result<void> check_remove(const State&, const Subscription&, bool) { return {}; }
inline Result<void> check_remove(const State&, const EventType&, bool) { return {}; }
inline Result<void> check_remove(const State&, const Key&, bool) { return {}; }
inline Result<void> check_remove(const State&, const Installation&, bool) { return {}; }

// What went with another resource.
struct Dependent {
  std::string_view kind;
  std::string tenant, id;
};
std::vector<Dependent> remove_dependents(State& state, const Endpoint& endpoint);
std::vector<Dependent> remove_dependents(State& state, const Tenant& tenant);
template <class T>
std::vector<Dependent> remove_dependents(State&, const T&) {
  return {};
}

// The keys of the state by their hashes: with this one, or without it.
void index_key(State& state, const std::shared_ptr<const Key>& key, bool present);

// The first of the tenant's resources in `map` for which `uses` holds; none: null.
template <class T, class Uses>
const T* find_user(const State::Map<T>& map, const std::string& tenant, Uses uses) {
  const std::string prefix = tenant + "/";
  for (auto it = map.lower_bound(prefix); it != map.end() && it->first.starts_with(prefix); ++it) {
    if (uses(*it->second)) return it->second.get();
  }
  return nullptr;
}

}  // namespace certes::registry
