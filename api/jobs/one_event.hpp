#pragma once
// POST /events/{id}/replay: one event goes back to `events`, to one endpoint or to whoever subscribes now. Its name is
// made of the event's place and of whom it is for, so that one that is asked for twice is sent once. Who: the table of
// routes. On a worker; blocks on the index and the log.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> replay_event(const Call& call, Services& services);

}  // namespace certes::api
