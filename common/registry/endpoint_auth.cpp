#include "common/registry/endpoint_auth.hpp"

#include <algorithm>
#include <array>

namespace certes::registry {
namespace {

constexpr std::size_t kMaxAuthText = 512, kMaxAuthSecret = 4'096, kMaxAuthHeader = 128, kMaxTokenUrl = 2'048;

constexpr std::array kAuthMembers = {
    PartMember<EndpointAuth>{"username", &EndpointAuth::username, kMaxAuthText, false},
    PartMember<EndpointAuth>{"password", &EndpointAuth::password, kMaxAuthSecret, true},
    PartMember<EndpointAuth>{"token", &EndpointAuth::token, kMaxAuthSecret, true},
    PartMember<EndpointAuth>{"name", &EndpointAuth::name, kMaxAuthHeader, false},
    PartMember<EndpointAuth>{"value", &EndpointAuth::value, kMaxAuthSecret, true},
    PartMember<EndpointAuth>{"token_url", &EndpointAuth::token_url, kMaxTokenUrl, false},
    PartMember<EndpointAuth>{"client_id", &EndpointAuth::client_id, kMaxAuthText, false},
    PartMember<EndpointAuth>{"client_secret", &EndpointAuth::client_secret, kMaxAuthSecret, true},
    PartMember<EndpointAuth>{"scope", &EndpointAuth::scope, kMaxAuthText, false},
    PartMember<EndpointAuth>{"audience", &EndpointAuth::audience, kMaxAuthText, false},
    PartMember<EndpointAuth>{"resource", &EndpointAuth::resource, kMaxAuthText, false},
    PartMember<EndpointAuth>{"token_endpoint_auth_method", &EndpointAuth::token_endpoint_auth_method, 64, false},
    PartMember<EndpointAuth>{"service", &EndpointAuth::service, 64, false},
    PartMember<EndpointAuth>{"region", &EndpointAuth::region, 64, false},
    PartMember<EndpointAuth>{"access_key_id", &EndpointAuth::access_key_id, 128, false},
    PartMember<EndpointAuth>{"secret_access_key", &EndpointAuth::secret_access_key, kMaxAuthSecret, true},
    PartMember<EndpointAuth>{"session_token", &EndpointAuth::session_token, kMaxAuthSecret, true},
};

constexpr AuthScheme kAuthSchemes[] = {
    {kBasicAuth, "username password", ""},
    {kBearerAuth, "token", ""},
    {kHeaderAuth, "name value", ""},
    {kOauth2, "token_url client_id client_secret", "scope audience resource token_endpoint_auth_method"},
    {kAwsSigv4, "service region access_key_id secret_access_key", "session_token"},
};

// Whether the name is among those in the list.
bool is_listed(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    if (list.substr(0, end) == name) return true;
    list.remove_prefix(end == list.npos ? list.size() : end + 1);
  }
  return false;
}

}  // namespace

std::span<const PartMember<EndpointAuth>> EndpointAuth::members() { return kAuthMembers; }

bool EndpointAuth::sends(std::string_view header) const {
  if (scheme == kHeaderAuth) return header == lower_case(name);
  const bool of_aws = header == "x-amz-date" || header == "x-amz-security-token" || header == "x-amz-content-sha256";
  return header == "authorization" || (scheme == kAwsSigv4 && of_aws);
}

bool AuthScheme::needs_member(std::string_view member) const { return is_listed(needs, member); }
bool AuthScheme::takes_member(std::string_view member) const {
  return is_listed(needs, member) || is_listed(takes, member);
}

std::span<const AuthScheme> auth_schemes() { return kAuthSchemes; }

const AuthScheme* find_auth_scheme(std::string_view name) {
  const auto* const found = std::ranges::find(kAuthSchemes, name, &AuthScheme::name);
  return found == std::end(kAuthSchemes) ? nullptr : found;
}

std::string auth_scheme_names() {
  std::string names;
  for (const AuthScheme& scheme : kAuthSchemes) names.append(names.empty() ? "" : ", ").append(scheme.name);
  return names;
}

}  // namespace certes::registry
