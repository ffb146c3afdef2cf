#pragma once
// The table of routes of the Master API (9610). Who: Api, tests. Immutable; any thread.

#include <span>
#include <string_view>

#include "common/base/result.hpp"
#include "common/http/server/server.hpp"
#include "gateway/access/route.hpp"

namespace certes::api {

struct Call;
class Services;

inline constexpr std::string_view kApiRoot = "/api/v1";

// On a worker: may block.
using ApiHandler = Result<http::Response> (*)(const Call&, Services&);
using ApiRow = gateway::Row<ApiHandler>;

std::span<const ApiRow> routes();

}  // namespace certes::api
