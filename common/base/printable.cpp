#include "common/base/printable.hpp"

#include <cstdint>
#include <cstdio>

namespace certes {
namespace {

struct Character {
  std::uint32_t point = 0;
  std::size_t bytes = 0;  // 0: no UTF-8
};

std::size_t continuation_bytes(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  return lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
}

// Precondition: not empty, not ASCII.
Character decode(std::string_view text) {
  static constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t more = continuation_bytes(lead);
  if (more == 0 || text.size() <= more) return {};
  std::uint32_t point = lead & (0x3fu >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return {};
    point = point << 6 | (byte & 0x3fu);
  }
  if (point < kSmallest[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return {};
  return {point, more + 1};
}

bool turns_direction(std::uint32_t point) {
  return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

void append_escape(std::string& out, std::uint32_t point) {
  char escape[8];
  std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(point));
  out.append(escape);
}

// `stays`: says of a control character at the beginning of a text whether it may be printed.
template <class Stays>
std::string escaped(std::string_view text, Stays stays) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) {
      const bool control = first < 0x20 || first == 0x7f;
      if (control && !stays(text))
        append_escape(out, first);
      else
        out.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    const Character next = decode(text);
    if (next.bytes == 0)
      out.append("\xef\xbf\xbd");
    else if (next.point < 0xa0 || turns_direction(next.point))
      append_escape(out, next.point);
    else
      out.append(text.substr(0, next.bytes));
    text.remove_prefix(next.bytes == 0 ? 1 : next.bytes);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return escaped(text, [](std::string_view at) { return at[0] == '\n' || at[0] == '\t' || at.starts_with("\r\n"); });
}

std::string printable_line(std::string_view text) {
  return escaped(text, [](std::string_view) { return false; });
}

std::string printable_block(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : printable(text)) {
    out.push_back(c);
    if (c == '\n') out.append(indent);
  }
  return out;
}

}  // namespace certes
