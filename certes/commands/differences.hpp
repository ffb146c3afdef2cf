#pragma once
// What applying a declaration would change in a resource as the API shows it. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace certes::command {

struct Difference {
  std::string field;  // "verify.tolerance_seconds"
  std::string from;   // JSON; "-": not there
  std::string to;
};

// `declared` and `shown` are JSON objects. A field that is not declared counts with its default, because a declaration
// is the whole resource. What is sealed is shown as {"set":true}: values of it are neither compared nor told.
std::vector<Difference> differences(const std::string& kind, const std::string& declared, const std::string& shown);

// Whether a member of a resource is the service's own: its id, version, times, and what follows from them.
bool is_services_own(std::string_view member);

// Whether the declaration gives something that is sealed, which only the service can compare. `shown`: the resource as
// it is; or empty.
bool gives_secret(const std::string& declared, const std::string& shown = {});

}  // namespace certes::command
