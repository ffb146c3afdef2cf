#pragma once
// Identifiers in the form prefix + ULID (26 characters, Crockford base 32; github.com/ulid/spec): sorted by time,
// increasing within one generator. Confined to one thread: each loop has its own generator.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/random.hpp"

namespace certes {

class IdGenerator {
 public:
  explicit IdGenerator(const Clock& clock, std::uint64_t seed = std::random_device{}())
      : clock_(clock), random_(seed) {}
  // "evt_" → "evt_01J…"
  std::string next(std::string_view prefix);

 private:
  const Clock& clock_;
  Random random_;
  UnixMillis last_ = 0;
  std::uint64_t low_ = 0;  // 64 of the 80 random bits, counted up within a millisecond
  std::uint16_t high_ = 0;
};

}  // namespace certes
