#pragma once
// Whole numbers as text, in the one form they have: digits, no sign, no leading zeros. Who: whoever reads ids and
// cursors that Certes has written. Pure.

#include <charconv>
#include <optional>
#include <string_view>

namespace certes {

// Nothing: it is none, or more than an Int holds.
template <class Int>
std::optional<Int> parse_whole(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9' || (text.front() == '0' && text.size() > 1))
    return std::nullopt;
  Int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace certes
