#pragma once
// A time of an answer with its age beside it, as tables show it. Who: commands that show times. Pure.

#include <nlohmann/json.hpp>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/spoken.hpp"

namespace certes::command {

// "2026-01-31T08:00:00.123Z (12 s ago)"; "-" where it is none.
inline std::string time_text(const nlohmann::ordered_json& value, UnixMillis now) {
  const UnixMillis at = value.is_string() ? parse_rfc3339(value.get<std::string>()) : -1;
  if (at < 0) return "-";
  const std::string from_now = at > now ? "in " + spoken(Millis{at - now}) : spoken(Millis{now - at}) + " ago";
  return value.get<std::string>() + " (" + from_now + ")";
}

}  // namespace certes::command
