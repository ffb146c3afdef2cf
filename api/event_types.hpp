#pragma once
// Event types beyond what all kinds have: GET /event-types/{id}/versions and /versions/{version}. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> list_versions(const Call& call, Services& services);
Result<http::Response> show_version(const Call& call, Services& services);

// Error: forbidden, where it is a name of Certes' own.
Result<void> check_not_built_in(std::string_view id);

}  // namespace certes::api
