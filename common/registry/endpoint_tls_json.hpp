#pragma once
// An endpoint's `tls` between JSON and its struct. Internal to the registry: codec.hpp is the rest of an endpoint.
// Pure.

#include "common/registry/codec.hpp"
#include "common/registry/endpoint_tls.hpp"

namespace certes::registry {

// After its URLs. Null where nothing is said. Errors stay in `outer`, at "/tls".
void read_tls(Fields& outer, Endpoint& endpoint, Form form);
void write_tls(OrderedJson& out, const EndpointTls& tls, bool stored);

}  // namespace certes::registry
