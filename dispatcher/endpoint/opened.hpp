#pragma once
// The sealed members of an endpoint's `auth`, and the like, in the clear. Who: Target. Pure.

#include <string>

#include "common/crypto/crypto.hpp"
#include "common/registry/part_member.hpp"

namespace certes::dispatcher {

// Error: as of Sealer::open, with the member that does not open.
template <class Part>
Result<Part> opened(Part part, const registry::Endpoint& endpoint, const crypto::Sealer& sealer) {
  for (const auto& member : Part::members()) {
    std::string& text = part.*member.place;
    if (!member.sealed || text.empty()) continue;
    auto clear = sealer.open(text, part_seal_context(endpoint, Part::kName, member.name));
    const std::string name = std::string(Part::kName) + "." + std::string(member.name);
    if (!clear) return fail(std::move(clear.error()).prefixed(name + " of " + endpoint.id + ": "));
    text = std::move(*clear);
  }
  return part;
}

}  // namespace certes::dispatcher
