#pragma once
// PartMember: a text of an endpoint's `auth` or `tls`: what it is called, where it stands, how long it may be,
// whether it is sealed. Who: their JSON (registry), the API (seals it, leaves it as it is), the dispatcher (opens it).
// Constant, any thread.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/registry/resources.hpp"

namespace certes::registry {

template <class Part>
struct PartMember {
  std::string_view name;
  std::string Part::*place;
  std::size_t max_bytes;  // in the clear
  bool sealed;            // never shown
};

// What a sealed member is sealed with, so that it opens nowhere else: "tenant/endpoints/id/auth/password".
inline std::string part_seal_context(const Endpoint& endpoint, std::string_view part, std::string_view member) {
  return seal_context(endpoint).append(1, '/').append(part).append(1, '/').append(member);
}

}  // namespace certes::registry
