#pragma once
// Which headers may go out with a request beside those that Certes sets. Who: the dispatcher's request builder and
// targets, transformations. Pure functions.

#include <string_view>

namespace certes::event {

// No control characters but tabs.
bool fit_value(std::string_view value);

// Whether a header of the endpoint's own may go along: a token as name, a fit value, and none that Certes or the
// connection sets (webhook-*, ce-*, certes-*, traceparent, content-type, host, content-length, …).
bool may_set(std::string_view name, std::string_view value);

// The same for a provider's header, which carries no credentials either.
bool may_forward(std::string_view name, std::string_view value);

// And one that a transformation makes: no signature's of any kind, and none of proxies.
bool may_make(std::string_view name);

}  // namespace certes::event
