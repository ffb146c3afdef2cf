#pragma once
// GET /overview: what the processes of an installation accept and deliver, and what waits: each is asked, and what they
// answer within a second is put together. Its counters only grow while a process lives, and are shown process by
// process, so that who looks twice sees what came between, whoever has restarted. Who: the table of routes. On a
// worker; blocks on the question.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> overview(const Call& call, Services& services);

}  // namespace certes::api
