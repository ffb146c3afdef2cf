#pragma once
// The table of routes of the Master API (9610). Who: Api, tests. Immutable; any thread.

#include <span>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/http/server/server.hpp"
#include "gateway/access/route.hpp"

namespace certes::api {

struct Call;
class Services;

inline constexpr std::string_view kApiRoot = "/api/v1";

// On a worker: may block. Lengthy routes go in steps (steps.hpp), which keep a copy of the call.
using ApiHandler = Result<http::Response> (*)(const Call&, Services&);
using ApiSteps = Result<std::unique_ptr<http::Steps>> (*)(const Call&, Services&);
// Who asks, and whether the log is there, is nothing to it: a row of access `open`.
using ApiPage = http::Response (*)(const http::Request&);
using ApiRow = gateway::Row<ApiHandler, ApiSteps, ApiPage>;

std::span<const ApiRow> routes();

// The scope that shows resources of that kind: "schemas:read" of "event-types".
std::string read_scope_of(std::string_view kind);

}  // namespace certes::api
