#pragma once
// The request for an OAuth2 access token by client credentials (RFC 6749, 4.4.2, 2.3.1; RFC 8707). Who: Tokens. Pure.

#include "common/http/client/sender.hpp"
#include "common/registry/endpoint_auth.hpp"

namespace certes::dispatcher {

// `auth`: opened. What is not of OAuth2 in it (id, time, whose it is) is the caller's.
http::Transfer token_request(const registry::EndpointAuth& auth);

}  // namespace certes::dispatcher
