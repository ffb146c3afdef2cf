#pragma once
// GET /dead-letters and /{id}, POST /dead-letters/replay and /{id}/replay. Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> list_dead_letters(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> show_dead_letter(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> replay_dead_letter(const Call& call, Services& services);

}  // namespace certes::api
