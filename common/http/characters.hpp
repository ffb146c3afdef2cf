#pragma once
// Character classes of RFC 9110, as tables and word-wide tests. Who: framing, rendering, forwarded. Pure.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace certes::http {

namespace detail {
constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr std::array<bool, 256> kToken = token_table();
}  // namespace detail

constexpr bool is_token_char(char c) { return detail::kToken[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) {
  for (const char c : text)
    if (!is_token_char(c)) return false;
  return !text.empty();
}

constexpr bool is_text_char(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}

// A field value: no control character but tab. Eight bytes at a time; words that hold a suspect are looked at singly.
inline bool is_field_value(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101ull, high = 0x8080808080808080ull;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    const std::uint64_t del = word ^ (ones * 0x7f);
    const std::uint64_t suspect = (((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & high;
    if (suspect == 0) continue;
    for (std::size_t k = i; k < i + 8; ++k)
      if (!is_text_char(text[k])) return false;
  }
  for (; i < text.size(); ++i)
    if (!is_text_char(text[i])) return false;
  return true;
}

// What may stand in Host: printable ASCII that could not end or begin another part of a URL. Empty is one too.
constexpr bool is_host(std::string_view value) {
  for (const char c : value)
    if (c <= 0x20 || c == 0x7f || c == '/' || c == '@' || c == '?' || c == '#' || c == '\\' || c == ',') return false;
  return true;
}

constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace certes::http
