#include "certes/commands/top_text.hpp"

#include <cmath>
#include <cstdio>

namespace certes::command {
namespace {

// One digit behind the point where there is one before it.
std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 9.95 ? "%.1f" : "%.0f", value);
  const std::string_view shown(text);
  return std::string(shown.ends_with(".0") ? shown.substr(0, shown.size() - 2) : shown);
}

struct Scale {
  double least;
  const char* unit;
};
constexpr Scale kCounts[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
constexpr Scale kTimes[] = {{172'800, " d"}, {7'200, " h"}, {120, " min"}, {1, " s"}, {1e-3, " ms"}, {0, " us"}};
constexpr double kUnits[] = {86'400, 3'600, 60, 1, 1e-3, 1e-6};

}  // namespace

std::string count_text(std::uint64_t count) {
  if (count < 100'000) {
    std::string text = std::to_string(count);
    if (text.size() > 3) text.insert(text.size() - 3, ",");
    return text;
  }
  for (const auto& [least, unit] : kCounts)
    if (static_cast<double>(count) >= least) return short_number(static_cast<double>(count) / least) + unit;
  return {};
}

std::string rate_text(double rate) {
  if (rate < 9.95) return short_number(rate);
  if (rate < 9'999.5) return count_text(static_cast<std::uint64_t>(std::llround(rate)));
  std::size_t i = 0;
  while (rate < kCounts[i].least) ++i;
  const double shown = rate / kCounts[i].least;
  char text[32];
  std::snprintf(text, sizeof text, shown < 99.95 ? "%.1f%s" : "%.0f%s", shown, kCounts[i].unit);
  return text;
}

std::string seconds_text(std::optional<double> seconds) {
  if (!seconds) return "-";
  std::size_t i = 0;
  while (*seconds < kTimes[i].least) ++i;
  return short_number(*seconds / kUnits[i]) + kTimes[i].unit;
}

}  // namespace certes::command
