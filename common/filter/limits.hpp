#pragma once
// What a filter may be at most. The first four are judged when it is created, the last when it is evaluated. Who:
// the compiler of filters, and who evaluates them.

#include <cstddef>
#include <cstdint>

namespace certes::filter {

inline constexpr std::size_t kMaxFilterBytes = 8'192;   // of the text, or of the object as JSON
inline constexpr std::size_t kMaxNodes = 1'000;         // of the tree: each value, access, operator and call
inline constexpr std::size_t kMaxDepth = 50;            // of the tree, and of parentheses within each other
inline constexpr std::size_t kMaxPatterns = 16;         // regular expressions
inline constexpr std::size_t kMaxPatternBytes = 1'000;  // of each
inline constexpr std::size_t kMaxInstructions = 2'000;  // of each, prepared
inline constexpr std::int64_t kMaxCost = 50'000;        // steps of one evaluation, some nanoseconds each

}  // namespace certes::filter
