#pragma once
// GET /config: the settings that the process which answers runs with, and where each is from, as `certes config check`
// prints them. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> list_config(const Call& call, Services& services);

}  // namespace certes::api
