#pragma once
// What a transformation may be at most, judged when it is created; what one run may use is [transform] of the settings.
// Who: the compiler of transformations.

#include <cstddef>

namespace certes::transform {

inline constexpr std::size_t kMaxTransformBytes = 32'768;  // as JSON
inline constexpr std::size_t kMaxPointers = 200;           // of a projection, those that differ
inline constexpr std::size_t kMaxSteps = 32;               // of a pointer
inline constexpr std::size_t kMaxHeaders = 32;             // that it sets or takes away

}  // namespace certes::transform
