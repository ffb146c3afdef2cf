#pragma once
// The client behind proxies. X-Forwarded-For is anybody's to write, so it counts only from a trusted proxy, and of its
// entries only what trusted proxies have added: the last that is not one of them. Who: gateway/access/clients. Pure.

#include <string_view>

#include "common/http/networks.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

// A numeric address: the socket's peer, or whom a trusted proxy names. Empty: a trusted proxy names what is no address.
// A view into the request.
std::string_view client_address(const Request& request, const Networks& trusted);

// What X-Forwarded-Proto and X-Forwarded-Host say; empty where they are not there. The caller has made sure that the
// peer is trusted. Error: unauthenticated, with the header as its pointer: one that is there twice or is a list (of
// several words nobody could say whose is meant), a scheme that is neither http nor https, what is no host.
struct ForwardedOrigin {
  std::string_view scheme;  // "http" or "https"
  std::string_view host;    // with its port; a view into the request
};
Result<ForwardedOrigin> forwarded_origin(const Request& request);

}  // namespace certes::http
