#include "api/sealed_members.hpp"

#include <algorithm>

#include "common/registry/endpoint_auth.hpp"
#include "common/registry/endpoint_tls.hpp"

namespace certes::api {
namespace {

using registry::Endpoint;
using registry::Json;
using registry::Source;

bool is_shown(const Json& value) {
  return value.is_object() && value.size() == 1 && value.contains("set") && value["set"] == true;
}

Error not_set(std::string pointer) {
  return Error(Code::invalid, "is not set, so there is nothing to leave as it is", std::move(pointer));
}

Result<void> open_into(Json& value, const std::string& sealed, const std::string& context, const std::string& pointer,
                       const crypto::Sealer& sealer) {
  if (sealed.empty()) return fail(not_set(pointer));
  auto opened = sealer.open(sealed, context);
  if (!opened) return fail(Code::internal, pointer + " cannot be left as it is: " + opened.error().message);
  value = std::move(*opened);
  return {};
}

bool same_name(std::string_view one, std::string_view other) {
  return registry::lower_case(one) == registry::lower_case(other);
}

// The secrets of the scheme that is declared; those of another one are not its.
const registry::Verify& stored_verify(const Json& verify, const Source* current) {
  static const registry::Verify kNone;
  const auto scheme = verify.find("scheme");
  const bool same = current != nullptr && scheme != verify.end() && *scheme == current->verify.scheme;
  return same ? current->verify : kNone;
}

// "secret" stands for all there are.
void spread(Json& verify, const registry::Verify& stored) {
  const auto secret = verify.find("secret");
  if (secret == verify.end() || !is_shown(*secret) || stored.secrets.size() < 2) return;
  verify["secrets"] = Json(stored.secrets.size(), *secret);
  verify.erase("secret");
}

Result<void> fill_secrets(Json& verify, const Source* current, const crypto::Sealer& sealer) {
  const registry::Verify& stored = stored_verify(verify, current);
  const std::string context = current == nullptr ? std::string() : seal_context(*current);
  spread(verify, stored);
  const auto at = [&](std::size_t i) { return i < stored.secrets.size() ? stored.secrets[i] : std::string(); };
  if (const auto secret = verify.find("secret"); secret != verify.end() && is_shown(*secret))
    if (auto ok = open_into(*secret, at(0), context, "/verify/secret", sealer); !ok) return ok;
  if (const auto token = verify.find("verify_token"); token != verify.end() && is_shown(*token))
    if (auto ok = open_into(*token, stored.verify_token, context, "/verify/verify_token", sealer); !ok) return ok;
  const auto secrets = verify.find("secrets");
  for (std::size_t i = 0; secrets != verify.end() && secrets->is_array() && i < secrets->size(); ++i) {
    if (!is_shown((*secrets)[i])) continue;
    const std::string pointer = "/verify/secrets/" + std::to_string(i);
    if (auto ok = open_into((*secrets)[i], at(i), context, pointer, sealer); !ok) return ok;
  }
  return {};
}

// Those of `auth`, and the like. `stored`: null where there is none, or it is of another scheme.
template <class Part>
Result<void> fill_part(Json& part, const Part* stored, const Endpoint* current, const crypto::Sealer& sealer) {
  for (const auto& member : Part::members()) {
    const auto value = part.find(member.name);
    if (!member.sealed || value == part.end() || !is_shown(*value)) continue;
    const std::string name(member.name), pointer = "/" + std::string(Part::kName) + "/" + name;
    if (stored == nullptr) return fail(not_set(pointer));
    auto ok = open_into(*value, stored->*member.place, part_seal_context(*current, Part::kName, name), pointer, sealer);
    if (!ok) return ok;
  }
  return {};
}

Result<void> fill_auth(Json& declared, const Endpoint* current, const crypto::Sealer& sealer) {
  const auto auth = declared.find("auth");
  if (auth == declared.end() || !auth->is_object()) return {};
  const auto scheme = auth->find("scheme");
  const bool same = current != nullptr && current->auth && scheme != auth->end() && *scheme == current->auth->scheme;
  return fill_part(*auth, same ? current->auth.get() : nullptr, current, sealer);
}

Result<void> fill_tls(Json& declared, const Endpoint* current, const crypto::Sealer& sealer) {
  const auto tls = declared.find("tls");
  if (tls == declared.end() || !tls->is_object()) return {};
  return fill_part(*tls, current == nullptr ? nullptr : current->tls.get(), current, sealer);
}

Result<void> fill_headers(Json& declared, const Endpoint* current, const crypto::Sealer& sealer) {
  const auto headers = declared.find("headers");
  if (headers == declared.end() || !headers->is_object()) return {};
  for (auto& [name, value] : headers->items()) {
    if (!is_shown(value)) continue;
    const std::string context = current == nullptr ? std::string() : header_seal_context(*current, name);
    auto ok =
        open_into(value, stored_header(current, name), context, "/headers" + registry::pointer_step(name), sealer);
    if (!ok) return ok;
  }
  return {};
}

// Of another scheme its secrets are none.
void leave_auth(Json& shown, const Json& patch, const Endpoint& current) {
  const auto changes = patch.find("auth");
  if (!current.auth || changes == patch.end() || !changes->is_object()) return;
  if (!changes->contains("scheme") || (*changes)["scheme"] == current.auth->scheme) return;
  for (const auto& member : registry::EndpointAuth::members())
    if (member.sealed) shown["auth"].erase(std::string(member.name));
}

}  // namespace

std::string stored_header(const Endpoint* current, std::string_view name) {
  if (current != nullptr)
    for (const auto& [known, sealed] : current->headers)
      if (same_name(known, name)) return sealed;
  return {};
}

Result<void> fill_in(Json& declared, const Endpoint* current, const crypto::Sealer& sealer) {
  if (const auto secret = declared.find("secret"); secret != declared.end() && is_shown(*secret)) {
    if (current == nullptr || current->secrets.empty()) return fail(not_set("/secret"));
    declared.erase(secret);  // where none is declared, it keeps them all
  }
  if (auto ok = fill_auth(declared, current, sealer); !ok) return ok;
  if (auto ok = fill_tls(declared, current, sealer); !ok) return ok;
  return fill_headers(declared, current, sealer);
}

Result<void> fill_in(Json& declared, const Source* current, const crypto::Sealer& sealer) {
  const auto verify = declared.find("verify");
  if (verify == declared.end() || !verify->is_object()) return {};
  return fill_secrets(*verify, current, sealer);
}

void prepare_merge(Json& shown, const Json& patch, const Source& current) {
  const auto changes = patch.find("verify");
  if (changes == patch.end() || !changes->is_object()) return;
  Json& verify = shown["verify"];
  if (changes->contains("scheme") && (*changes)["scheme"] != current.verify.scheme) {
    for (const char* secret : {"secret", "secrets", "verify_token"}) verify.erase(secret);
    if (current.exclusive == current.exclusive_by_default()) shown.erase("exclusive");
  }
  if (changes->contains("secret")) verify.erase("secrets");
  if (changes->contains("secrets")) verify.erase("secret");
}

// One URL in the place of several, or the other way round.
void prepare_merge(Json& shown, const Json& patch, const Endpoint& current) {
  leave_auth(shown, patch, current);
  if (patch.contains("urls") && !patch.contains("url")) shown.erase("url");
  if (patch.contains("url") && !patch.contains("urls")) shown.erase("urls");
}

}  // namespace certes::api
