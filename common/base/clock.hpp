#pragma once
// Time and randomness, passed in so that tests can simulate them. Both are safe from any thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace certes {

using SteadyTime = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;
using UnixMillis = std::int64_t;  // milliseconds since 1970, as Kafka and CloudEvents count

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0;          // for intervals and deadlines
  virtual UnixMillis unix_millis() const = 0;  // for time stamps that others read
};

class SystemClock final : public Clock {
 public:
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  UnixMillis unix_millis() const override {
    return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

// RFC 3339 with milliseconds, UTC: 2026-01-31T08:00:00.123Z. Used for CloudEvents `time` and the API.
// parse_rfc3339 gives -1 where the text is not such a time.
UnixMillis parse_rfc3339(std::string_view text);
std::string format_rfc3339(UnixMillis at);

}  // namespace certes
