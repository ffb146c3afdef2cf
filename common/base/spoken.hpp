#pragma once
// A length of time as people say it. Who: lines of the log, commands. Pure, any thread.

#include <string>

#include "common/base/clock.hpp"

namespace certes {

// "5 s", "1.5 s", "12 min", "2 h".
std::string spoken(Millis duration);

}  // namespace certes
