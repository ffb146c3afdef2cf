#pragma once
// GET /dead-letters and /{id}, POST /dead-letters/replay and /{id}/replay. Who: Api.

#include "gateway/api/call.hpp"

namespace certes::gateway::api {

void add_dead_letter_routes(Routes& server, Services& services);

}  // namespace certes::gateway::api
