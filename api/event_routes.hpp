#pragma once
// What became of events, from the index of this process (api/history): lists, one event with its payload, its attempts,
// a conversation. Who: the table of routes. On a worker; block on the index, and on the log for payloads.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> list_events(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> show_event(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> list_attempts(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> show_conversation(const Call& call, Services& services);

}  // namespace certes::api
