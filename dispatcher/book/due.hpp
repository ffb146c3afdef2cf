#pragma once
// Due: what a delivery that has not reached its end comes to next. Who: owner, index, recorder. Plain values.

#include <cstdint>

namespace certes::dispatcher {

enum class Due : std::uint8_t {
  attempt,
  dead_letter,  // its last attempt is recorded, its dead letter is not
  result,       // of a command that was taken (202): it comes from elsewhere, or fails at its time
  answered,     // of a command: its result is on the log, its end is not
};

}  // namespace certes::dispatcher
