#include "common/base/spoken.hpp"

#include <cstdio>

namespace certes {

std::string spoken(Millis duration) {
  char text[32];
  const double seconds = static_cast<double>(duration.count()) / 1000;
  if (seconds < 120)
    std::snprintf(text, sizeof text, "%.3g s", seconds);
  else if (seconds < 2 * 3'600)
    std::snprintf(text, sizeof text, "%.3g min", seconds / 60);
  else
    std::snprintf(text, sizeof text, "%.3g h", seconds / 3'600);
  return text;
}

}  // namespace certes
