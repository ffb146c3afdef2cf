#pragma once
// GET /dead-letters and /{id}, POST /{id}/replay, DELETE /{id}; those of many are jobs (jobs/job_routes.hpp). Who: Api.

#include "api/call.hpp"

namespace certes::api {

Result<std::unique_ptr<http::Steps>> list_dead_letters(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> show_dead_letter(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> replay_dead_letter(const Call& call, Services& services);
Result<std::unique_ptr<http::Steps>> discard_dead_letter(const Call& call, Services& services);

}  // namespace certes::api
