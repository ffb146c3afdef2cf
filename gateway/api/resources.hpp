#pragma once
// The routes of the Master API that are the same for all kinds of resources: list, show, create, replace, merge,
// delete. Who: Api.

#include "common/http/server.hpp"
#include "gateway/api/call.hpp"

namespace certes::gateway::api {

void add_resource_routes(http::Server& server, Services& services);

}  // namespace certes::gateway::api
