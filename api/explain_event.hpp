#pragma once
// GET /events/{id}/explain: why an endpoint gets an event, or does not, or has not yet: by the configuration of now
// (explain/), by what is recorded (history/), and by what the dispatcher says that owns its partition, which is asked.
// Where that does not answer within a second, the answer says so. Who: the table of routes. On a worker; blocks on the
// index, the log and the question.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> explain_event(const Call& call, Services& services);

}  // namespace certes::api
