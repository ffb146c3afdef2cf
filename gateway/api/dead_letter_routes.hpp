#pragma once
// GET /dead-letters and /{id}, POST /dead-letters/replay and /{id}/replay. Who: Api.

#include "common/http/server.hpp"
#include "gateway/api/call.hpp"

namespace certes::gateway::api {

void add_dead_letter_routes(http::Server& server, Services& services);

}  // namespace certes::gateway::api
