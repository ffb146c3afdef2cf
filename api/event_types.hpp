#pragma once
// Event types beyond what all kinds have: GET /event-types/{id}/versions and /versions/{version}. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> list_versions(const Call& call, Services& services);
Result<http::Response> show_version(const Call& call, Services& services);

}  // namespace certes::api
