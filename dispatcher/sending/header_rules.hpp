#pragma once
// Which headers go out with a request, and how their values are written. Who: request builder, target. Pure functions.

#include <string>
#include <string_view>

#include "common/event/request_headers.hpp"

namespace certes::dispatcher {

using event::fit_value;
using event::may_forward;
using event::may_set;

// Percent-encoding of the CloudEvents HTTP binding: everything but printable ASCII, and space, '"' and '%'.
void append_percent_encoded(std::string& out, std::string_view value);

}  // namespace certes::dispatcher
