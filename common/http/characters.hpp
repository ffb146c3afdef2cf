#pragma once
// Character classes of RFC 9110 and 3986, as tables and word-wide tests. Who: framing, rendering, forwarded. Pure.

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
// RFC 3986, but for percent-encoding and the comma, which no host has.
constexpr std::array<bool, 256> host_table() {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  for (const char c : std::string_view("-._~!$&'()*+;=")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr std::array<bool, 256> kToken = token_table();
inline constexpr std::array<bool, 256> kHost = host_table();
}  // namespace detail

constexpr bool is_token_char(char c) { return detail::kToken[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) {
  for (const char c : text)
    if (!is_token_char(c)) return false;
  return !text.empty();
}

// Letters compared without case (ASCII).
constexpr bool same_token(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

// -1: it is none.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
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

// Printable ASCII but the space. Of the byte's value, as char has a sign on some machines and none on others.
constexpr bool is_visible(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u < 0x7f;
}

constexpr bool is_port(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65'535) return false;
  }
  return true;
}

// The length of the host that `value` begins with: a name, an IPv4 address, or an IPv6 address in brackets.
constexpr std::size_t host_length(std::string_view value) {
  std::size_t end = 0;
  if (!value.starts_with('[')) {
    while (end < value.size() && detail::kHost[static_cast<unsigned char>(value[end])]) ++end;
    return end;
  }
  end = value.find_first_not_of("0123456789abcdefABCDEF:.", 1);
  if (end != std::string_view::npos && value[end] == '%')  // a zone
    while (++end < value.size() && detail::kHost[static_cast<unsigned char>(value[end])]) {
    }
  return end < value.size() && value[end] == ']' && end > 2 ? end + 1 : 0;
}

// host[:port] as RFC 3986 has it, without user info.
constexpr bool is_authority(std::string_view value) {
  const std::size_t host = host_length(value);
  if (host == 0) return false;
  return host == value.size() || (value[host] == ':' && is_port(value.substr(host + 1)));
}

constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace certes::http
