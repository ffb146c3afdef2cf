#pragma once
// certes events explain, as a person reads it. Who: the commands of events. Pure.

#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::command {

// `explained`: the answer of GET /events/{id}/explain. Empty: it is none.
std::string explain_text(std::string_view explained, UnixMillis now);

}  // namespace certes::command
