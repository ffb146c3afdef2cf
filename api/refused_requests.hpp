#pragma once
// GET /sources/{id}/refused: the last requests of a source that gateways have refused, with their cause: each gateway
// is asked what it remembers, and what they answer within a second is put together. No signature or key is shown, and
// the beginning of a body only to who asks for it and may see events. Who: the table of routes. On a worker; blocks on
// the question.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> refused_requests(const Call& call, Services& services);

}  // namespace certes::api
