#include "api/key_rules.hpp"

#include <algorithm>
#include <functional>

namespace certes::api {
namespace {

using registry::Key;

Error beyond(std::string message, std::string pointer) {
  return Error(Code::forbidden, std::move(message), std::move(pointer));
}

// Scopes and sources, which say what a key may do. `verb`: "give", "change", "delete".
Result<void> covers(const Key& key, const Call& call, const std::string& verb) {
  const Caller& caller = call.caller;
  for (std::size_t i = 0; i < key.scopes.size(); ++i) {
    if (caller.allowed(key.scopes[i])) continue;
    return fail(beyond("a key cannot " + verb + " one with the scope " + key.scopes[i] + ", which it does not have",
                       "/scopes/" + std::to_string(i)));
  }
  if (caller.sources.empty()) return {};
  if (key.tenant != caller.tenant)  // sources of the same name there are others
    return fail(beyond("a key that is bound to sources cannot " + verb + " another tenant's", "/tenant"));
  if (key.sources.empty())
    return fail(beyond("a key that is bound to sources cannot " + verb + " one that is not", "/sources"));
  for (std::size_t i = 0; i < key.sources.size(); ++i) {
    if (caller.bound_to(key.sources[i])) continue;
    return fail(beyond("a key cannot " + verb + " one with the source " + key.sources[i] + ", which it is not bound to",
                       "/sources/" + std::to_string(i)));
  }
  return {};
}

// What can be administered with the keys there are: by any, and by one that does not expire.
struct Administration {
  bool any = false, for_ever = false;
};
struct Administrations {
  Administration installation;  // the default tenant's keys
  Administration tenants;       // the others' keys administer their own alone: they count where there is none above
};

// What stands in a key's place; null: nothing.
using As = std::function<const Key*(const Key&)>;

Administrations administrations(const registry::State& state, UnixMillis now, const As& as) {
  Administrations found;
  for (const auto& [name, stored] : state.keys) {
    const Key* const key = as(*stored);
    if (key == nullptr || !key->sources.empty() || std::ranges::count(key->scopes, "*") == 0) continue;
    if (key->expires_at != 0 && key->expires_at <= now) continue;
    Administration& of = stored->tenant == registry::kDefaultTenant ? found.installation : found.tenants;
    of.any = true;
    of.for_ever |= key->expires_at == 0;
  }
  return found;
}

Result<void> keeps_administration(const registry::State& state, UnixMillis now, const As& as) {
  const Administrations all_before = administrations(state, now, [](const Key& key) { return &key; });
  const Administrations all_after = administrations(state, now, as);
  const bool whole = all_before.installation.any;
  const Administration& before = whole ? all_before.installation : all_before.tenants;
  const Administration& after = whole ? all_after.installation : all_after.tenants;
  if (before.any && !after.any)
    return fail(Code::conflict, "this is the last key with the scope *: nobody could administer the installation");
  if (before.for_ever && !after.for_ever)
    return fail(Code::conflict, "this is the last key with the scope * that does not expire");
  return {};
}

bool same(const registry::Meta& one, const registry::Meta& other) {
  return one.tenant == other.tenant && one.id == other.id;
}

}  // namespace

Result<void> may_give(const Key& key, const Call& call) {
  if (auto ok = covers(key, call, "give"); !ok) return ok;
  const Caller& caller = call.caller;
  if (caller.expires_at != 0 && (key.expires_at == 0 || key.expires_at > caller.expires_at))
    return fail(
        beyond("a key cannot give one that is good for longer than itself, until " + format_rfc3339(caller.expires_at),
               "/expires"));
  if (caller.rate_per_second > 0 && (key.rate_per_second == 0 || key.rate_per_second > caller.rate_per_second))
    return fail(beyond("a key cannot give one of a higher rate than its own", "/rate_per_second"));
  return {};
}

void bound_expiry(Key& next, const Key* current, const Call& call, UnixMillis now) {
  if (!call.caller.keyless) return;
  const bool same = current != nullptr && current->expires_at == next.expires_at && current->scopes == next.scopes &&
                    current->sources == next.sources && current->rate_per_second == next.rate_per_second;
  if (same) return;
  const UnixMillis latest = now + kKeylessMillis;
  if (next.expires_at == 0 || next.expires_at > latest) next.expires_at = latest;
}

Result<void> may_put(const Key& next, const Key* current, const Call& call, UnixMillis now) {
  if (current != nullptr)
    if (auto ok = covers(*current, call, "change"); !ok) return ok;
  if (auto ok = may_give(next, call); !ok) return ok;
  if (current == nullptr) return {};
  return keeps_administration(*call.state, now, [&](const Key& key) { return same(key, next) ? &next : &key; });
}

Result<void> may_remove(const Key& key, const Call& call, UnixMillis now) {
  if (auto ok = covers(key, call, "delete"); !ok) return ok;
  return keeps_administration(*call.state, now, [&](const Key& other) { return same(other, key) ? nullptr : &other; });
}

Result<void> may_remove_keys_of(const registry::Tenant& tenant, const Call& call, UnixMillis now) {
  if (tenant.id == registry::kDefaultTenant) return {};  // its keys stay
  return keeps_administration(*call.state, now,
                              [&](const Key& key) { return key.tenant == tenant.id ? nullptr : &key; });
}

}  // namespace certes::api
