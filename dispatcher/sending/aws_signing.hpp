#pragma once
// Signs a request for AWS, as its endpoint's `auth` has it. Who: Attempts. Pure.

#include "common/http/client/sender.hpp"
#include "common/registry/endpoint_auth.hpp"

namespace certes::dispatcher {

// Adds the headers that say so, in place of what a provider has sent under their names; all else that is sent must
// stand there. `auth`: opened, of that scheme. Signed are host, body, content type, and every header whose name begins
// with x-amz-.
void sign_for_aws(http::Transfer& transfer, const registry::EndpointAuth& auth, UnixMillis now);

}  // namespace certes::dispatcher
