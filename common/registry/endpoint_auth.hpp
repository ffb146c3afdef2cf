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

  // The header that it is sent in, in lower case.
  std::string header() const;
};

struct AuthScheme {
  std::string_view name;
  std::string_view needs;  // members of `auth`, separated by a space
  std::string_view takes;  // besides those

  bool needs_member(std::string_view member) const;
  bool takes_member(std::string_view member) const;  // needs or takes
};

inline constexpr std::string_view kBasicAuth = "basic", kBearerAuth = "bearer", kHeaderAuth = "header";

std::span<const AuthScheme> auth_schemes();
const AuthScheme* find_auth_scheme(std::string_view name);
// "basic, bearer, …"
std::string auth_scheme_names();

}  // namespace certes::registry
