#pragma once
// EndpointTls: what TLS of an endpoint's requests is its own. Who: the registry (checks declarations), the API (seals),
// the dispatcher (opens, and sends). docs/authentication.md tells users. Constant, any thread.

#include <span>
#include <string>
#include <string_view>

#include "common/registry/part_member.hpp"

namespace certes::registry {

struct EndpointTls {
  static constexpr std::string_view kName = "tls";
  static std::span<const PartMember<EndpointTls>> members();

  SealedSecret ca = {};    // PEM: who may have signed the receiver's certificate, and nobody else; empty: the system's
  SealedSecret cert = {};  // PEM: what is shown where a client's certificate is asked for, and who signed it
  SealedSecret key = {};   // its key, as PEM
  std::string server_name = {};  // that the receiver's certificate is for; empty: the URL's host
};

}  // namespace certes::registry
