#pragma once
// A number of bytes as a person reads it: "512 B", "1.5 MB". Powers of 1,000, as disks are sold. Who: commands. Pure.

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace certes::command {

inline std::string bytes_text(std::int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  if (bytes < 1'000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1'000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", value, kUnits[unit]);
  return text;
}

}  // namespace certes::command
