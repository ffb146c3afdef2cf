// The rules for tenants, their quotas, and keys.
#include <algorithm>
#include <array>

#include "common/registry/rules.hpp"

namespace certes::registry {
namespace {

constexpr std::string_view kDefaultTenant = "default";

std::optional<std::int64_t> quota_of(const Quotas& quotas, std::string_view kind) {
  const std::array<std::pair<std::string_view, std::optional<std::int64_t>>, 5> all = {{
      {"sources", quotas.sources},
      {"endpoints", quotas.endpoints},
      {"subscriptions", quotas.subscriptions},
      {"keys", quotas.keys},
      {"event-types", quotas.event_types},
  }};
  for (const auto& [name, quota] : all) {
    if (name == kind) return quota;
  }
  return std::nullopt;
}

template <class T>
void remove_all(State& state, const std::string& tenant, std::vector<Dependent>& removed) {
  auto& map = Kind<T>::map(state);
  const std::string prefix = tenant + "/";
  for (auto it = map.lower_bound(prefix); it != map.end() && it->first.starts_with(prefix); it = map.erase(it)) {
    if constexpr (std::is_same_v<T, Key>) index_key(state, it->second, false);
    removed.push_back({Kind<T>::name, tenant, it->second->id});
  }
}

}  // namespace

Result<void> check_put(const State&, const Tenant& tenant) {
  if (tenant.tenant == kDefaultTenant) return {};
  return fail(Code::invalid, "a tenant belongs to no other tenant", "/tenant");
}

Result<void> check_remove(const State& state, const Tenant& tenant, bool cascade) {
  Result<void> result;
  if (cascade || tenant.id == kDefaultTenant) return result;  // the default tenant is there without a resource too
  for_each_kind([&](auto type) {
    using T = typename decltype(type)::type;
    const auto* user = find_user(Kind<T>::map(state), tenant.id, [](const T&) { return true; });
    if (user == nullptr || !result) return;
    result = fail(Code::conflict, "the tenant still has " + std::string(Kind<T>::name) + ": \"" + user->id +
                                      "\"; ?cascade=true deletes all it has");
  });
  return result;
}

std::vector<Dependent> remove_dependents(State& state, const Tenant& tenant) {
  std::vector<Dependent> removed;
  if (tenant.id == kDefaultTenant) return removed;
  for_each_kind([&](auto type) { remove_all<typename decltype(type)::type>(state, tenant.id, removed); });
  return removed;
}

std::optional<std::int64_t> quota(const State& state, std::string_view kind, std::string_view tenant) {
  const auto owner = state.tenant(tenant);
  return owner ? quota_of(owner->quotas, kind) : std::nullopt;
}

Result<void> check_quota(std::int64_t quota, std::size_t has, std::string_view kind, std::string_view tenant) {
  if (has < static_cast<std::size_t>(quota)) return {};
  const std::string member(kind == "event-types" ? "event_types" : kind);
  return fail(Code::conflict, "the tenant \"" + std::string(tenant) + "\" may have " + std::to_string(quota) + " " +
                                  std::string(kind) + " (quotas." + member + "), and has " + std::to_string(has));
}

Result<void> check_put(const State& state, const Key& key) {
  if (key.tenant != kDefaultTenant && !state.tenant(key.tenant))
    return fail(Code::invalid, "there is no tenant \"" + key.tenant + "\"", "/tenant");
  for (std::size_t i = 0; i < key.sources.size(); ++i) {
    if (state.source(key.tenant, key.sources[i])) continue;
    return fail(Code::invalid, "there is no source \"" + key.sources[i] + "\"", "/sources/" + std::to_string(i));
  }
  const auto free = [&](const std::string& hash) {
    const auto it = state.keys_by_hash.find(hash);
    return it == state.keys_by_hash.end() || (it->second->id == key.id && it->second->tenant == key.tenant);
  };
  if (!free(key.hash)) return fail(Code::conflict, "this key exists already under another id");
  for (const Key::Former& one : key.former) {
    if (!free(one.hash)) return fail(Code::conflict, "a former text of this key exists already under another id");
  }
  return {};
}

Result<void> check_remove(const State& state, const Source& source, bool) {
  const Key* bound = find_user(state.keys, source.tenant, [&](const Key& key) {
    return std::find(key.sources.begin(), key.sources.end(), source.id) != key.sources.end();
  });
  if (bound == nullptr) return {};
  return fail(Code::conflict, "the key \"" + bound->id + "\" is bound to this source");
}

void index_key(State& state, const std::shared_ptr<const Key>& key, bool present) {
  const auto set = [&](const std::string& hash) {
    if (present)
      state.keys_by_hash[hash] = key;
    else
      state.keys_by_hash.erase(hash);
  };
  set(key->hash);
  for (const Key::Former& one : key->former) set(one.hash);
}

}  // namespace certes::registry
