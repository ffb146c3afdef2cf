#pragma once
// Event types beyond what all kinds have: GET /event-types/{id}/versions and /versions/{version}. Who: Api.

#include "gateway/api/call.hpp"

namespace certes::gateway::api {

void add_event_type_routes(Routes& server, Services& services);

}  // namespace certes::gateway::api
