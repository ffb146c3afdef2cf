#pragma once
// Log lines of the process, one each, on standard error. Who: the command and what it wires. Any thread. start() once,
// before the others; without it, lines below `warn` are dropped.

#include <string_view>

namespace certes::logging {

void start(std::string_view level);  // debug, info, warn, error
void debug(std::string_view line);
void info(std::string_view line);
void warn(std::string_view line);
void error(std::string_view line);

}  // namespace certes::logging
