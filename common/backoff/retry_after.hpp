#pragma once
// The Retry-After header of an answer (RFC 9110, 10.2.3): seconds, or an HTTP date in any of its three forms. Pure.
// Who: the dispatcher, for deliveries; the client, for what it forwards.

#include <optional>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::backoff {

// How long to wait; a date in the past: zero; what is neither: nothing. Beyond a hundred years: a hundred years.
std::optional<Millis> parse_retry_after(std::string_view value, UnixMillis now);

}  // namespace certes::backoff
