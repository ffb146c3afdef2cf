#pragma once
// POST /endpoints/{id}/pause, resume and rotate-secret; the actions whose work comes later say so. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> pause_endpoint(const Call& call, Services& services);
Result<http::Response> resume_endpoint(const Call& call, Services& services);
Result<http::Response> rotate_secret(const Call& call, Services& services);

}  // namespace certes::api
