#pragma once
// POST /keys/{id}/rotate: a new text for a key; the old one stays good for a while. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> rotate_key(const Call& call, Services& services);

}  // namespace certes::api
