#pragma once
// Which types of problem details a route may answer with. Who: the description of the API. Pure, any thread.

#include <map>
#include <set>
#include <string>

#include "common/registry/json.hpp"
#include "gateway/access/route.hpp"

namespace certes::api {

// The types that a status comes with.
using Problems = std::map<int, std::set<std::string>>;

// What follows from the row: from what the server refuses before it knows the route, from the door, from what stands in
// the path and in the query. `at_api`: of the Master API's table.
Problems problems_of(const gateway::Route& route, bool at_api);
// One that the route alone has. False: there is no such type.
bool add_problem(Problems& problems, const std::string& type);

// A response object of OpenAPI for these types of one status, and how it is called among components. The types stand in
// x-problem-types: one schema for each combination would be as many classes in a generated client.
std::string name_of(const std::set<std::string>& types);
registry::OrderedJson response_of(int status, const std::set<std::string>& types);

}  // namespace certes::api
