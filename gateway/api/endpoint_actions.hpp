#pragma once
// POST /endpoints/{id}/pause, resume and rotate-secret; the actions whose work comes later say so. Who: Api.

#include "gateway/api/call.hpp"

namespace certes::gateway::api {

void add_endpoint_actions(Routes& server, Services& services);

}  // namespace certes::gateway::api
