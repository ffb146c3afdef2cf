#pragma once
// GET /dead-letters and /{id}, POST /dead-letters/replay and /{id}/replay. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<http::Response> list_dead_letters(const Call& call, Services& services);
Result<http::Response> show_dead_letter(const Call& call, Services& services);
Result<http::Response> replay_dead_letter(const Call& call, Services& services);
Result<http::Response> replay_dead_letters(const Call& call, Services& services);

}  // namespace certes::api
