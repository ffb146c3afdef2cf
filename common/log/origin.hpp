#pragma once
// Origin: where the event of an attempt or a dead letter stands on `events`, as certes-origin says it:
// "PARTITION:OFFSET". Who: whoever reads these records. Pure.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace certes::log {

struct Origin {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  bool operator==(const Origin&) const = default;
};

// Nothing: it has another form.
inline std::optional<Origin> parse_origin(std::string_view text) {
  const auto number = [](std::string_view digits, auto& value) {
    const char* const end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, value);
    return error == std::errc{} && at == end;
  };
  const std::size_t colon = text.find(':');
  Origin origin;
  if (colon == std::string_view::npos || !number(text.substr(0, colon), origin.partition) ||
      !number(text.substr(colon + 1), origin.offset))
    return std::nullopt;
  return origin;
}

}  // namespace certes::log
