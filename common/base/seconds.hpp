#pragma once
// Seconds, as settings and resources have them, and the milliseconds that the code counts in. Pure.

#include "common/base/clock.hpp"

namespace certes {

// To the nearest millisecond. The number must be one that fits: whoever takes it in has checked its range.
inline Millis millis_of(double seconds) { return std::chrono::round<Millis>(std::chrono::duration<double>(seconds)); }
inline double seconds_of(Millis time) { return std::chrono::duration<double>(time).count(); }

}  // namespace certes
