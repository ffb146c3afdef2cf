#pragma once
// The description of the API: an OpenAPI 3.1 document of every route of both listeners. What the tables of routes say
// is from them (path, method, summary, scope, query), what a resource may hold from what reads it (declaration_schema),
// which problems a route may answer with from its row (problems.hpp); the rest stands in operations.json,
// resources.json and document.json beside this file, as OpenAPI writes it. Who: GET /api/v1/openapi.json, /docs, tests.
// Any thread.

#include <string>
#include <vector>

#include "api/call.hpp"

namespace certes::api {

struct Description {
  std::string text;  // the document
  // What it lacks, or says of what there is not: a route without its operation, a parameter or a member without a word.
  std::vector<std::string> gaps;
};

// Made by the first who asks, which takes some milliseconds.
const Description& description();

http::Response show_description(const http::Request& request);

}  // namespace certes::api
