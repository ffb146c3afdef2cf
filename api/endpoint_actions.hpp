#pragma once
// POST /endpoints/{id}/pause, resume, purge and retry. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> pause_endpoint(const Call& call, Services& services);
Result<http::Response> resume_endpoint(const Call& call, Services& services);
// What waits ends; what has failed is tried now: a change of the endpoint, by whose append time dispatchers go.
Result<http::Response> purge_endpoint(const Call& call, Services& services);
Result<http::Response> retry_endpoint(const Call& call, Services& services);

}  // namespace certes::api
