#pragma once
// Descriptors: how many files this process may have open at once, and whose they are: the listeners' connections, the
// requests to endpoints, and the rest. So that clients without number never take those that deliveries and the log
// need. Who: certes serve and the roles, once, before anything is opened. Main thread only.

#include <cstddef>
#include <optional>
#include <string>

#include "certes/options.hpp"
#include "common/config/settings.hpp"

namespace certes {

// Raises the soft limit to the hard one. What is allowed then.
std::size_t raise_descriptor_limit();

// Lowers the max_connections of the role's listeners, and dispatcher.in_flight_max, to what `allowed` has room for
// beside what files and the log need. Nothing: there is room for all. Else one line with the figures.
std::optional<std::string> share_descriptors(std::size_t allowed, command::Role role, config::Settings& settings);

// The same for a process of one listener (certes relay): how many of the wanted connections there is room for.
std::size_t connections_within(std::size_t allowed, std::size_t wanted);

}  // namespace certes
