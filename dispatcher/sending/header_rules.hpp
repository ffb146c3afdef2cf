#pragma once
// Which headers go out with a request, and how their values are written. Who: request builder, target. Pure functions.

#include <string>
#include <string_view>

namespace certes::dispatcher {

// No control characters but tabs.
bool fit_value(std::string_view value);

// Whether a header of the endpoint's own may go along: a token as name, a fit value, and none that Certes or the
// connection sets (webhook-*, ce-*, certes-*, traceparent, content-type, host, content-length, …).
bool may_set(std::string_view name, std::string_view value);

// The same for a provider's header, which carries no credentials either.
bool may_forward(std::string_view name, std::string_view value);

// Percent-encoding of the CloudEvents HTTP binding: everything but printable ASCII, and space, '"' and '%'.
void append_percent_encoded(std::string& out, std::string_view value);

}  // namespace certes::dispatcher
