#pragma once
// The topics whose partition p the owner of partition p of `events` writes, besides `progress`, and reads back. Who:
// owner, index. Plain values.

#include <array>
#include <cstddef>

#include "common/log/record.hpp"

namespace certes::dispatcher {

inline constexpr std::array kTails = {log::Topic::attempts, log::Topic::dead_letters};
inline constexpr std::size_t kTailCount = kTails.size();

}  // namespace certes::dispatcher
