#pragma once
// GET /audit: who changed what, when, and with what outcome, out of the registry's audit trail. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> list_audit(const Call& call, Services& services);
// How much of the trail there is, as metrics. Once.
void measure_audit(Services& services);

}  // namespace certes::api
