#pragma once
// A back-off policy: how long to wait between attempts, and when to give up. Who: registry (a resource of this
// content), dispatcher (per delivery), client (per event that it forwards). A plain value, any thread.

#include <cstdint>
#include <vector>

namespace certes::backoff {

struct Policy {
  enum class Strategy : std::uint8_t { exponential, linear, constant, schedule };
  enum class Jitter : std::uint8_t { full, equal, none };
  Strategy strategy = Strategy::exponential;
  double base_seconds = 5;
  double factor = 2;  // of exponential
  double cap_seconds = 86'400;
  std::vector<double> schedule_seconds;
  Jitter jitter = Jitter::equal;
  std::uint32_t max_attempts = 0;  // 0: no limit by number
  double max_seconds = 0;          // 0: no limit by time
};

}  // namespace certes::backoff
