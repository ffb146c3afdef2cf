#pragma once
// The routes of the Master API that are the same for all kinds of resources: list, show, create, replace, merge,
// delete. Who: Api.

#include "gateway/api/call.hpp"

namespace certes::gateway::api {

void add_resource_routes(Routes& server, Services& services);

}  // namespace certes::gateway::api
