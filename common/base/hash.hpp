#pragma once
// FNV-1a, 64 bits: for partitioning and tables in memory, the same in every process. Not for secrets.

#include <cstdint>
#include <string_view>

namespace certes {

constexpr std::uint64_t hash64(std::string_view text, std::uint64_t seed = 0xcbf29ce484222325ull) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return seed;
}

// For unordered maps that are asked with a string_view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return static_cast<std::size_t>(hash64(text)); }
};

}  // namespace certes
