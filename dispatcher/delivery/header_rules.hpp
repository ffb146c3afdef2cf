#pragma once
// Which headers go out with a request, and how their values are written. Who: request builder, target. Pure functions.

#include <string>
#include <string_view>

namespace certes::dispatcher {

// Whether a header from outside (a provider's, or the endpoint's own) may go along: a token as name, a value without
// control characters, and none that Certes or the connection sets (webhook-*, ce-*, certes-*, traceparent,
// content-type, host, content-length, …).
bool may_forward(std::string_view name, std::string_view value);

// Percent-encoding of the CloudEvents HTTP binding: everything but printable ASCII, and space, '"' and '%'.
void append_percent_encoded(std::string& out, std::string_view value);

// A W3C traceparent of version 00 with ids that are not all zero.
bool valid_traceparent(std::string_view value);

}  // namespace certes::dispatcher
