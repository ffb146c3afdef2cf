#include "api/openapi/problems.hpp"

#include "common/http/server/problem_types.hpp"

namespace certes::api {
namespace {

using gateway::Access;
using gateway::Route;
using registry::OrderedJson;

// Of the server itself, whatever the route: connections, framing, limits.
constexpr const char* kOfServer[] = {
    "malformed-request",    "too-slow", "too-large",  "path-too-long",   "expectation-failed",
    "header-too-large",     "internal", "overloaded", "transfer-coding", "too-many-connections",
    "version-not-supported"};
// Of the door where a key is asked for.
constexpr const char* kOfDoor[] = {"unauthenticated", "forbidden", "not-local", "not-accepted"};
// Of what takes something in for the log.
constexpr const char* kOfIntake[] = {"invalid",      "unsupported-media-type", "too-many-requests",
                                     "not-accepted", "outcome-unknown",        "loop-detected"};
// Of the Master API: parameters, media types, another tenant's resources, workers.
constexpr const char* kOfApi[] = {"invalid", "unsupported-media-type", "not-found", "busy"};

template <std::size_t N>
void add_all(Problems& problems, const char* const (&types)[N]) {
  for (const char* type : types) add_problem(problems, type);
}

}  // namespace

bool add_problem(Problems& problems, const std::string& type) {
  const http::ProblemType* const known = http::find_problem_type(type);
  if (known == nullptr) return false;
  problems[known->status].insert(type);
  return true;
}

Problems problems_of(const Route& route, bool at_api) {
  Problems problems;
  add_all(problems, kOfServer);
  problems[429].insert("too-many-connections");  // of one address
  if (route.access != Access::open) add_all(problems, kOfDoor);
  if (route.takes_in) add_all(problems, kOfIntake);
  const bool keyed = route.access == Access::key || route.access == Access::any_key;
  if (at_api && keyed) add_all(problems, kOfApi);
  if (route.pattern.find('{') != std::string::npos) {
    add_problem(problems, "not-found");
    if (keyed || route.access == Access::source) add_problem(problems, "invalid");  // percent-encoding
  }
  return problems;
}

std::string name_of(const std::set<std::string>& types) {
  std::string name;
  for (const std::string& type : types) name.append(name.empty() ? "" : ".").append(type);
  return name;
}

OrderedJson response_of(int status, const std::set<std::string>& types) {
  std::string text;
  OrderedJson paths = OrderedJson::array();
  for (const std::string& type : types) {
    text.append(text.empty() ? "" : "\n\n").append("`").append(type).append("`: ");
    text.append(http::find_problem_type(type)->meaning);
    paths.push_back("/problems/" + type);
  }
  OrderedJson response = {{"description", text}, {"x-problem-types", std::move(paths)}};
  const char* const header = status == 401 ? "WWW-Authenticate" : status == 429 || status == 503 ? "Retry-After" : "";
  if (*header != '\0')
    response["headers"] = {
        {header, {{"$ref", std::string("#/components/headers/") + (status == 401 ? "Authenticate" : "RetryAfter")}}}};
  response["content"] = {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}};
  return response;
}

}  // namespace certes::api
