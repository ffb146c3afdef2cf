#pragma once
// GET /audit: who changed what, when, and with what outcome, out of the registry's audit trail. Who: Api.

#include "gateway/api/call.hpp"

namespace certes::gateway::api {

void add_audit_routes(Routes& server, Services& services);

}  // namespace certes::gateway::api
