#pragma once
// POST /endpoints/{id}/test: an event for that endpoint alone goes its whole way, signed and sent by a dispatcher as
// all are, but once: where that fails it is neither tried again nor a dead letter. The answer is what its attempt has
// come to, as this process's history learns it. Who: Api. On a worker, in steps; blocks on the log and the index.

#include <memory>

#include "api/call.hpp"
#include "api/steps.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> test_endpoint(const Call& call, Services& services);

}  // namespace certes::api
