#pragma once
// POST /endpoints/{id}/rotate-secret, GET /endpoints/{id}/secret, DELETE /endpoints/{id}/former-secrets: the secrets
// that an endpoint's requests are signed with, shown and changed. Who: Api.

#include "api/call.hpp"

namespace certes::api {

// A new secret, made or given; the one before signs along for as long as is said.
Result<http::Response> rotate_secret(const Call& call, Services& services);
// In the clear, with those that still sign along. Error: internal, they do not open with the sealing keys of this
// process.
Result<http::Response> show_secret(const Call& call, Services& services);
// Those that sign along do so no more.
Result<http::Response> end_former_secrets(const Call& call, Services& services);

}  // namespace certes::api
