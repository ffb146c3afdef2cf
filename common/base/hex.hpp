#pragma once
// Sixteen hexadecimal digits of a number, in lower case. Any thread.

#include <cstdint>
#include <string>

namespace certes {

inline void append_hex(std::string& out, std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char text[16];
  for (std::size_t i = sizeof text; i-- > 0; value >>= 4) text[i] = kDigits[value & 15];
  out.append(text, sizeof text);
}

}  // namespace certes
