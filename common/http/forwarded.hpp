#pragma once
// The client behind proxies. X-Forwarded-For is anybody's to write, so it counts only from a trusted proxy, and of its
// entries only what trusted proxies have added: the last that is not one of them. Who: ingest and the Master API, where
// it matters whom a request is from. Pure.

#include <string_view>

#include "common/http/networks.hpp"
#include "common/http/server.hpp"

namespace certes::http {

// A numeric address: the socket's peer, or whom a trusted proxy names. Empty: a trusted proxy names what is no address.
// A view into the request.
std::string_view client_address(const Request& request, const Networks& trusted);

}  // namespace certes::http
