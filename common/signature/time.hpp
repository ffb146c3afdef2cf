#pragma once
// The time that a provider signs, as text. Who: verifiers (how old is it), signing anew. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::signature {

enum class TimeForm : std::uint8_t {
  unix_seconds,
  rfc3339,
  any,  // the same, or unix milliseconds (13 digits)
};

// Digits have neither sign nor padding, and are no milliseconds where seconds are meant. Nothing: it is no such time.
std::optional<UnixMillis> parse_time(std::string_view text, TimeForm form);
// "unix seconds", …
std::string_view name_of(TimeForm form);

}  // namespace certes::signature
