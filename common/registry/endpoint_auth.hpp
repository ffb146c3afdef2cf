#pragma once
// EndpointAuth: how an endpoint's requests say who sends them, and the table of schemes: which members of `auth` each
// needs and takes. Who: the registry (checks declarations), the API (seals), the dispatcher (opens, and sends).
// docs/authentication.md tells users. Constant, any thread.

#include <span>
#include <string>
#include <string_view>

#include "common/registry/part_member.hpp"

namespace certes::registry {

struct EndpointAuth {
  static constexpr std::string_view kName = "auth";
  static std::span<const PartMember<EndpointAuth>> members();

  std::string scheme;
  std::string username = {};   // basic
  SealedSecret password = {};  // basic
  SealedSecret token = {};     // bearer
  std::string name = {};       // header: its name
  SealedSecret value = {};     // header: its value
  // These are of oauth2 (client credentials), as RFC 6749, 7591 and 8707 call them.
  std::string token_url = {};
  std::string client_id = {};
  SealedSecret client_secret = {};
  std::string scope = {}, audience = {}, resource = {};
  std::string token_endpoint_auth_method = {};  // empty: kSecretBasic

  // These are of aws_sigv4.
  std::string service = {}, region = {}, access_key_id = {};
  SealedSecret secret_access_key = {};
  SealedSecret session_token = {};  // of temporary credentials

  // Whether it is sent in the header of that name (lower case).
  bool sends(std::string_view header) const;
};

struct AuthScheme {
  std::string_view name;
  std::string_view needs;  // members of `auth`, separated by a space
  std::string_view takes;  // besides those

  bool needs_member(std::string_view member) const;
  bool takes_member(std::string_view member) const;  // needs or takes
};

inline constexpr std::string_view kBasicAuth = "basic", kBearerAuth = "bearer", kHeaderAuth = "header",
                                  kOauth2 = "oauth2", kAwsSigv4 = "aws_sigv4";
// How a client says to the token server who it is: in a header, or in the form.
inline constexpr std::string_view kSecretBasic = "client_secret_basic", kSecretPost = "client_secret_post";

std::span<const AuthScheme> auth_schemes();
const AuthScheme* find_auth_scheme(std::string_view name);
// "basic, bearer, …"
std::string auth_scheme_names();

}  // namespace certes::registry
