#pragma once
// What a service tells of itself in the log: what it is and where its data is, what somebody may do next, and what it
// waits for when it ends. Who: Runtime. start_line looks at the working directory, next_line at DATA/admin.key.

#include <cstddef>
#include <map>
#include <string>

#include "certes/options.hpp"
#include "common/config/settings.hpp"

namespace certes {

// "certes 0.2.0 serve: the log is embedded, in /srv/certes-data"
std::string start_line(command::Role role, const config::Settings& settings);

// `urls`: of the listeners, by name.
std::string next_line(command::Role role, const config::Settings& settings,
                      const std::map<std::string, std::string>& urls);

// "draining 3 in flight; again to end at once"
std::string draining_line(std::size_t in_flight, const config::Settings& settings);

}  // namespace certes
