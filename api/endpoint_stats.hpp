#pragma once
// GET /endpoints/{id}/stats: what waits for an endpoint and how its attempts go, as the dispatchers know it at the
// moment: each is asked, and what they answer within a second is added. An answer that covers some partitions, or none,
// is one. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> endpoint_stats(const Call& call, Services& services);

}  // namespace certes::api
