#pragma once
// A seedable source of randomness for jitter and schedules (not for secrets: crypto/secret.hpp). Confined to one
// thread.

#include <cstdint>
#include <random>

namespace certes {

class Random {
 public:
  explicit Random(std::uint64_t seed = std::random_device{}()) : engine_(seed) {}
  // Uniform in [0, 1).
  double unit() { return std::uniform_real_distribution<double>(0.0, 1.0)(engine_); }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace certes
