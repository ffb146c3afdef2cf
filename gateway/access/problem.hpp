#pragma once
// The one mapping from errors to HTTP: what both listeners answer by an error's code. What is wrong inside is for who
// runs the process: a line of its log, at most one a minute for each; a client is told that there was something. Who:
// the door, the answers of both listeners. Any thread.

#include <string_view>

#include "common/base/error.hpp"
#include "common/http/server/server.hpp"

namespace certes::gateway {

// invalid 400, unauthenticated 401, forbidden 403, not_found 404, conflict 409, too_large 413, busy and unavailable 503
// not-accepted, unknown_outcome 503 outcome-unknown, timeout 503 timeout, internal 500. `listener`: whose answer it is.
http::Response problem_of(const Error& error, std::string_view listener);

}  // namespace certes::gateway
