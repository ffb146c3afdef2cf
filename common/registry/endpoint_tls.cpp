#include "common/registry/endpoint_tls.hpp"

#include <array>

namespace certes::registry {
namespace {

constexpr std::size_t kMaxPemBytes = 32u << 10, kMaxServerName = 253;

constexpr std::array kTlsMembers = {
    PartMember<EndpointTls>{"ca", &EndpointTls::ca, kMaxPemBytes, true},
    PartMember<EndpointTls>{"cert", &EndpointTls::cert, kMaxPemBytes, true},
    PartMember<EndpointTls>{"key", &EndpointTls::key, kMaxPemBytes, true},
    PartMember<EndpointTls>{"server_name", &EndpointTls::server_name, kMaxServerName, false},
};

}  // namespace

std::span<const PartMember<EndpointTls>> EndpointTls::members() { return kTlsMembers; }

}  // namespace certes::registry
