#include "gateway/access/caller.hpp"

#include <algorithm>

#include "common/crypto/crypto.hpp"

namespace certes::gateway {
namespace {

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() > word.size() && text[word.size()] == ' ' &&
         std::equal(word.begin(), word.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b); });
}

// What a variable that is not set makes of "Bearer $KEY".
bool empty_bearer(std::string_view authorization) {
  return authorization.size() == 6 && starts_with_word(std::string(authorization) + ' ', "bearer");
}

// The key of "Bearer KEY", or the password of "Basic base64(name:KEY)". Empty if it is neither.
std::string presented_key(std::string_view authorization) {
  if (starts_with_word(authorization, "bearer")) {
    authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', 6), authorization.size()));
    return std::string(authorization);
  }
  if (!starts_with_word(authorization, "basic")) return {};
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', 5), authorization.size()));
  const auto pair = crypto::base64_decode(authorization);
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  return colon == std::string::npos ? std::string() : pair->substr(colon + 1);
}

}  // namespace

bool Caller::allowed(std::string_view scope) const {
  return std::ranges::any_of(scopes, [&](const std::string& own) { return own == "*" || own == scope; });
}

bool Caller::bound_to(std::string_view source) const { return std::ranges::count(sources, source) > 0; }

Result<void> may_act_for(const Caller& caller, std::string_view tenant, bool writes, const registry::State& state) {
  if (tenant == caller.tenant) return {};
  if (caller.tenant != registry::kDefaultTenant)
    return fail(Code::forbidden, "this key belongs to the tenant \"" + caller.tenant + "\" alone");
  const std::string_view scope = writes ? "tenants:write" : "tenants:read";
  if (!caller.allowed(scope))
    return fail(Code::forbidden, "the key \"" + caller.key + "\" lacks the scope " + std::string(scope) +
                                     ", and so belongs to the tenant \"" + caller.tenant + "\" alone");
  if (state.tenant(tenant)) return {};
  return fail(Code::not_found, "there is no tenant \"" + std::string(tenant) + "\"");
}

Result<Caller> authenticate(const http::Request& request, const registry::State& state, const Clients& clients,
                            const Clock& clock) {
  const std::string_view authorization = request.header("authorization");
  if (authorization.empty()) {
    if (clients.needs_no_key(request))
      return Caller{"dev", std::string(registry::kDefaultTenant), {"*"}, {}, 0, 0, true};
    return fail(Code::unauthenticated, "no key: send Authorization: Bearer certes_...", "Authorization");
  }
  if (empty_bearer(authorization))
    return fail(Code::unauthenticated,
                clients.needs_no_key(request)
                    ? "Bearer is empty: is the variable with the key set? Here none is needed: leave the header out"
                    : "Bearer is empty: is the variable with the key set?",
                "Authorization");
  const std::string key = presented_key(authorization);
  if (key.empty()) {
    return fail(Code::unauthenticated, "Authorization must be Bearer with a key, or Basic with it as password",
                "Authorization");
  }
  // Found by its hash: how long the search takes tells nothing of the key.
  const std::string hash = crypto::hash_api_key(key);
  const auto* found = state.keys_by_hash.find(hash);
  if (found == nullptr) return fail(Code::unauthenticated, "this key is not known", "Authorization");
  const registry::Key& known = **found;
  const UnixMillis expires_at = known.expiry_of(hash);
  if (expires_at != 0 && expires_at <= clock.unix_millis()) {
    const std::string why = hash == known.hash ? "\" has expired" : "\" was rotated, and its former text has expired";
    return fail(Code::unauthenticated, "the key \"" + known.id + why, "Authorization");
  }
  return Caller{known.id, known.tenant, known.scopes, known.sources, expires_at, known.rate_per_second};
}

}  // namespace certes::gateway
