#pragma once
// Log lines of the process, one each, on standard error. Who: the command and what it wires; parts that log through
// spdlog themselves are written the same way. Any thread. start() once, before the others; without it, lines below
// `warn` are dropped.
//
// Input of others may be in a line: whatever it holds, the line stays one, and a terminal obeys nothing in it.

#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::logging {

// `level`: debug, info, warn, error. `format`: text, "2026-01-31T08:00:00.000Z warning …", or json, an object a line:
// {"time","level","message"}.
void start(std::string_view level, std::string_view format = "text");
// The level from now on. Any thread.
void set_level(std::string_view level);
void debug(std::string_view line);
void info(std::string_view line);
void warn(std::string_view line);
void error(std::string_view line);

// A line as it is written, with its end. `level`: debug, info, warning, error, critical.
std::string text_line(UnixMillis at, std::string_view level, std::string_view message);
std::string json_line(UnixMillis at, std::string_view level, std::string_view message);

}  // namespace certes::logging
