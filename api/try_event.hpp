#pragma once
// POST /try: what a filter says of an event, and what a transformation makes of it, of one that is given or of one that
// has come, whatever is subscribed. Nothing is changed or sent. Who: the table of routes. On a worker; blocks on the
// index and the log for one that has come.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> try_event(const Call& call, Services& services);

}  // namespace certes::api
