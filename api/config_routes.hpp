#pragma once
// GET /config: the settings of the process that answers, as they stand, and where each is from, as `certes config
// check` prints them. PATCH /config: those that may change while it runs (config::Running). Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> list_config(const Call& call, Services& services);
// Errors: invalid, with the setting as the place; nothing has changed.
Result<http::Response> change_config(const Call& call, Services& services);

}  // namespace certes::api
