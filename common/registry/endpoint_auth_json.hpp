#pragma once
// An endpoint's `auth` between JSON and its struct. Internal to the registry: codec.hpp is the rest of an endpoint.
// Pure.

#include "common/registry/codec.hpp"
#include "common/registry/endpoint_auth.hpp"

namespace certes::registry {

// Null where nothing is said. Errors stay in `outer`, at "/auth".
void read_auth(Fields& outer, std::shared_ptr<const EndpointAuth>& auth, Form form);
// What the URLs may not have where requests are signed. Errors at their places.
void check_auth_urls(Fields& fields, const Endpoint& endpoint);
void write_auth(OrderedJson& out, const EndpointAuth& auth, bool stored);

}  // namespace certes::registry
